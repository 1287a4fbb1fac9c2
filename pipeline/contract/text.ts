import { sharedArray, sharedBytes } from './memory.ts'

/**
 * A column of text as bytes: the UTF-8 of all values one after the other, and where each ends (the layout of an Arrow string column). A value never
 * becomes a string of its own on its way from the wire into DuckDB.
 */
export class TextColumn {
  /** Rows. */
  count = 0
  #bytes: Buffer
  #ends: Uint32Array
  /** 1 per null; made when the first is added. */
  #nulls: Uint8Array | undefined
  #hasNulls = false
  #size = 0

  constructor(rows = 64, bytesPerRow = 16) {
    this.#bytes = sharedBytes(Math.max(64, rows * bytesPerRow))
    this.#ends = sharedArray(Uint32Array, Math.max(1, rows))
  }

  static of(values: Iterable<string | null>): TextColumn {
    const column = new TextColumn()
    for (const value of values) column.add(value)
    return column
  }

  /** The same rows in memory of their own, of this thread alone. */
  copy(): TextColumn {
    const { count, hasNulls } = this
    const bytes = new Uint8Array(this.#bytes.subarray(0, this.#size))
    return TextColumn.from({ count, bytes, ends: this.#ends.slice(0, count), nulls: hasNulls ? this.#nulls?.slice(0, count) : undefined, hasNulls })
  }

  /** The column whose parts another thread has handed over. */
  static from({ count, bytes, ends, nulls, hasNulls }: TextParts): TextColumn {
    const column = new TextColumn(1, 1)
    column.count = count
    column.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    column.#ends = ends
    column.#nulls = nulls
    column.#hasNulls = hasNulls
    column.#size = count === 0 ? 0 : (ends[count - 1] as number)
    return column
  }

  parts(): TextParts {
    return { count: this.count, bytes: this.#bytes, ends: this.#ends, nulls: this.#nulls, hasNulls: this.#hasNulls }
  }

  add(value: string | null): void {
    if (value === null) return this.addNull()
    this.#reserve(value.length * 3)
    this.#size += this.#bytes.write(value, this.#size)
    this.#end()
  }

  addNull(): void {
    this.#end()
    this.#nulls ??= sharedArray(Uint8Array, this.#ends.length)
    this.#nulls[this.count - 1] = 1
    this.#hasNulls = true
  }

  /** Takes over UTF-8 that is known to be well formed. */
  addBytes(from: Uint8Array, start: number, end: number): void {
    const length = end - start
    this.#reserve(length)
    const [bytes, size] = [this.#bytes, this.#size]
    if (length < 48) for (let i = 0; i < length; i++) bytes[size + i] = from[start + i] as number
    else bytes.set(from.subarray(start, end), size)
    this.#size = size + length
    this.#end()
  }

  /** Takes back all rows from `rows` on. */
  truncate(rows: number): void {
    this.count = rows
    this.#size = this.start(rows)
    this.#nulls?.fill(0, rows)
  }

  /** Takes back all rows; the memory stays. */
  clear(): void {
    if (this.#hasNulls) this.#nulls?.fill(0, 0, this.count)
    this.#hasNulls = false
    this.count = 0
    this.#size = 0
  }

  isNull(row: number): boolean {
    return this.#hasNulls && this.#nulls !== undefined && this.#nulls[row] === 1
  }

  get hasNulls(): boolean {
    return this.#hasNulls
  }

  at(row: number): string | null {
    return this.isNull(row) ? null : this.#bytes.toString('utf8', this.start(row), this.end(row))
  }

  *[Symbol.iterator](): Iterator<string | null> {
    for (let row = 0; row < this.count; row++) yield this.at(row)
  }

  /** Where the bytes of a row lie in `bytes`; equal values have equal bytes. */
  start(row: number): number {
    return row === 0 ? 0 : (this.#ends[row - 1] as number)
  }

  end(row: number): number {
    return this.#ends[row] as number
  }

  get bytes(): Uint8Array {
    return this.#bytes
  }

  #end(): void {
    if (this.count === this.#ends.length) this.#grow()
    this.#ends[this.count++] = this.#size
  }

  #grow(): void {
    const rows = this.#ends.length * 2
    const ends = sharedArray(Uint32Array, rows)
    ends.set(this.#ends)
    this.#ends = ends
    if (this.#nulls === undefined) return
    const nulls = sharedArray(Uint8Array, rows)
    nulls.set(this.#nulls)
    this.#nulls = nulls
  }

  #reserve(more: number): void {
    if (this.#size + more <= this.#bytes.length) return
    const bytes = sharedBytes(Math.max(this.#bytes.length * 2, this.#size + more))
    this.#bytes.copy(bytes, 0, 0, this.#size)
    this.#bytes = bytes
  }
}

/** A column as plain arrays, which another thread can read. */
export type TextParts = { count: number; bytes: Uint8Array; ends: Uint32Array; nulls: Uint8Array | undefined; hasNulls: boolean }

/** The order of texts by their units, whatever the locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** A 32-bit hash (FNV-1a) of bytes, as a signed number; `start`: that of the bytes before them. */
export function fnv(bytes: Uint8Array, from: number, to: number, start = 0x811c9dc5): number {
  let h = start
  for (let i = from; i < to; i++) h = Math.imul(h ^ (bytes[i] as number), 0x01000193)
  return h
}
