import type { TextColumn } from '../contract/text.ts'
import { grown } from './grown.ts'

/**
 * A text by number, as UTF-8 in one slab: millions of strings would be the larger part of memory, and of every collection. What was replaced or
 * taken out is cleared away once it is half of all.
 */
export class Texts {
  #bytes: Buffer = Buffer.alloc(1024)
  #used = 0
  #gone = 0
  /** Start and length of each. */
  #spans = new Uint32Array(128)

  get bytes(): Uint8Array {
    return this.#bytes
  }

  start(place: number): number {
    return this.#spans[2 * place] as number
  }

  end(place: number): number {
    return (this.#spans[2 * place] as number) + (this.#spans[2 * place + 1] as number)
  }

  at(place: number): string {
    return this.#bytes.toString('utf8', this.start(place), this.end(place))
  }

  set(place: number, text: string): void {
    this.delete(place)
    this.#spans = grown(this.#spans, 2 * place + 2)
    if (this.#used + text.length * 3 > this.#bytes.length) this.#makeRoom(text.length * 3)
    const length = writeText(text, this.#bytes, this.#used)
    this.#spans[2 * place] = this.#used
    this.#spans[2 * place + 1] = length
    this.#used += length
  }

  /** The same with a text that is bytes already. */
  setBytes(place: number, from: Uint8Array, start: number, end: number): void {
    this.delete(place)
    this.#spans = grown(this.#spans, 2 * place + 2)
    const length = end - start
    if (this.#used + length > this.#bytes.length) this.#makeRoom(length)
    const [bytes, used] = [this.#bytes, this.#used]
    if (length > SHORT) bytes.set(from.subarray(start, end), used)
    else for (let i = 0; i < length; i++) bytes[used + i] = from[start + i] as number
    this.#spans[2 * place] = used
    this.#spans[2 * place + 1] = length
    this.#used += length
  }

  /** The texts of all rows of `column` from a place on, which has none yet, nor has any behind it. */
  setAll(first: number, column: Pick<TextColumn, 'count' | 'bytes' | 'start' | 'end'>): void {
    const { count } = column
    if (count === 0) return
    const [from, to] = [column.start(0), column.end(count - 1)]
    this.#spans = grown(this.#spans, 2 * (first + count))
    if (this.#used + to - from > this.#bytes.length) this.#makeRoom(to - from)
    this.#bytes.set(column.bytes.subarray(from, to), this.#used)
    const spans = this.#spans
    for (let row = 0, start = from; row < count; row++) {
      const end = column.end(row)
      spans[2 * (first + row)] = this.#used + start - from
      spans[2 * (first + row) + 1] = end - start
      start = end
    }
    this.#used += to - from
  }

  delete(place: number): void {
    if (2 * place >= this.#spans.length) return
    this.#gone += this.#spans[2 * place + 1] as number
    this.#spans[2 * place + 1] = 0
  }

  #makeRoom(more: number): void {
    const [kept, size] = [this.#used - this.#gone, this.#bytes.length]
    if (this.#gone > kept) this.#pack(Buffer.alloc(Math.max(size, kept + more)))
    else {
      const bytes = Buffer.alloc(Math.ceil(size * 1.5) + more)
      bytes.set(this.#bytes.subarray(0, this.#used))
      this.#bytes = bytes
    }
  }

  #pack(bytes: Buffer): void {
    let used = 0
    for (let place = 0; 2 * place < this.#spans.length; place++) {
      const length = this.#spans[2 * place + 1] as number
      if (length === 0) continue
      this.#bytes.copy(bytes, used, this.start(place), this.end(place))
      this.#spans[2 * place] = used
      used += length
    }
    this.#bytes = bytes
    this.#used = used
    this.#gone = 0
  }
}

/** Writes a text as UTF-8 where there is room, and returns how many bytes it took. Most are short and ASCII: for those a loop is faster than a call. */
export function writeText(text: string, bytes: Buffer, at: number): number {
  if (text.length > SHORT) return bytes.write(text, at)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) return bytes.write(text, at)
    bytes[at + i] = unit
  }
  return text.length
}

const SHORT = 64
