/** Σ amount per institution, subject and currency, kept as statements come and go. Minor units. */
import type { FxBook } from './fx.ts'

/** Changed where it stands: a sum is looked up once. */
export type Sum = { amount: bigint }
/** `touched`: the sums in CNY of the subjects that were added to since `takeTouched`. */
type Sums = { cny: Map<string, Sum>; foreign: Map<string, Map<string, Sum>>; touched: Map<string, Sum> }

/** Institution → subject → its sum in CNY. */
export type Touched = ReadonlyMap<string, ReadonlyMap<string, Sum>>

export class Totals {
  readonly #institutions = new Map<string, Sums>()
  readonly #touched = new Set<string>()
  /** Institutions in which anybody ever had a sum in foreign currency. */
  readonly #foreign = new Set<string>()

  add(institution: string, subject: string, ccy: string, amount: bigint): void {
    const sums = this.#of(institution)
    if (sums.touched.size === 0) this.#touched.add(institution)
    if (ccy !== 'CNY') this.#foreign.add(institution)
    sums.touched.set(subject, added(sums, subject, ccy, amount))
  }

  /** Adds what was there before: nobody is touched. Returns the subject's sum in CNY. */
  recall(institution: string, subject: string, ccy: string, amount: bigint): Sum {
    if (ccy !== 'CNY') this.#foreign.add(institution)
    return added(this.#of(institution), subject, ccy, amount)
  }

  /** Whether anybody was added to since the last `takeTouched`. */
  get isTouched(): boolean {
    return this.#touched.size > 0
  }

  /** Who was added to since the last call. The sums stay as they are until something is added again. */
  takeTouched(): Touched {
    const touched = new Map<string, ReadonlyMap<string, Sum>>()
    for (const institution of this.#touched) {
      const sums = this.#of(institution)
      touched.set(institution, sums.touched)
      sums.touched = new Map()
    }
    this.#touched.clear()
    return touched
  }

  /** In CNY at the rates of `at`; amounts in a currency without any rate are left out. `sum`: the subject's in CNY, where it is at hand. */
  cny(institution: string, subject: string, at: number, fx: FxBook, sum?: Sum): bigint {
    const sums = this.#institutions.get(institution)
    if (sums === undefined) return 0n
    let total = (sum ?? sums.cny.get(subject))?.amount ?? 0n
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

  /** Institutions in which a subject has a sum. */
  institutionsOf(subject: string): string[] {
    const found: string[] = []
    for (const [institution, { cny, foreign }] of this.#institutions) if (cny.has(subject) || foreign.has(subject)) found.push(institution)
    return found
  }

  /** Subjects with amounts in foreign currency, whose CNY value changes with the rates. */
  *foreignSubjects(): Iterable<[institution: string, subject: string]> {
    for (const institution of this.#foreign) for (const subject of this.#of(institution).foreign.keys()) yield [institution, subject]
  }

  /** Institutions. */
  get size(): number {
    return this.#institutions.size
  }

  institutions(): Iterable<string> {
    return this.#institutions.keys()
  }

  #of(institution: string): Sums {
    let sums = this.#institutions.get(institution)
    if (sums === undefined) this.#institutions.set(institution, (sums = { cny: new Map(), foreign: new Map(), touched: new Map() }))
    return sums
  }
}

/** Returns the subject's sum in CNY. */
function added(sums: Sums, subject: string, ccy: string, amount: bigint): Sum {
  if (ccy === 'CNY') return bump(sums.cny, subject, amount)
  const currencies = sums.foreign.get(subject) ?? new Map<string, Sum>()
  bump(currencies, ccy, amount)
  if (currencies.size === 0) sums.foreign.delete(subject)
  else sums.foreign.set(subject, currencies)
  return sums.cny.get(subject) ?? { amount: 0n }
}

/** The sum after `amount` came to it; one of nothing is not kept. */
function bump(sums: Map<string, Sum>, key: string, amount: bigint): Sum {
  let sum = sums.get(key)
  if (sum === undefined) {
    sum = { amount }
    if (amount !== 0n) sums.set(key, sum)
    return sum
  }
  sum.amount += amount
  if (sum.amount === 0n) sums.delete(key)
  return sum
}
