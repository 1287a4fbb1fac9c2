/**
 * The metadata of an Arrow IPC stream, followed before a reader sees them. They are flatbuffers, which apache-arrow takes at their word: a length or
 * an offset that says something else than the bytes hold would have it loop, or ask for memory, without end.
 * Layout: Message.fbs and Schema.fbs of the Arrow format 1.5; the numbers below are the places of their fields in a vtable.
 */

/** A bank's message has few columns and few record batches. */
const MAX_TABLES = 4096
const MAX_MESSAGES = 4096
const MAX_DEPTH = 64
/** Names and labels of one message. */
const MAX_TEXT_BYTES = 1 << 20
/** Apache-arrow fills up columns that are shorter than the longest: a bit per row and column. */
const MAX_VALIDITY_BYTES = 64 << 20

const [SCHEMA, DICTIONARY, RECORDS] = [1, 2, 3]
/** Null, Int, Float, Binary, Utf8, Bool, Decimal, Date, Timestamp, List, Struct, LargeBinary, LargeUtf8, LargeList. */
const TYPES = new Set([1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 13, 19, 20, 21])
const TIMESTAMP = 10
const FIRST_VERSION = 3

/** Of one message: its metadata, and the bytes they speak of. */
export type StreamMessage = { metadata: Uint8Array; body: Uint8Array }

/** The messages of a stream, the first of which is its schema, and where it ends: behind the last, or its end mark. Throws RangeError when it does not hold. */
export function streamIn(bytes: Uint8Array): { messages: StreamMessage[]; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const messages: StreamMessage[] = []
  let at = 0
  while (at < bytes.length) {
    const marked = view.getInt32(at, true) === -1
    const start = at + (marked ? 8 : 4)
    const length = view.getInt32(start - 4, true)
    if (length === 0) return { messages, end: start }
    must(length > 0 && start + length <= bytes.length && messages.length < MAX_MESSAGES)
    const { kind, bodyLength } = new Metadata(new DataView(bytes.buffer, bytes.byteOffset + start, length)).message()
    must(messages.length === 0 ? kind === SCHEMA && bodyLength === 0 : kind !== SCHEMA)
    const body = start + length
    at = body + bodyLength
    must(at <= bytes.length)
    messages.push({ metadata: bytes.subarray(start, body), body: bytes.subarray(body, at) })
  }
  return { messages, end: at }
}

/** The kind of the message whose metadata these are, and the length of its body. Throws RangeError when they do not hold. */
export function messageOf(metadata: Uint8Array): { isSchema: boolean; isRecords: boolean; bodyLength: number } {
  const { kind, bodyLength } = new Metadata(new DataView(metadata.buffer, metadata.byteOffset, metadata.byteLength)).message()
  return { isSchema: kind === SCHEMA, isRecords: kind === RECORDS, bodyLength }
}

/** Of one message. Every read outside of it throws. */
class Metadata {
  readonly #view: DataView
  #tables = 0
  #textBytes = 0

  constructor(view: DataView) {
    this.#view = view
  }

