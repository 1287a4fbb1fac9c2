/** Which sequence numbers of a stream have come, and which between them have not. */

export type Range = { from: bigint; to: bigint }
/** `since`: the tick from which a lower and a higher number were there, ms. */
export type Gap = Range & { since: number }
/** `tick`: the first in which one of them came. */
export type Run = Range & { tick: number }

/** Most gaps of a stream that are followed (docs/decisions/0017). */
export const MOST_GAPS = 1000

/** `opened`: a gap arose. `filled`: numbers that were missing may have come. `givenUp`: numbers that are not waited for, as there are gaps enough. */
export type Taken = { opened: boolean; filled: boolean; givenUp?: Range }

export class Numbers {
  /** In order, none next to another. */
  readonly #runs: Run[] = []
  readonly #most: number

  constructor(most = MOST_GAPS) {
    this.#most = most
  }

  get runs(): readonly Run[] {
    return this.#runs
  }

  /** Takes in from–to, which came in this tick; ticks never go back, and within one the lower numbers come first. */
  take(from: bigint, to: bigint, tick: number): Taken {
    const [low, high] = [this.#runs[0], this.#runs.at(-1)]
    if (low === undefined || high === undefined) {
      this.#runs.push({ from, to, tick })
      return { opened: false, filled: false }
    }
    if (from === high.to + 1n) {
      high.to = to
      return { opened: false, filled: false }
    }
    const isFull = this.#runs.length > this.#most
    if (from > high.to) return this.#open(isFull, { from: high.to + 1n, to: from - 1n }, { from, to, tick })
    if (to < low.from - 1n) return this.#open(isFull, { from: to + 1n, to: low.from - 1n }, { from, to, tick })
    this.#fill(from, to, tick, isFull)
    return { opened: false, filled: true }
  }

  /** In order. */
  gaps(): Gap[] {
    const runs = this.#runs
    const above = new Float64Array(runs.length)
    for (let i = runs.length - 1, least = Infinity; i >= 0; i--) above[i] = least = Math.min(least, (runs[i] as Run).tick)
    let below = Infinity
    return runs.slice(1).map(({ from }, i) => {
      const before = runs[i] as Run
      below = Math.min(below, before.tick)
      return { from: before.to + 1n, to: from - 1n, since: Math.max(below, above[i + 1] as number) }
    })
  }

  /** Whether none of them is missing. */
  has({ from, to }: Range): boolean {
    const run = this.#runs[this.#firstFrom(from)]
    return run !== undefined && run.from <= from && run.to >= to
  }

  /** Above all, or below all. */
  #open(isFull: boolean, gap: Range, run: Run): Taken {
    if (isFull) {
      this.#fill(gap.from < run.from ? gap.from : run.from, gap.to > run.to ? gap.to : run.to, run.tick, false)
      return { opened: false, filled: true, givenUp: gap }
    }
    if (gap.from < run.from) this.#runs.push(run)
    else this.#runs.unshift(run)
    return { opened: true, filled: false }
  }

  /** Joins what it touches. What would make one gap two is left out where there are gaps enough. */
  #fill(from: bigint, to: bigint, tick: number, isFull: boolean): void {
    const first = this.#firstFrom(from - 1n)
    let end = first
    const run = { from, to, tick }
    for (let r = this.#runs[end]; r !== undefined && r.from <= to + 1n; r = this.#runs[++end]) {
      if (r.from < run.from) run.from = r.from
      if (r.to > run.to) run.to = r.to
      run.tick = Math.min(run.tick, r.tick)
    }
    if (end > first || !isFull) this.#runs.splice(first, end - first, run)
  }

  /** The first run that ends at `n` or above it. */
  #firstFrom(n: bigint): number {
    let [low, high] = [0, this.#runs.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#runs[middle] as Run).to < n) low = middle + 1
      else high = middle
    }
    return low
  }
}
