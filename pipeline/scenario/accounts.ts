/** Accounts, and who usually pays whom: the bounded neighbourhood of the ordinary payments. */
import type { Institution } from './institutions.ts'
import type { Parties } from './parties.ts'
import { type Random, randomFor } from './random.ts'

/** An account of a party, its number prefixed with its bank: `B0003-600123`. */
export type Account = { party: string; bank: string; account: string }

export type RelationKind = 'salary' | 'purchase' | 'supply' | 'transfer'
/** `debtor` pays `creditor` again and again, about `amount` yuan. */
export type Relation = { kind: RelationKind; debtor: Account; creditor: Account; amount: number }

/** Nobody is paid by, or pays, more different accounts than this: below the 8 of OP-08 and OP-09. */
export const NEIGHBOURS = 6

export type Ledger = { companies: Account[]; persons: Account[]; relations: Record<RelationKind, Relation[]> }

export function buildLedger(seed: number, institutions: readonly Institution[], parties: Parties): Ledger {
  const random = randomFor(seed, 'accounts')
  const banks = institutions.filter((i) => i.kind === 'bank').map((b) => b.id)
  const open = (ids: readonly { partyId: string }[], first: number): Account[] =>
    ids.map(({ partyId }, i) => {
      const bank = random.pick(banks)
      return { party: partyId, bank, account: `${bank}-${first + i}` }
    })
  const companies = open(parties.borrowers, 100_000)
  const persons = open(parties.persons, 600_000)
  const meet = neighbourhood(random)
  const relations: Ledger['relations'] = {
    salary: meet('salary', companies, persons, 1700, 9000),
    purchase: meet('purchase', persons, companies, 3000, 120),
    supply: meet('supply', companies, companies, 1400, 60_000),
    transfer: meet('transfer', persons, persons, 2400, 900),
  }
  return { companies, persons, relations }
}

/** Draws pairs until `count` are found, none of which gives an account more than its bounded number of neighbours. */
function neighbourhood(random: Random) {
  const payers = new Map<string, number>()
  const payees = new Map<string, number>()
  const known = new Set<string>()
  return (kind: RelationKind, debtors: readonly Account[], creditors: readonly Account[], count: number, median: number): Relation[] => {
    const found: Relation[] = []
    for (let tries = 0; found.length < count && tries < count * 20; tries++) {
      const debtor = random.pick(debtors)
      const creditor = random.pick(creditors)
      const pair = `${debtor.account}>${creditor.account}`
      const full = (payees.get(debtor.account) ?? 0) >= NEIGHBOURS || (payers.get(creditor.account) ?? 0) >= NEIGHBOURS
      if (full || known.has(pair) || debtor.account === creditor.account) continue
      known.add(pair)
      payees.set(debtor.account, (payees.get(debtor.account) ?? 0) + 1)
      payers.set(creditor.account, (payers.get(creditor.account) ?? 0) + 1)
      found.push({ kind, debtor, creditor, amount: random.lognormal(median, 0.7) })
    }
    return found
  }
}
