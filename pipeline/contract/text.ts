import { sharedArray, sharedBytes } from './memory.ts'

/**
 * A column of text as bytes: the UTF-8 of all values one after the other, and where each ends (the layout of an Arrow string column). A value never
 * becomes a string of its own on its way from the wire into DuckDB.
 */
export class TextColumn {
  /** Rows. */
  count = 0
  #bytes: Buffer
  /** Over the same memory: texts are copied by words of four bytes, and a word may lie partly behind the last. */
  #view: DataView
  #ends: Uint32Array
  /** 1 per null; made when the first is added. */
  #nulls: Uint8Array | undefined
  #hasNulls = false
  #size = 0

  constructor(rows = 64, bytesPerRow = 16) {
    this.#bytes = sharedBytes(Math.max(64, rows * bytesPerRow))
    this.#view = viewOf(this.#bytes)
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
    column.#view = viewOf(bytes)
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
    this.#setNull(this.count - 1)
  }

  addNulls(rows: number): void {
    const [from, to] = [this.count, this.count + rows]
    while (to > this.#ends.length) this.#grow()
    this.#ends.fill(this.#size, from, to)
    this.#setNulls(from, to)
    this.count = to
  }

  /** Takes over UTF-8 that is known to be well formed. */
  addBytes(from: DataView, start: number, end: number): void {
    this.#copy(from, start, end)
    this.#end()
  }

  /** The same for rows `first…last` of other texts; one that is not `valid` is null. What lies side by side is copied as one. */
  addRows(texts: TextSpans, first: number, last: number, valid?: Uint8Array): void {
    while (this.count + last - first > this.#ends.length) this.#grow()
    if (valid === undefined && texts.codes === undefined) this.#addSideBySide(texts, first, last)
    else if (valid === undefined && texts.starts.length === 1) this.#addOne(texts, last - first)
    else this.#addEach(texts, first, last, valid)
    this.count += last - first
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

  /** Bytes of all rows. */
  get size(): number {
    return this.#size
  }

  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** Over `bytes`. Of a column that was filled here, a word of four bytes can be read from wherever a row begins or ends. */
  get view(): DataView {
    return this.#view
  }

  #copy(from: DataView, start: number, end: number): void {
    const length = end - start
    this.#reserve(length)
    const size = this.#size
    this.#size = size + length
    if (length >= LONG) {
      this.#bytes.set(new Uint8Array(from.buffer, from.byteOffset + start, length), size)
      return
    }
    const view = this.#view
    let i = 0
    for (const words = Math.min(length, from.byteLength - start - WORD + 1); i < words; i += WORD) view.setInt32(size + i, from.getInt32(start + i, true), true)
    for (; i < length; i++) view.setUint8(size + i, from.getUint8(start + i))
  }

  #addSideBySide({ view, starts, ends }: TextSpans, first: number, last: number): void {
    if (first === last) return
    const start = starts[first] as number
    const own = this.#ends
    const shift = this.count - first
    const moved = this.#size - start
    this.#copy(view, start, ends[last - 1] as number)
    for (let row = first; row < last; row++) own[row + shift] = (ends[row] as number) + moved
  }

  /** The only text there is, so many times: what is copied doubles. */
  #addOne({ view, starts, ends }: TextSpans, times: number): void {
    const [start, end] = [starts[0] as number, ends[0] as number]
    const [from, length, own, count] = [this.#size, end - start, this.#ends, this.count]
    const to = from + length * times
    this.#reserve(to - from)
    if (times > 0) this.#copy(view, start, end)
    for (let at = this.#size; at < to; at += at - from) this.#bytes.copyWithin(at, from, Math.min(at, from + to - at))
    for (let row = 0; row < times; row++) own[count + row] = from + length * (row + 1)
    this.#size = to
  }

  #addEach(texts: TextSpans, first: number, last: number, valid: Uint8Array | undefined): void {
    for (let row = first; row < last; ) row = this.#addRun(texts, row, last, this.count - first, valid)
  }

  /** The texts from row `first` on that lie side by side, with nulls between them, `shift` rows further on here; returns the row behind them. */
  #addRun({ view, starts, ends, codes }: TextSpans, first: number, last: number, shift: number, valid: Uint8Array | undefined): number {
    const own = this.#ends
    let row = first
    let start = -1
    let end = -1
    let size = this.#size
    for (; row < last; row++) {
      if (valid !== undefined && valid[row] === 0) this.#setNull(row + shift)
      else {
        const text = codes === undefined ? row : (codes[row] as number)
        const next = starts[text] as number
        if (start < 0) start = next
        else if (next !== end) break
        end = ends[text] as number
        size += end - next
      }
      own[row + shift] = size
    }
    this.#copy(view, start, end)
    return row
  }

  #setNulls(from: number, to: number): void {
    if (from === to) return
    this.#setNull(from)
    this.#nulls?.fill(1, from, to)
  }

  #setNull(row: number): void {
    this.#nulls ??= sharedArray(Uint8Array, this.#ends.length)
    this.#nulls[row] = 1
    this.#hasNulls = true
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
    if (this.#size + more + WORD <= this.#bytes.length) return
    const bytes = sharedBytes(Math.max(this.#bytes.length * 2, this.#size + more + WORD))
    this.#bytes.copy(bytes, 0, 0, this.#size)
    this.#bytes = bytes
    this.#view = viewOf(bytes)
  }
}

const WORD = 4
/** From here on, a text is copied faster as a whole than word by word. */
const LONG = 96

/** For words that begin anywhere. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/**
 * Texts in the memory of others: text k lies in `view` from `starts[k]` to `ends[k]`. Each row has the one of its code; without codes row k has text k, and
 * each begins where the one before it ends.
 */
export type TextSpans = { view: DataView; starts: Int32Array; ends: Int32Array; codes: ArrayLike<number> | undefined }

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
