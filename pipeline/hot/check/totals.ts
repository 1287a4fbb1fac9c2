/** Σ amount per institution, subject and currency, kept as statements come and go. Minor units. */
import type { FxBook } from './fx.ts'

/** Changed where it stands: a sum is looked up once. */
type Sum = { amount: bigint }
type Sums = { cny: Map<string, Sum>; foreign: Map<string, Map<string, Sum>> }

export class Totals {
  readonly #institutions = new Map<string, Sums>()

  add(institution: string, subject: string, ccy: string, amount: bigint): void {
    const sums = this.#of(institution)
    if (ccy === 'CNY') {
      bump(sums.cny, subject, amount)
      return
    }
    const currencies = sums.foreign.get(subject) ?? new Map<string, Sum>()
    bump(currencies, ccy, amount)
    if (currencies.size === 0) sums.foreign.delete(subject)
    else sums.foreign.set(subject, currencies)
  }

  /** In CNY at the rates of `at`; amounts in a currency without any rate are left out. */
  cny(institution: string, subject: string, at: number, fx: FxBook): bigint {
    const sums = this.#of(institution)
    let total = sums.cny.get(subject)?.amount ?? 0n
    if (sums.foreign.size === 0) return total
    for (const [ccy, { amount }] of sums.foreign.get(subject) ?? []) total += fx.toCny(amount, ccy, at) ?? 0n
    return total
  }

  *subjects(institution: string): Iterable<string> {
    const { cny, foreign } = this.#of(institution)
    yield* cny.keys()
    for (const subject of foreign.keys()) if (!cny.has(subject)) yield subject
  }

  has(institution: string, subject: string): boolean {
    const { cny, foreign } = this.#of(institution)
    return cny.has(subject) || foreign.has(subject)
  }

  /** Subjects with amounts in foreign currency, whose CNY value changes with the rates. */
  *foreignSubjects(): Iterable<[institution: string, subject: string]> {
    for (const [institution, { foreign }] of this.#institutions) for (const subject of foreign.keys()) yield [institution, subject]
  }

  institutions(): Iterable<string> {
    return this.#institutions.keys()
  }

  #of(institution: string): Sums {
    let sums = this.#institutions.get(institution)
    if (sums === undefined) this.#institutions.set(institution, (sums = { cny: new Map(), foreign: new Map() }))
    return sums
  }
}

function bump(sums: Map<string, Sum>, key: string, amount: bigint): void {
  const sum = sums.get(key)
  if (sum === undefined) {
    if (amount !== 0n) sums.set(key, { amount })
    return
  }
  sum.amount += amount
  if (sum.amount === 0n) sums.delete(key)
}
