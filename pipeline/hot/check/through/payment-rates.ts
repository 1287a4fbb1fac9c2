/** Rates at which payments in foreign currency were taken in: a payment that is read again after a restart is worth what it was. */
import { divideHalfEven } from '../../../contract/index.ts'
import { doubleColumn, textColumn } from '../../../store/columns.ts'
import type { Database } from '../../../store/database.ts'
import { FX_SCALE, type FxBook } from '../fx.ts'

/** In force for payments from tick `since`, ms, on. CNY per unit, 10 decimals. */
type Rate = { since: number; rate: bigint }

export class PaymentRates {
  readonly #fx: FxBook
  readonly #rates = new Map<string, Rate[]>()
  readonly #unwritten: (Rate & { ccy: string })[] = []

  constructor(fx: FxBook) {
    this.#fx = fx
  }

  /** Minor units of CNY at the rate in force at `tick`; undefined without one. */
  toCny(amount: bigint, ccy: string, tick: number): bigint | undefined {
    if (ccy === 'CNY') return amount
    const rates = this.#rates.get(ccy) ?? []
    const [rate, last] = [this.#fx.rate(ccy, tick), rates.at(-1)?.rate]
    if (rate !== undefined && rate !== last) {
      this.#rates.set(ccy, [...rates, { since: tick, rate }])
      this.#unwritten.push({ ccy, since: tick, rate })
    }
    return worth(amount, rate)
  }

  /** The same as it was then. */
  toCnyAgain(amount: bigint, ccy: string, tick: number): bigint | undefined {
    return ccy === 'CNY' ? amount : worth(amount, this.#rates.get(ccy)?.findLast((r) => r.since <= tick)?.rate)
  }

  async restore(db: Database): Promise<void> {
    for (const [ccy, since, rate] of await db.rows('SELECT ccy, since, rate FROM engine.payment_rate ORDER BY since'))
      this.#rates.set(String(ccy), [...(this.#rates.get(String(ccy)) ?? []), { since: Number(since), rate: rate as bigint }])
  }

  async write(db: Database): Promise<void> {
    const rows = this.#unwritten.splice(0)
    const rates = { type: 'bigint' as const, values: BigInt64Array.from(rows, (r) => r.rate) }
    await db.append('engine', 'payment_rate', [textColumn(rows.map((r) => r.ccy)), doubleColumn(rows.map((r) => r.since)), rates], rows.length)
  }
}

function worth(amount: bigint, rate: bigint | undefined): bigint | undefined {
  return rate === undefined ? undefined : divideHalfEven(amount * rate, FX_SCALE)
}
