import { grown } from '../grown.ts'

/** The lines of all products in columns, those of one product side by side: 28 bytes each. Room that is given back goes to the next of its size. */
export class Lines {
  /** Minor units of CNY. */
  value = new Float64Array(FIRST_LINES)
  /** NaN where none was stated. */
  share = new Float64Array(FIRST_LINES)
  /** What a line ends at (an obligor) or holds (a slot). */
  target = new Int32Array(FIRST_LINES)
  kind = new Int32Array(FIRST_LINES)
  /** Where it stands in the statement. */
  place = new Int32Array(FIRST_LINES)
  #used = 0
  /** Given back, by room. */
  readonly #free = new Map<number, number[]>()

  /** Where `size` lines have room. */
  take(size: number): number {
    const room = roomFor(size)
    const free = this.#free.get(room)?.pop()
    if (free !== undefined) return free
    const start = this.#used
    this.#used += room
    this.value = grown(this.value, this.#used)
    this.share = grown(this.share, this.#used)
    this.target = grown(this.target, this.#used)
    this.kind = grown(this.kind, this.#used)
    this.place = grown(this.place, this.#used)
    return start
  }

  giveBack(start: number, size: number): void {
    const room = roomFor(size)
    const free = this.#free.get(room)
    if (free === undefined) this.#free.set(room, [start])
    else free.push(start)
  }
}

const FIRST_LINES = 1024

/** Rounded up, so that statements that grow line by line find a room that was used before. */
function roomFor(size: number): number {
  return size <= 16 ? (size + 3) & ~3 : 2 ** Math.ceil(Math.log2(size))
}
