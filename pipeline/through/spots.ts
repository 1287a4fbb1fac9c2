import { Pairs } from './pairs.ts'
import { grown, Rows } from './rows.ts'

/** Active spots whose account pays out by place in line, and those that pay out of a mixed balance: only the first need to hear of clean money that comes in. */
export const PLACED = 0
export const MIXED = 1
export type List = typeof PLACED | typeof MIXED

/**
 * Accounts that traces have reached. Spots of one trace follow each other by `next`; the active ones of an account, those with taint still in it, by `later`.
 * A pool of rows freed with their trace; no number in it means anything outside.
 */
export class Spots {
  /** `drawn`, `first`: when the latest loan money in it was paid out, and when taint first came, ms. `paid`: the payment last put in line. Amounts in minor units. */
  readonly rows = new Rows({
    trace: Int32Array,
    account: Int32Array,
    party: Int32Array,
    next: Int32Array,
    earlier: Int32Array,
    later: Int32Array,
    active: Uint8Array,
    hops: Uint8Array,
    held: Float64Array,
    reached: Float64Array,
    drawn: Float64Array,
    first: Float64Array,
    paid: Uint32Array,
    line: Int32Array,
    step: Int32Array,
    inflow: Int32Array,
  })
  /** Payments along which taint came with the fewest hops yet, each with the step before it as that was then. */
  readonly steps = new Rows({ place: Uint32Array, account: Int32Array, before: Int32Array, next: Int32Array })
  /** What came to a spot from another one soon enough to count as returned; `step` is the first payment of it. */
  readonly inflows = new Rows({ spot: Int32Array, from: Int32Array, amount: Float64Array, step: Int32Array, next: Int32Array })
  readonly #byAccount = new Pairs(
    () => this.rows.at.trace,
    () => this.rows.at.account,
  )
  readonly #bySender = new Pairs(
    () => this.inflows.at.spot,
    () => this.inflows.at.from,
  )
  /** Per account, how many spots are at it. */
  #there = new Int32Array(64)
  /** Per trace: its latest spot, how many it has, its latest step. */
  #latest = new Int32Array(64)
  #count = new Int32Array(64)
  #steps = new Int32Array(64)
  /** Per list and account: the first active spot. */
  #active: [Int32Array, Int32Array] = [new Int32Array(64), new Int32Array(64)]

  /** The spot of a trace at an account; 0: none. */
  find(trace: number, account: number): number {
    return this.#there[account] === 0 ? 0 : this.#byAccount.find(trace, account)
  }

  make(trace: number, account: number): number {
    const s = this.rows.take()
    const { at } = this.rows
    at.trace[s] = trace
    at.account[s] = account
    at.next[s] = this.latest(trace)
    this.#latest[trace] = s
    this.#count[trace] = this.count(trace) + 1
    this.#there[account] = (this.#there[account] as number) + 1
    this.#byAccount.add(s)
    return s
  }

  /** The latest spot of a trace; the others follow by `next`. */
  latest(trace: number): number {
    return this.#latest[trace] ?? 0
  }

  count(trace: number): number {
    return this.#count[trace] ?? 0
  }

  /** Forgets what a trace has reached. Its active spots have been put to rest. */
  clear(trace: number): void {
    const { at } = this.rows
    for (let s = this.latest(trace); s !== 0; ) {
      const next = at.next[s] as number
      for (let flow = at.inflow[s] as number; flow !== 0; ) {
        this.#bySender.remove(flow)
        flow = freed(this.inflows, flow)
      }
      const account = at.account[s] as number
      this.#there[account] = (this.#there[account] as number) - 1
      this.#byAccount.remove(s)
      this.rows.free(s)
      s = next
    }
    for (let step = this.#steps[trace] ?? 0; step !== 0; ) step = freed(this.steps, step)
    if (trace < this.#latest.length) this.#latest[trace] = this.#count[trace] = this.#steps[trace] = 0
  }

  /** The first active spot of an account. */
  firstActive(list: List, account: number): number {
    return this.#active[list][account] as number
  }

  activate(s: number, list: List): void {
    const { at } = this.rows
    const account = at.account[s] as number
    const first = this.firstActive(list, account)
    at.later[s] = first
    at.earlier[s] = 0
    if (first !== 0) at.earlier[first] = s
    at.active[s] = 1
    this.#active[list][account] = s
  }

  rest(s: number, list: List): void {
    const { at } = this.rows
    const [earlier, later] = [at.earlier[s] as number, at.later[s] as number]
    if (earlier === 0) this.#active[list][at.account[s] as number] = later
    else at.later[earlier] = later
    if (later !== 0) at.earlier[later] = earlier
    at.active[s] = 0
  }

  /** Takes the active spots of an account aside; `restore` brings them back beside those that became active meanwhile. */
  aside(account: number): [number, number] {
    const firsts: [number, number] = [this.firstActive(PLACED, account), this.firstActive(MIXED, account)]
    for (const list of this.#active) list[account] = 0
    return firsts
  }

  restore(account: number, firsts: [number, number]): void {
    const { earlier, later } = this.rows.at
    for (const list of [PLACED, MIXED] as const) {
      let tail = this.firstActive(list, account)
      if (tail === 0) this.#active[list][account] = firsts[list]
      if (tail === 0 || firsts[list] === 0) continue
      while (later[tail] !== 0) tail = later[tail] as number
      later[tail] = firsts[list]
      earlier[firsts[list]] = tail
    }
  }

  /** The step by `place` to an account, after step `before` (0: the loan's own money). */
  step(trace: number, place: number, account: number, before: number): number {
    const step = this.steps.take()
    const { at } = this.steps
    at.place[step] = place
    at.account[step] = account
    at.before[step] = before
    at.next[step] = this.#steps[trace] as number
    this.#steps[trace] = step
    return step
  }

  /** Adds to what came to `s` from spot `from`. The inflow, when it is the first of them and its step is to be set; else 0. */
  flow(s: number, from: number, amount: number): number {
    const known = this.#bySender.find(s, from)
    if (known !== 0) {
      this.inflows.at.amount[known] = (this.inflows.at.amount[known] as number) + amount
      return 0
    }
    const f = this.inflows.take()
    const { at } = this.inflows
    at.spot[f] = s
    at.from[f] = from
    at.amount[f] = amount
    at.next[f] = this.rows.at.inflow[s] as number
    this.rows.at.inflow[s] = f
    this.#bySender.add(f)
    return f
  }

  /** Room for so many accounts and traces. */
  reserve(accounts: number, traces: number): void {
    if (accounts > this.#active[PLACED].length) {
      const length = Math.ceil(accounts * 1.5)
      this.#active = [grown(this.#active[PLACED], length), grown(this.#active[MIXED], length)]
      this.#there = grown(this.#there, length)
    }
    if (traces <= this.#latest.length) return
    const length = Math.ceil(traces * 1.5)
    ;[this.#latest, this.#count, this.#steps] = [grown(this.#latest, length), grown(this.#count, length), grown(this.#steps, length)]
  }
}

/** Frees a row and returns the one after it. */
function freed(rows: Spots['steps'] | Spots['inflows'], row: number): number {
  const next = rows.at.next[row] as number
  rows.free(row)
  return next
}
