/**
 * A column of text as bytes: every value in UTF-8 followed by a separator, with the end of each beside it (the layout of an Arrow string column,
 * plus the separators). So a value never becomes a string of its own on its way from the wire into DuckDB, which splits a whole column at once.
 * Control characters inside a value, which no one sends in earnest, are escaped.
 */
export class TextColumn {
  /** Rows. */
  count = 0
  /** Whether any value holds an escape. */
  escaped = false
  #bytes: Buffer
  #ends: Uint32Array
  #size = 0

  constructor(rows = 64, bytesPerRow = 16) {
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(64, rows * bytesPerRow))
    this.#ends = new Uint32Array(Math.max(1, rows))
  }

  static of(values: Iterable<string | null>): TextColumn {
    const column = new TextColumn()
    for (const value of values) column.add(value)
    return column
  }

  add(value: string | null): void {
    if (value === null) return this.addNull()
    const text = ESCAPES.some(([plain]) => value.includes(plain)) ? this.#escape(value) : value
    this.#reserve(text.length * 3 + 1)
    this.#size += this.#bytes.write(text, this.#size)
    this.#end()
  }

  addNull(): void {
    this.#reserve(2)
    this.#bytes[this.#size++] = NULL
    this.#end()
  }

  /** Takes over UTF-8 that is known to be well formed and free of control characters. */
  addBytes(from: Uint8Array, start: number, end: number): void {
    const length = end - start
    this.#reserve(length + 1)
    const [bytes, size] = [this.#bytes, this.#size]
    if (length < 48) for (let i = 0; i < length; i++) bytes[size + i] = from[start + i] as number
    else bytes.set(from.subarray(start, end), size)
    this.#size = size + length
    this.#end()
  }

  isNull(row: number): boolean {
    return this.end(row) - this.start(row) === 1 && this.#bytes[this.start(row)] === NULL
  }

  at(row: number): string | null {
    if (this.isNull(row)) return null
    const [start, end] = [this.start(row), this.end(row)]
    const text = this.#bytes.toString('utf8', start, end)
    return this.escaped ? ESCAPES.reduceRight((t, [plain, escape]) => t.replaceAll(escape, plain), text) : text
  }

  *[Symbol.iterator](): Iterator<string | null> {
    for (let row = 0; row < this.count; row++) yield this.at(row)
  }

  /** Where the bytes of a row lie in `bytes`; equal values have equal bytes. */
  start(row: number): number {
    return row === 0 ? 0 : (this.#ends[row - 1] as number) + 1
  }

  end(row: number): number {
    return this.#ends[row] as number
  }

  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** All values, separated by U+001F; a null is U+0001 alone. */
  joined(): string {
    return this.#bytes.toString('utf8', 0, Math.max(0, this.#size - 1))
  }

  #end(): void {
    if (this.count === this.#ends.length) {
      const ends = new Uint32Array(this.#ends.length * 2)
      ends.set(this.#ends)
      this.#ends = ends
    }
    this.#ends[this.count++] = this.#size
    this.#bytes[this.#size++] = SEPARATOR
  }

  #reserve(more: number): void {
    if (this.#size + more <= this.#bytes.length) return
    const bytes = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#size + more))
    this.#bytes.copy(bytes, 0, 0, this.#size)
    this.#bytes = bytes
  }

  #escape(value: string): string {
    this.escaped = true
    return ESCAPES.reduce((t, [plain, escape]) => t.replaceAll(plain, escape), value)
  }
}

const NULL = 1
const SEPARATOR = 31
/** Characters with a meaning here, and what stands for them; the escape itself comes first, and is taken back last. */
const ESCAPES: readonly (readonly [plain: string, escape: string])[] = [
  ['\u0002', '\u0002a'],
  ['\u0001', '\u0002b'],
  ['\u001f', '\u0002c'],
]

/** SQL that turns a split element back into its value. */
export function unescapedSql(element: string, escaped: boolean): string {
  const value = `nullif(${element}, chr(1))`
  const text = ([plain, ...rest]: string) => [`chr(${plain?.charCodeAt(0)})`, ...(rest.length > 0 ? [`'${rest.join('')}'`] : [])].join(' || ')
  return escaped ? ESCAPES.reduceRight((sql, [plain, escape]) => `replace(${sql}, ${text(escape)}, ${text(plain)})`, value) : value
}
