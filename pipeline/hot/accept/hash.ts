/**
 * 128-bit hashes of rows after MurmurHash3 (x86), column by column: each row has four lanes, and a column goes into those of all rows in one loop.
 * Not for secrets: they find the events that may have been seen before (10 million share a hash with a chance below 10^-24); whether they were is then
 * told by comparing what they are.
 */
import type { TextColumn } from '../../contract/text.ts'
import { hashCode } from './hash-code.ts'
import { PAGE } from './wasm.ts'

/** Rows whose lanes stay near the processor. */
export const ROWS_AT_ONCE = 2048

export class RowHashes {
  readonly #code = hashCode(4)
  #memory = new Uint8Array(this.#code.memory.buffer)
  #words = new Int32Array(this.#code.memory.buffer)
  #doubles = new Float64Array(this.#code.memory.buffer)
  #from = 0
  #to = 0

  /** Begins anew with the rows `from…to` of the columns to come; at most `ROWS_AT_ONCE`. */
  open(from: number, to: number): this {
    this.#from = from
    this.#to = to
    this.#words.fill(0, LANES, (to - from) * 4)
    return this
  }

  /** Bytes and their number, so that two neighbouring texts cannot be confused with two others; a null as −1. */
  texts(column: TextColumn): this {
    const { ends, nulls, hasNulls } = column.parts()
    for (let row = this.#from; row < this.#to; ) {
      const start = column.start(row)
      const last = this.#fitting(ends, row, start)
      const none = this.#flags(hasNulls ? nulls : undefined, row, last, 1)
      this.#words.set(ends.subarray(row, last), VALUES >> 2)
      // Shared memory is copied by words only between places that are alike in their last three bits.
      const text = TEXT + (start & 7)
      this.#memory.set(column.bytes.subarray(start, ends[last - 1]), text)
      this.#code.run.texts(this.#lanes(row), this.#lanes(last), VALUES, text - start, text, FLAGS, none)
      row = last
    }
    return this
  }

  /** Whole numbers of 32 bits; one that is not `valid` as −1. */
  words(values: Int32Array | Uint8Array, valid?: Uint8Array): this {
    const own = values.subarray(this.#from, this.#to)
    const isWide = own instanceof Int32Array
    if (isWide) this.#words.set(own, VALUES >> 2)
    else this.#memory.set(own, VALUES)
    this.#code.run[isWide ? 'words' : 'bytes'](LANES, this.#lanes(this.#to), VALUES, FLAGS, this.#flags(valid, this.#from, this.#to, 0))
    return this
  }

  /** Values of 64 bits by their halves; one that is not `valid` as −1. */
  pairs(halves: Int32Array, valid?: Uint8Array): this {
    this.#words.set(halves.subarray(this.#from * 2, this.#to * 2), VALUES >> 2)
    this.#code.run.pairs(LANES, this.#lanes(this.#to), VALUES, FLAGS, this.#flags(valid, this.#from, this.#to, 0))
    return this
  }

  /** Numbers that may be none: NaN leaves no trace. */
  stated(values: Float64Array): this {
    this.#doubles.set(values.subarray(this.#from, this.#to), VALUES >> 3)
    this.#code.run.stated(LANES, this.#lanes(this.#to), VALUES)
    return this
  }

  /** Writes the first `width` words of each row's hash to `out[row * width…]`. */
  into(out: Uint32Array, width: 2 | 4): void {
    this.#code.run[width === 2 ? 'finish8' : 'finish16'](LANES, this.#lanes(this.#to), LANES)
    out.set(this.#words.subarray(LANES, (this.#to - this.#from) * width), this.#from * width)
  }

  #lanes(row: number): number {
    return LANES + (row - this.#from) * 16
  }

  /** Puts the flags of these rows in their place: which of them says that there is no value. */
  #flags(flags: Uint8Array | undefined, from: number, to: number, none: number): number {
    if (flags === undefined) return NEVER
    this.#memory.set(flags.subarray(from, to), FLAGS)
    return none
  }

  /** Up to which row the texts from this one on find room, which is made for a single one. */
  #fitting(ends: Uint32Array, row: number, start: number): number {
    const room = this.#memory.length - TEXT - 16
    let last = this.#to
    while (last > row + 1 && (ends[last - 1] as number) - start > room) last = row + ((last - row) >> 1)
    const missing = (ends[last - 1] as number) - start - room
    if (missing > 0) this.#grow(missing)
    return last
  }

  #grow(bytes: number): void {
    const { memory } = this.#code
    memory.grow(Math.ceil(bytes / PAGE))
    this.#memory = new Uint8Array(memory.buffer)
    this.#words = new Int32Array(memory.buffer)
    this.#doubles = new Float64Array(memory.buffer)
  }
}

/** Where what the code works on lies in its memory: 16, 8 and 1 byte per row, and text. */
const [LANES, VALUES, FLAGS, TEXT] = [0, ROWS_AT_ONCE * 16, ROWS_AT_ONCE * 24, ROWS_AT_ONCE * 25]
/** What no flag is. */
const NEVER = 2
