/**
 * Payments that have not taken effect, in event order. They wait in memory from the batch that brought them, up to a bound; what is above it, or waited when
 * the engine was started, is read from the segments when it is due.
 */
import type { Occurred } from '../../../contract/stage.ts'
import { tickOf } from '../../../contract/tick.ts'
import { PAYMENT, type PaymentFeed, type PaymentSource } from './payment-feed.ts'
import { DELETE, type PaymentNames, PaymentRows, SOURCE } from './payment-rows.ts'

/** What a payment weighs in memory, about. */
const PAYMENT_BYTES = 128

export class PaymentQueue {
  /** Those that wait, and those that were given out since rows were last let go. */
  rows: PaymentRows
  readonly #feed: PaymentFeed
  readonly #source: PaymentSource
  /** How many may lie in memory. */
  readonly #most: number
  #spare: PaymentRows
  /** Rows in event order; those before `#next` are given out, those before `#due` may be. */
  #order: number[] = []
  #next = 0
  #due = 0
  /** Up to this tick, ms, payments are read from the segments. */
  #inFile = Number.NEGATIVE_INFINITY

  constructor(names: PaymentNames, feed: PaymentFeed, source: PaymentSource, bytes: number) {
    this.rows = new PaymentRows(names)
    this.#spare = new PaymentRows(names)
    this.#feed = feed
    this.#source = source
    this.#most = Math.max(1, Math.ceil(bytes / PAYMENT_BYTES))
  }

  /** Over an old file: what it has waits there. */
  async restore(): Promise<void> {
    this.#inFile = tickOf(await this.#source.latest(PAYMENT))
  }

  /** Takes in what a batch appended, once those given out before are let go. */
  arrived(occurred: Occurred): void {
    const { columns, effective } = occurred
    const accounts = columns.fields['debtorAccount']
    const isKnown = (row: number) => columns.op[row] === DELETE || (accounts?.kind === 'text' && !accounts.values.isNull(row))
    const isMeant = (row: number) => {
      const e = effective[row] as number
      return tickOf(e) > this.#inFile && (columns.time[row] as number) >= e - this.#source.keepMs && isKnown(row)
    }
    const first = this.rows.count
    this.rows.addAll(occurred, isMeant)
    for (let row = first; row < this.rows.count; row++) this.#order.push(row)
    this.#order.sort((a, b) => this.#compare(a, b))
    if (this.#order.length > this.#most) this.#leaveInFile()
  }

  /** Makes ready what takes effect in (after, upTo], about as many as may lie in memory; gives the ticks in which it does, and up to which tick that is all. */
  async take(after: number, upTo: number): Promise<{ ticks: ReadonlySet<number>; upTo: number }> {
    const isInFile = after < this.#inFile
    const end = isInFile ? await this.#read(after, Math.min(upTo, this.#inFile)) : upTo
    const ticks = new Set<number>()
    for (; this.#due < this.#order.length; this.#due++) {
      const tick = tickOf(this.rows.e(this.#order[this.#due] as number))
      if (tick > end) break
      ticks.add(tick)
    }
    return { ticks, upTo: end }
  }

  /** The next row in event order that takes effect up to `tick`, ms, of those made ready; below 0: there is none. */
  next(tick: number): number {
    if (this.#next === this.#due) return -1
    const row = this.#order[this.#next] as number
    if (tickOf(this.rows.e(row)) > tick) return -1
    this.#next++
    return row
  }

  /** Lets go of rows that were given out. */
  letGo(): void {
    if (this.#next === 0) return
    const [spare, rest] = [this.#spare, this.#order.slice(this.#next)]
    spare.clear()
    for (const row of rest) spare.copy(this.rows, row)
    this.#spare = this.rows
    this.rows = spare
    this.#order = rest.map((_, row) => row)
    this.#next = this.#due = 0
  }

  #leaveInFile(): void {
    this.#inFile = tickOf(this.rows.e(this.#order.at(-1) as number))
    this.#order = []
    this.rows.clear()
  }

  /** Whole ticks from the segments, before all that waits in memory. Where they lie above the bound a part of them is made ready, up to the tick it returns. */
  async #read(after: number, upTo: number): Promise<number> {
    const { payments, upTo: end } = await this.#feed.take(after, upTo, this.#most)
    const first = this.rows.count
    for (const payment of payments) this.rows.add(payment)
    this.#order = [...this.#order.slice(0, this.#next), ...payments.map((_, i) => first + i), ...this.#order.slice(this.#next)]
    return end
  }

  #compare(a: number, b: number): number {
    const { rows } = this
    return rows.e(a) - rows.e(b) || this.#compareAtOnce(a, b)
  }

  #compareAtOnce(a: number, b: number): number {
    const { rows } = this
    const source = rows.at(a, SOURCE) === rows.at(b, SOURCE) ? 0 : Buffer.compare(Buffer.from(rows.sourceText(a)), Buffer.from(rows.sourceText(b)))
    if (source !== 0) return source
    const [before, after] = [rows.sequence(a), rows.sequence(b)]
    if (before !== after) return before < after ? -1 : 1
    const [x, y] = [rows.id(a), rows.id(b)]
    return Buffer.compare(x.bytes.subarray(x.start, x.end), y.bytes.subarray(y.start, y.end))
  }
}
