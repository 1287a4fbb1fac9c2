import type { TextColumn } from '../contract/text.ts'
import { isSame, textHash } from './text-hash.ts'
import { Texts, writeText } from './texts.ts'

/** A column of texts without nulls. */
export type Column = Pick<TextColumn, 'count' | 'bytes' | 'start' | 'end'>

/**
 * Texts by number and numbers, from 1 on, by text: a million strings as keys of a map would be most of memory, and of the time to fill it. Open addressing, at
 * most half full; the hash lies beside its number, so that nearly every look at another place of memory is at the text that was looked for.
 */
export class TextIndex {
  size = 0
  readonly #texts = new Texts()
  /** Number and hash of each; number 0: free. */
  #table = new Int32Array(128)
  #asked = Buffer.alloc(64)

  text(number: number): string {
    return this.#texts.at(number)
  }

  /** 0: none. */
  find(text: string): number {
    const length = this.#write(text)
    return this.#table[this.#placeOf(this.#asked, 0, length, textHash(this.#asked, 0, length))] as number
  }

  /** The number of a text that lies as UTF-8 in `bytes`; where it has none it gets `fresh`. */
  numberOf(bytes: Uint8Array, start: number, end: number, fresh: number): number {
    const h = textHash(bytes, start, end)
    const place = this.#placeOf(bytes, start, end, h)
    const known = this.#table[place] as number
    if (known !== 0) return known
    this.#texts.setBytes(fresh, bytes, start, end)
    this.#put(place, fresh, h)
    return fresh
  }

  /** The same of a string. */
  numberOfText(text: string, fresh: number): number {
    const length = this.#write(text)
    return this.numberOf(this.#asked, 0, length, fresh)
  }

  /** Gives the texts of all rows, none of which is in yet, numbers from `first` on, the highest so far. */
  addAll(first: number, column: Column): void {
    const { count, bytes } = column
    this.#reserve(this.size + count)
    this.#texts.setAll(first, column)
    for (let row = 0, start = column.start(0); row < count; row++) {
      const end = column.end(row)
      const h = textHash(bytes, start, end)
      this.#put(this.#free(h), first + row, h)
      start = end
    }
  }

  delete(number: number): void {
    const [start, end] = [this.#texts.start(number), this.#texts.end(number)]
    this.#remove(this.#placeOf(this.#texts.bytes, start, end, textHash(this.#texts.bytes, start, end)))
    this.#texts.delete(number)
  }

  #write(text: string): number {
    if (this.#asked.length < text.length * 3) this.#asked = Buffer.alloc(text.length * 3)
    return writeText(text, this.#asked, 0)
  }

  /** Where the text stands in the table, else where it would. */
  #placeOf(bytes: Uint8Array, start: number, end: number, h: number): number {
    const table = this.#table
    const texts = this.#texts
    const mask = table.length - 1
    for (let at = (h << 1) & mask; ; at = (at + 2) & mask) {
      const number = table[at] as number
      if (number === 0) return at
      if (table[at + 1] !== h) continue
      const from = texts.start(number)
      if (texts.end(number) - from === end - start && isSame(texts.bytes, from, bytes, start, end)) return at
    }
  }

  #free(h: number): number {
    const table = this.#table
    const mask = table.length - 1
    let at = (h << 1) & mask
    while (table[at] !== 0) at = (at + 2) & mask
    return at
  }

  #put(at: number, number: number, h: number): void {
    this.#table[at] = number
    this.#table[at + 1] = h
    this.#reserve(++this.size)
  }

  /** What stands behind moves up, where it may. */
  #remove(place: number): void {
    const table = this.#table
    const mask = table.length - 1
    let hole = place
    for (let at = (hole + 2) & mask; table[at] !== 0; at = (at + 2) & mask) {
      const home = ((table[at + 1] as number) << 1) & mask
      if (((at - home) & mask) < ((at - hole) & mask)) continue
      table[hole] = table[at] as number
      table[hole + 1] = table[at + 1] as number
      hole = at
    }
    table[hole] = 0
    this.size--
  }

  /** Room for so many in all. */
  #reserve(size: number): void {
    if (size * 4 <= this.#table.length) return
    const old = this.#table
    this.#table = new Int32Array(2 ** Math.ceil(Math.log2(size * 4)))
    for (let i = 0; i < old.length; i += 2) {
      if (old[i] === 0) continue
      const at = this.#free(old[i + 1] as number)
      this.#table[at] = old[i] as number
      this.#table[at + 1] = old[i + 1] as number
    }
  }
}
