/**
 * 128-bit hashes of rows after MurmurHash3 (x86), column by column: each row has four lanes, and a column goes into those of all rows in one loop.
 * Not for secrets: they find the events that may have been seen before (10 million share a hash with a chance below 10^-24); whether they were is then
 * told by comparing what they are.
 */
import type { TextColumn } from '../../contract/text.ts'

/** Rows whose lanes stay near the processor. */
export const ROWS_AT_ONCE = 512

export class RowHashes {
  readonly #lanes = new Int32Array(ROWS_AT_ONCE * 4)
  #from = 0
  #to = 0

  /** Begins anew with the rows `from…to` of the columns to come; at most `ROWS_AT_ONCE`. */
  open(from: number, to: number): this {
    this.#from = from
    this.#to = to
    this.#lanes.fill(0)
    return this
  }

  /** Bytes and their number, so that two neighbouring texts cannot be confused with two others; a null as −1. */
  texts(column: TextColumn): this {
    const [lanes, view, to] = [this.#lanes, column.view, this.#to]
    const { ends, nulls, hasNulls } = column.parts()
    const isNull = hasNulls ? nulls : undefined
    let start = column.start(this.#from)
    for (let row = this.#from, at = 0; row < to; row++, at += 4) {
      if (isNull !== undefined && isNull[row] === 1) {
        word(lanes, at, -1)
        continue
      }
      const end = ends[row] as number
      let a = lanes[at] as number
      let b = lanes[at + 1] as number
      let c = lanes[at + 2] as number
      let d = lanes[at + 3] as number
      let i = start
      for (const whole = end - 4; i <= whole; i += 4) {
        const next = mixed(a, b, view.getInt32(i, true))
        a = b
        b = c
        c = d
        d = next
      }
      lanes[at] = c
      lanes[at + 1] = d
      lanes[at + 2] = mixed(a, b, view.getInt32(i, true) & ((1 << ((end - i) << 3)) - 1))
      lanes[at + 3] = mixed(b, c, end - start)
      start = end
    }
    return this
  }

  /** Whole numbers of 32 bits; one that is not `valid` as −1. */
  words(values: Int32Array | Uint8Array, valid?: Uint8Array): this {
    const [lanes, to] = [this.#lanes, this.#to]
    for (let row = this.#from, at = 0; row < to; row++, at += 4) word(lanes, at, valid?.[row] === 0 ? -1 : (values[row] as number))
    return this
  }

  /** Values of 64 bits by their halves; one that is not `valid` as −1. */
  pairs(halves: Int32Array, valid?: Uint8Array): this {
    const [lanes, to] = [this.#lanes, this.#to]
    for (let row = this.#from, at = 0; row < to; row++, at += 4) {
      if (valid?.[row] === 0) word(lanes, at, -1)
      else pair(lanes, at, halves[row * 2] as number, halves[row * 2 + 1] as number)
    }
    return this
  }

  /** Numbers that may be none: NaN leaves no trace. */
  stated(values: Float64Array): this {
    const [lanes, to, halves] = [this.#lanes, this.#to, new Int32Array(values.buffer)]
    for (let row = this.#from, at = 0; row < to; row++, at += 4)
      if (!Number.isNaN(values[row])) pair(lanes, at, halves[row * 2] as number, halves[row * 2 + 1] as number)
    return this
  }

  /** Writes the first `width` words of each row's hash to `out[row * width…]`. */
  into(out: Uint32Array, width: 2 | 4): void {
    const lanes = this.#lanes
    for (let row = this.#from, at = 0; row < this.#to; row++, at += 4) {
      const a = lanes[at] as number
      const b = lanes[at + 1] as number
      const c = lanes[at + 2] as number
      const d = lanes[at + 3] as number
      let h1 = mixed(a, b, 0)
      let h2 = mixed(b, c, 1)
      let h3 = mixed(c, d, 2)
      let h4 = mixed(d, h1, 3)
      h1 = (h1 + h2 + h3 + h4) | 0
      ;[h2, h3, h4] = [avalanche((h2 + h1) | 0), avalanche((h3 + h1) | 0), avalanche((h4 + h1) | 0)]
      h1 = (avalanche(h1) + h2 + h3 + h4) | 0
      const place = row * width
      out[place] = h1
      out[place + 1] = h2 + h1
      if (width === 2) continue
      out[place + 2] = h3 + h1
      out[place + 3] = h4 + h1
    }
  }
}

/** Into the first lane of the row at `at`; then its lanes change places. */
function word(lanes: Int32Array, at: number, k: number): void {
  const a = lanes[at] as number
  const b = lanes[at + 1] as number
  lanes[at] = b
  lanes[at + 1] = lanes[at + 2] as number
  lanes[at + 2] = lanes[at + 3] as number
  lanes[at + 3] = mixed(a, b, k)
}

/** The same for two words. */
function pair(lanes: Int32Array, at: number, low: number, high: number): void {
  const a = lanes[at] as number
  const b = lanes[at + 1] as number
  const c = lanes[at + 2] as number
  lanes[at] = c
  lanes[at + 1] = lanes[at + 3] as number
  lanes[at + 2] = mixed(a, b, low)
  lanes[at + 3] = mixed(b, c, high)
}

/** What one 32-bit word makes of a lane and its neighbour. */
function mixed(lane: number, neighbour: number, word: number): number {
  const x = Math.imul(word, 0x239b961b)
  const y = lane ^ Math.imul((x << 15) | (x >>> 17), 0xab0e9789)
  return (Math.imul((((y << 19) | (y >>> 13)) + neighbour) | 0, 5) + 0x561ccd1b) | 0
}

function avalanche(x: number): number {
  let h = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
