import type { TextColumn } from '../contract/text.ts'

/** Places by the text that stands there: a table of places alone (open addressing), since millions of texts as keys of a map would be the larger part of memory. */
export class PlacesByText {
  size = 0
  readonly #text: (place: number) => [TextColumn, number]
  #table = new Uint32Array(64)
  #asked = Buffer.alloc(64)

  /** `text`: the column and the row of it where the text of a place lies. */
  constructor(text: (place: number) => [TextColumn, number]) {
    this.#text = text
  }

  find(text: string): number | undefined {
    if (this.#asked.length < text.length * 3) this.#asked = Buffer.alloc(text.length * 3)
    const length = this.#asked.write(text)
    const mask = this.#table.length - 1
    for (let i = hash(this.#asked, 0, length) & mask; ; i = (i + 1) & mask) {
      const place = this.#table[i] as number
      if (place === 0) return undefined
      const [column, row] = this.#text(place)
      const start = column.start(row)
      if (column.end(row) - start === length && same(column.bytes, start, this.#asked, length)) return place
    }
  }

  /** Its text stands nowhere else. */
  add(place: number): void {
    if (++this.size * 2 > this.#table.length) this.#grow()
    this.#put(place)
  }

  remove(place: number): void {
    const mask = this.#table.length - 1
    let hole = this.#home(place)
    while (this.#table[hole] !== place) hole = (hole + 1) & mask
    for (let i = (hole + 1) & mask; this.#table[i] !== 0; i = (i + 1) & mask) {
      const moved = this.#table[i] as number
      if (((i - this.#home(moved)) & mask) < ((i - hole) & mask)) continue
      this.#table[hole] = moved
      hole = i
    }
    this.#table[hole] = 0
    this.size--
  }

  #put(place: number): void {
    const mask = this.#table.length - 1
    let i = this.#home(place)
    while (this.#table[i] !== 0) i = (i + 1) & mask
    this.#table[i] = place
  }

  #home(place: number): number {
    const [column, row] = this.#text(place)
    return hash(column.bytes, column.start(row), column.end(row)) & (this.#table.length - 1)
  }

  #grow(): void {
    const old = this.#table
    this.#table = new Uint32Array(old.length * 2)
    for (const place of old) if (place !== 0) this.#put(place)
  }
}

/** FNV-1a with a last mix: the table takes the low bits. */
function hash(bytes: Uint8Array, start: number, end: number): number {
  let h = 0x811c9dc5
  for (let i = start; i < end; i++) h = Math.imul(h ^ (bytes[i] as number), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad)
  return (h ^ (h >>> 15)) >>> 0
}

function same(bytes: Uint8Array, start: number, other: Uint8Array, length: number): boolean {
  for (let i = 0; i < length; i++) if (bytes[start + i] !== other[i]) return false
  return true
}
