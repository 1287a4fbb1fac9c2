/** How long a batch may take, ms, as far as the last ones tell: a stop waits for the batch in hand, and so does the first alert after a start. */
const LONGEST_MS = 2500
/** A first batch of this many messages tells what they cost. */
const FIRST = 20_000
/** Below this a commit costs more than the messages. */
const LEAST = 1000

/** The most messages the next batch may have: as many as can be judged in the time a batch may take, by what the last full one took. */
export class BatchSize {
  readonly #most: number
  readonly #longestMs: number
  #size: number

  /** `most`: never more than this, however quick. `longestMs`: how long a batch may take. */
  constructor(most: number, longestMs = LONGEST_MS) {
    this.#most = most
    this.#longestMs = longestMs
    this.#size = Math.min(most, FIRST)
  }

  get size(): number {
    return this.#size
  }

  /** Told of a batch that was judged. Half-empty ones tell nothing, unless they took too long all the same. */
  took(count: number, ms: number): void {
    if (ms <= this.#longestMs && count * 2 < this.#size) return
    const fits = Math.round((count * this.#longestMs) / Math.max(ms, 1))
    this.#size = Math.min(this.#most, Math.max(LEAST, fits))
  }
}
