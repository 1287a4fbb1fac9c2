/** The banks' ordinary loan books: small against capital, and classified at or below their floor. */
import type { Institution } from './institutions.ts'
import type { Parties } from './parties.ts'
import { type Random, randomFor } from './random.ts'
import { type LoanData, type Statement, money } from './statement.ts'

export type Booked<D> = { institution: string; data: D }

/** About 300 loans per bank. No company owes one bank more than 4 % of its net capital. */
export function buildLoans(seed: number, institutions: readonly Institution[], parties: Parties, start: number): Booked<LoanData>[] {
  return institutions.filter((i) => i.kind === 'bank').flatMap((bank) => loanBook(randomFor(seed, `loans ${bank.id}`), bank, parties, start))
}

export function loanStatements(loans: readonly Booked<LoanData>[]): Statement[] {
  return loans.map(({ institution, data }) => ({ type: 'credit.loan', institution, data }))
}

/** The day `days` after that of `time`, as `YYYY-MM-DD` in UTC. */
export function dayAfter(time: number, days: number): string {
  return new Date(time + days * DAY_MS).toISOString().slice(0, 10)
}

const DAY_MS = 86_400_000
const CORPORATE = 100
const RETAIL = 205
const LARGEST_LOAN = 0.03
const LARGEST_CUSTOMER = 0.04

function loanBook(random: Random, bank: Institution, parties: Parties, start: number): Booked<LoanData>[] {
  const owed = new Map<string, number>()
  const loans: Booked<LoanData>[] = []
  const lend = (customerId: string, product: LoanData['product'], balance: number) => {
    const loanId = `${bank.id}-L${String(loans.length + 1).padStart(5, '0')}`
    loans.push({ institution: bank.id, data: { loanId, customerId, product, balance: money(balance), ccy: 'CNY', ...terms(random, balance, start) } })
  }
  for (let i = 0; i < CORPORATE; i++) {
    const { partyId } = random.pick(parties.borrowers)
    const room = LARGEST_CUSTOMER * bank.netCapital - (owed.get(partyId) ?? 0)
    const balance = thousand(Math.min(room, LARGEST_LOAN * bank.netCapital, random.lognormal(0.0035 * bank.netCapital, 0.9)))
    if (balance <= 0) continue
    owed.set(partyId, (owed.get(partyId) ?? 0) + balance)
    lend(partyId, 'corporate', balance)
  }
  for (let i = 0; i < RETAIL; i++) {
    const product = random.pick(['mortgage', 'mortgage', 'consumer', 'card'] as const)
    lend(random.pick(parties.persons).partyId, product, thousand(Math.min(5e6, random.lognormal(RETAIL_MEDIAN[product], 0.6))))
  }
  return loans
}

const RETAIL_MEDIAN = { mortgage: 900_000, consumer: 80_000, card: 15_000 }

function terms(random: Random, balance: number, start: number): Pick<LoanData, 'dpd' | 'class' | 'provision' | 'disbursedOn' | 'maturesOn'> {
  const [dpd, grade] = standing(random)
  return {
    dpd,
    class: grade,
    provision: money(balance * PROVISION[grade]),
    disbursedOn: dayAfter(start, -random.whole(30, 1400)),
    maturesOn: dayAfter(start, random.whole(60, 3600)),
  }
}

const PROVISION: Record<LoanData['class'], number> = { normal: 0.015, 'special-mention': 0.03, substandard: 0.3, doubtful: 0.6, loss: 1 }

/** Days past due and a class at the floor of these days or worse. */
function standing(random: Random): [number, LoanData['class']] {
  if (random.chance(0.94)) return [0, random.chance(0.97) ? 'normal' : 'special-mention']
  if (random.chance(0.6)) return [random.whole(1, 90), 'special-mention']
  if (random.chance(0.7)) return [random.whole(91, 270), random.pick(['substandard', 'substandard', 'doubtful'])]
  return random.chance(0.7) ? [random.whole(271, 360), 'doubtful'] : [random.whole(361, 700), 'loss']
}

function thousand(yuan: number): number {
  return Math.floor(yuan / 1000) * 1000
}
