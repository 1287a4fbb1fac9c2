/** Exchange rates for limits: the last rate of the previous Shanghai day; before any, the first (contract §6); and the latest. CNY per unit, 10 decimals. */
import { divideHalfEven, shanghaiDay } from '../../contract/index.ts'

/** Rates have 10 decimals. */
export const FX_SCALE = 10n ** 10n

export type RateRecord = { ccy: string; first: bigint; previous: bigint | undefined; latest: bigint; latestDay: number }

export class FxBook {
  readonly #rates = new Map<string, RateRecord>()

  set(record: RateRecord): void {
    this.#rates.set(record.ccy, record)
  }

  /** Takes in the rate of `ccy` stated at `at`. */
  observe(ccy: string, rate: bigint, at: number): void {
    const day = shanghaiDay(at)
    const known = this.#rates.get(ccy)
    if (known === undefined) this.#rates.set(ccy, { ccy, first: rate, previous: undefined, latest: rate, latestDay: day })
    else if (day > known.latestDay) this.#rates.set(ccy, { ...known, previous: known.latest, latest: rate, latestDay: day })
    else known.latest = rate
  }

  /** The rate that limits use at `at`, or undefined when none was ever stated. */
  rate(ccy: string, at: number): bigint | undefined {
    const known = this.#rates.get(ccy)
    if (known === undefined) return undefined
    return known.latestDay < shanghaiDay(at) ? known.latest : (known.previous ?? known.first)
  }

  /** Minor units of CNY, rounded half to even; undefined without a rate. */
  toCny(amount: bigint, ccy: string, at: number): bigint | undefined {
    if (ccy === 'CNY') return amount
    const rate = this.rate(ccy, at)
    return rate === undefined ? undefined : divideHalfEven(amount * rate, FX_SCALE)
  }

  /** The same at the rate that was stated last. */
  toCnyNow(amount: bigint, ccy: string): bigint | undefined {
    const rate = this.#rates.get(ccy)?.latest
    return rate === undefined ? undefined : divideHalfEven(amount * rate, FX_SCALE)
  }

  records(): RateRecord[] {
    return [...this.#rates.values()]
  }
}

/** The currency of an fx instrument such as `USD/CNY`; undefined for any other pair. */
export function fxCurrency(instrument: string): string | undefined {
  return instrument.endsWith('/CNY') ? instrument.slice(0, -4) : undefined
}
