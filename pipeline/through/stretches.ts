import { Rows } from './rows.ts'

/**
 * What is tainted of the money in an account that pays out by place in line, as stretches of the line: numbers of minor units counted from where the account
 * pays out, rising. What is clean between them is nowhere. Whole units only: nothing is ever rounded.
 */
export class Stretches {
  readonly #lines = new Rows({ head: Int32Array, tail: Int32Array })
  readonly #stretches = new Rows({ from: Float64Array, to: Float64Array, next: Int32Array })

  open(): number {
    return this.#lines.take()
  }

  /** Adds [from, to) behind what is there, or, `first`, before it. */
  put(line: number, from: number, to: number, first: boolean): void {
    const { head, tail } = this.#lines.at
    const end = (first ? head : tail)[line] as number
    const at = this.#stretches.at
    if (end !== 0 && first && at.from[end] === to) at.from[end] = from
    else if (end !== 0 && !first && at.to[end] === from) at.to[end] = to
    else this.#link(line, this.#made(from, to), first)
  }

  /** Takes what lies before `end`, adds where after `start` and how much it is to `taken`, piece by piece, and returns the sum. */
  take(line: number, start: number, end: number, taken: number[]): number {
    const { head, tail } = this.#lines.at
    const { from, to, next } = this.#stretches.at
    let sum = 0
    for (let stretch = head[line] as number; stretch !== 0 && (from[stretch] as number) < end; stretch = head[line] as number) {
      const [low, high] = [from[stretch] as number, Math.min(to[stretch] as number, end)]
      taken.push(low - start, high - low)
      sum += high - low
      if (high < (to[stretch] as number)) {
        from[stretch] = high
        break
      }
      head[line] = next[stretch] as number
      if (head[line] === 0) tail[line] = 0
      this.#stretches.free(stretch)
    }
    return sum
  }

  /** How much there is. */
  sum(line: number): number {
    const { from, to, next } = this.#stretches.at
    let sum = 0
    for (let stretch = this.#lines.at.head[line] as number; stretch !== 0; stretch = next[stretch] as number)
      sum += (to[stretch] as number) - (from[stretch] as number)
    return sum
  }

  /** Where the first begins; infinity: there is none. */
  first(line: number): number {
    const head = this.#lines.at.head[line] as number
    return head === 0 ? Number.POSITIVE_INFINITY : (this.#stretches.at.from[head] as number)
  }

  /** Counts from elsewhere. */
  shift(line: number, by: number): void {
    const { from, to, next } = this.#stretches.at
    for (let stretch = this.#lines.at.head[line] as number; stretch !== 0; stretch = next[stretch] as number) {
      from[stretch] = (from[stretch] as number) + by
      to[stretch] = (to[stretch] as number) + by
    }
  }

  close(line: number): void {
    for (let stretch = this.#lines.at.head[line] as number; stretch !== 0; ) {
      const next = this.#stretches.at.next[stretch] as number
      this.#stretches.free(stretch)
      stretch = next
    }
    this.#lines.free(line)
  }

  #made(from: number, to: number): number {
    const stretch = this.#stretches.take()
    this.#stretches.at.from[stretch] = from
    this.#stretches.at.to[stretch] = to
    return stretch
  }

  #link(line: number, stretch: number, first: boolean): void {
    const { head, tail } = this.#lines.at
    const { next } = this.#stretches.at
    if (head[line] === 0) head[line] = tail[line] = stretch
    else if (first) {
      next[stretch] = head[line] as number
      head[line] = stretch
    } else {
      next[tail[line] as number] = stretch
      tail[line] = stretch
    }
  }
}
