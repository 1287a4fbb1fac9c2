import { ActiveSpots, type Detached } from './active-spots.ts'
import { Pairs } from './pairs.ts'
import { grown, GROWTH, Rows } from './rows.ts'

/**
 * Accounts that traces have reached. Spots of one trace follow each other by `next`, those of an account by `later`; the active ones, with taint still in
 * them, are in lists by method (trace & 3) and account. A pool of rows freed with their trace; no number in it means anything outside.
 */
export class Spots {
  /**
   * `drawn`, `first`, `ended`: when the latest loan money in it was paid out, when taint first came, and when it last had none left, ms. `place`: in its list of
   * active spots. Amounts in minor units.
   */
  readonly rows = new Rows({
    trace: Int32Array,
    account: Int32Array,
    party: Int32Array,
    next: Int32Array,
    earlier: Int32Array,
    later: Int32Array,
    active: Uint8Array,
    place: Int32Array,
    hops: Uint8Array,
    reached: Float64Array,
    drawn: Float64Array,
    first: Float64Array,
    ended: Float64Array,
    line: Int32Array,
    step: Int32Array,
    inflow: Int32Array,
  })
  readonly active = new ActiveSpots()
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
  /** Per account: its lists of active spots, four by method (× 4), from when taint first came; 0: those of nobody, empty. */
  #lists = new Int32Array(64)
  #listed = 1
  /** Per account: its latest spot, how many it has. */
  #latestAt = new Int32Array(64)
  #there = new Int32Array(64)
  /** Per trace: its latest spot, how many it has, its latest step. */
  #latest = new Int32Array(64)
  #count = new Int32Array(64)
  #steps = new Int32Array(64)

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
    const beside = this.latestAt(account)
    at.later[s] = beside
    if (beside !== 0) at.earlier[beside] = s
    this.#latestAt[account] = s
    this.#there[account] = this.countAt(account) + 1
    this.#byAccount.add(s)
    return s
  }

  /** The latest spot at an account; the others follow by `later`. */
  latestAt(account: number): number {
    return this.#latestAt[account] ?? 0
  }

  countAt(account: number): number {
    return this.#there[account] ?? 0
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
      this.#leave(s)
      this.#byAccount.remove(s)
      this.rows.free(s)
      s = next
    }
    for (let step = this.#steps[trace] ?? 0; step !== 0; ) step = freed(this.steps, step)
    if (trace < this.#latest.length) this.#latest[trace] = this.#count[trace] = this.#steps[trace] = 0
  }

  /** Puts a spot among the active ones. */
  activate(s: number, key: number, until: number): void {
    const { at } = this.rows
    const account = at.account[s] as number
    if (this.#lists[account] === 0) {
      this.active.reserve(4 * this.#listed + 4)
      this.#lists[account] = this.#listed++
    }
    at.place[s] = this.active.add(this.listOf(s), s, key, until)
    at.active[s] = 1
  }

  rest(s: number, now: number): void {
    const { at } = this.rows
    const moved = this.active.remove(this.listOf(s), at.place[s] as number)
    if (moved !== 0) at.place[moved] = at.place[s] as number
    at.active[s] = 0
    at.ended[s] = now
  }

  /** The list of active spots it belongs to. */
  listOf(s: number): number {
    return this.listAt(this.rows.at.account[s] as number, (this.rows.at.trace[s] as number) & 3)
  }

  /** The list of the active spots of a method at an account. */
  listAt(account: number, method: number): number {
    return (this.#lists[account] as number) * 4 + method
  }

  /** Where in the columns of `active` an active spot lies. */
  indexOf(s: number): number {
    return this.active.start(this.listOf(s)) + (this.rows.at.place[s] as number)
  }

  /** Takes the active spots of an account aside, by method; `restore` brings them back beside those that became active meanwhile. */
  aside(account: number): Detached[] {
    return [0, 1, 2, 3].map((method) => this.active.detach(this.listAt(account, method)))
  }

  restore(account: number, lists: Detached[]): void {
    const { active, rows } = this
    for (const [method, before] of lists.entries()) {
      if (before.length === 0) continue
      const list = this.listAt(account, method)
      const [start, end] = [active.start(list), active.start(list) + active.length(list)]
      const [spots, keys, untils] = [active.spots.slice(start, end), active.keys.slice(start, end), active.untils.slice(start, end)]
      active.attach(list, before)
      spots.forEach((s, i) => {
        rows.at.place[Math.abs(s)] = active.add(list, s, keys[i] as number, untils[i] as number)
      })
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

  #leave(s: number): void {
    const { at } = this.rows
    const [earlier, later, account] = [at.earlier[s] as number, at.later[s] as number, at.account[s] as number]
    if (earlier === 0) this.#latestAt[account] = later
    else at.later[earlier] = later
    if (later !== 0) at.earlier[later] = earlier
    this.#there[account] = this.countAt(account) - 1
  }

  /** Room for so many accounts and traces. */
  reserve(accounts: number, traces: number): void {
    if (accounts > this.#there.length) {
      const length = Math.ceil(accounts * GROWTH)
      this.#lists = grown(this.#lists, length)
      this.#there = grown(this.#there, length)
      this.#latestAt = grown(this.#latestAt, length)
    }
    if (traces <= this.#latest.length) return
    const length = Math.ceil(traces * GROWTH)
    ;[this.#latest, this.#count, this.#steps] = [grown(this.#latest, length), grown(this.#count, length), grown(this.#steps, length)]
  }
}

/** Frees a row and returns the one after it. */
function freed(rows: Spots['steps'] | Spots['inflows'], row: number): number {
  const next = rows.at.next[row] as number
  rows.free(row)
  return next
}
