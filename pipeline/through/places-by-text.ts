import type { TextColumn } from '../contract/text.ts'
import { OpenTable } from './open-table.ts'
import { isSame, textHash } from './text-hash.ts'

/** Places by the text that stands there: a table of places alone, since millions of texts as keys of a map would be the larger part of memory. */
export class PlacesByText extends OpenTable {
  readonly #text: (place: number) => [TextsAt, number]
  #asked = Buffer.alloc(64)

  /** `text`: where the text of a place lies, and in which row there. */
  constructor(text: (place: number) => [TextsAt, number]) {
    super()
    this.#text = text
  }

  find(text: string): number | undefined {
    if (this.#asked.length < text.length * 3) this.#asked = Buffer.alloc(text.length * 3)
    const length = this.#asked.write(text)
    const mask = this.table.length - 1
    for (let i = textHash(this.#asked, 0, length) & mask; ; i = (i + 1) & mask) {
      const place = this.table[i] as number
      if (place === 0) return undefined
      const [column, row] = this.#text(place)
      const start = column.start(row)
      if (column.end(row) - start === length && isSame(column.bytes, start, this.#asked, 0, length)) return place
    }
  }

  protected hashOf(place: number): number {
    const [column, row] = this.#text(place)
    return textHash(column.bytes, column.start(row), column.end(row))
  }
}

/** Texts as bytes, by row. */
type TextsAt = Pick<TextColumn, 'bytes' | 'start' | 'end'>