  message(): { kind: number; bodyLength: number } {
    const root = this.#view.getUint32(0, true)
    const [version, kind] = [this.#field(root, 4), this.#field(root, 6)]
    must(version !== 0 && this.#view.getInt16(version, true) >= FIRST_VERSION && kind !== 0)
    this.#labels(root, 12)
    const bodyLength = this.#long(this.#field(root, 10))
    must(bodyLength >= 0)
    const header = this.#table(root, 8)
    const found = this.#view.getUint8(kind)
    if (found === SCHEMA) this.#schema(header)
    else if (found === RECORDS) this.#records(header, bodyLength)
    else {
      must(found === DICTIONARY)
      this.#records(this.#table(header, 6), bodyLength)
    }
    return { kind: found, bodyLength }
  }

  #schema(at: number): void {
    const endianness = this.#field(at, 4)
    must(endianness === 0 || this.#view.getInt16(endianness, true) === 0)
    this.#labels(at, 8)
    for (const field of this.#tablesIn(at, 6)) this.#column(field, 0)
  }

  #column(at: number, depth: number): void {
    must(depth < MAX_DEPTH)
    this.#text(at, 4)
    this.#labels(at, 16)
    const kind = this.#field(at, 8)
    must(kind !== 0 && TYPES.has(this.#view.getUint8(kind)))
    const type = this.#table(at, 10)
    if (this.#view.getUint8(kind) === TIMESTAMP) this.#text(type, 6)
    if (this.#field(at, 12) !== 0) {
      const dictionary = this.#table(at, 12)
      if (this.#field(dictionary, 6) !== 0) this.#table(dictionary, 6)
    }
    for (const child of this.#tablesIn(at, 14)) this.#column(child, depth + 1)
  }

  #records(at: number, bodyLength: number): void {
    const [nodes, buffers] = [this.#vector(at, 6, 16), this.#vector(at, 8, 16)]
    must(this.#field(at, 10) === 0 && this.#vector(at, 12, 8).count === 0)
    let longest = this.#long(this.#field(at, 4))
    for (let k = 0; k < nodes.count; k++) {
      const [length, nulls] = [this.#long(nodes.start + k * 16), this.#long(nodes.start + k * 16 + 8)]
      must(length >= 0 && nulls >= 0 && nulls <= length)
      longest = Math.max(longest, length)
    }
    must(longest >= 0 && longest <= bodyLength * 8 && (nodes.count * longest) / 8 <= MAX_VALIDITY_BYTES)
    for (let k = 0; k < buffers.count; k++) {
      const [offset, length] = [this.#long(buffers.start + k * 16), this.#long(buffers.start + k * 16 + 8)]
      must(offset >= 0 && length >= 0 && offset + length <= bodyLength)
    }
  }

  /** Pairs of a key and a value. */
  #labels(at: number, place: number): void {
    for (const label of this.#tablesIn(at, place)) {
      this.#text(label, 4)
      this.#text(label, 6)
    }
  }

  #tablesIn(at: number, place: number): number[] {
    const { start, count } = this.#vector(at, place, 4)
    must(count <= MAX_TABLES)
    return Array.from({ length: count }, (_, k) => this.#tableAt(start + k * 4))
  }

  #table(at: number, place: number): number {
    const found = this.#field(at, place)
    must(found !== 0)
    return this.#tableAt(found)
  }

  /** Each table counts every time it is come to, so that many references to one are no way to have more of them. */
  #tableAt(at: number): number {
    must(++this.#tables <= MAX_TABLES)
    const table = at + this.#view.getUint32(at, true)
    this.#view.getUint16(table - this.#view.getInt32(table, true), true)
    return table
  }

  #text(at: number, place: number): void {
    this.#textBytes += this.#vector(at, place, 1).count
    must(this.#textBytes <= MAX_TEXT_BYTES)
  }

  #vector(at: number, place: number, size: number): { start: number; count: number } {
    const found = this.#field(at, place)
    if (found === 0) return { start: 0, count: 0 }
    const start = found + this.#view.getUint32(found, true) + 4
    const count = this.#view.getUint32(start - 4, true)
    must(start + count * size <= this.#view.byteLength)
    return { start, count }
  }

  /** Where a field of a table lies; 0: it has none. */
  #field(table: number, place: number): number {
    const vtable = table - this.#view.getInt32(table, true)
    if (place >= this.#view.getUint16(vtable, true)) return 0
    const offset = this.#view.getInt16(vtable + place, true)
    must(offset >= 0)
    return offset === 0 ? 0 : table + offset
  }

  /** 0 where there is none; NaN beyond 2^53, which passes no test. */
  #long(at: number): number {
    if (at === 0) return 0
    const value = Number(this.#view.getBigInt64(at, true))
    return Number.isSafeInteger(value) ? value : Number.NaN
  }
}

function must(holds: boolean): void {
  if (!holds) throw new RangeError('metadata of an Arrow message that do not hold')
}
