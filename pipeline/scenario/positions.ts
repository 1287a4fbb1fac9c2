/** What banks and insurers hold in their own name: bonds, treasuries, interbank lending, deposits. */
import type { Institution } from './institutions.ts'
import { type Booked, dayAfter } from './loans.ts'
import type { Parties } from './parties.ts'
import { type Random, randomFor } from './random.ts'
import { type PositionData, type Statement, money } from './statement.ts'

/** About a dozen per institution; none above 4 % of its tier 1, a company's bonds not above 1.6 %. */
export function buildPositions(seed: number, institution: Institution, banks: readonly Institution[], parties: Parties, start: number): Booked<PositionData>[] {
  const random = randomFor(seed, `positions ${institution.id}`)
  const others = banks.filter((bank) => bank.id !== institution.id)
  const worth = (low: number, high: number) => Math.floor((random.between(low, high) * institution.tier1) / 10_000) * 10_000
  const bonds = random.shuffle(parties.issuers).slice(0, random.whole(7, 9))
  const treasuries = random.shuffle(parties.governments).slice(0, 2)
  const lending = random.shuffle(others).slice(0, random.whole(2, 3))
  const own: Partial<PositionData>[] = [
    ...bonds.map((issuer) => ({ ...bond(random, issuer.partyId, start), value: money(worth(0.003, 0.016)) })),
    ...treasuries.map((issuer) => ({ ...bond(random, issuer.partyId, start), hqla: '1' as const, value: money(worth(0.01, 0.04)) })),
    ...lending.map((bank) => ({
      kind: INTERBANK[institution.kind],
      issuerId: bank.id,
      value: money(worth(0.005, 0.03)),
      maturesOn: dayAfter(start, random.whole(1, 90)),
    })),
  ]
  return own.map((data, i) => ({
    institution: institution.id,
    data: {
      positionId: `${institution.id}-S${String(i + 1).padStart(4, '0')}`,
      book: 'banking',
      kind: 'bond',
      side: 'long',
      value: '0.00',
      ccy: 'CNY',
      ...data,
    },
  }))
}

/** First each claim on a bank and what that bank says it owes, in pairs; then the rest. */
export function withBorrowed(positions: readonly Booked<PositionData>[]): Booked<PositionData>[] {
  const lent = positions.filter(({ data }) => data.kind === 'interbank' && data.side === 'long')
  return [...lent.flatMap((claim) => [claim, borrowed(claim)]), ...positions.filter((p) => !lent.includes(p))]
}

function borrowed({ institution, data }: Booked<PositionData>): Booked<PositionData> {
  const borrower = String(data.issuerId)
  return { institution: borrower, data: { ...data, positionId: `${borrower}-I-${data.positionId}`, side: 'short', issuerId: institution } }
}

export function positionStatements(positions: readonly Booked<PositionData>[]): Statement[] {
  return positions.map(({ institution, data }) => ({ type: 'book.position', institution, data }))
}

/** The bond of an issuer: one per issuer is enough here. */
export function bondOf(issuerId: string): string {
  return `BOND-${issuerId}`
}

const INTERBANK: Record<Institution['kind'], PositionData['kind']> = { bank: 'interbank', insurer: 'deposit', manager: 'deposit' }

function bond(random: Random, issuerId: string, start: number): Pick<PositionData, 'kind' | 'book' | 'issuerId' | 'instrumentId' | 'maturesOn'> {
  const book = random.chance(0.3) ? 'trading' : 'banking'
  return { kind: 'bond', book, issuerId, instrumentId: bondOf(issuerId), maturesOn: dayAfter(start, random.whole(90, 3000)) }
}
