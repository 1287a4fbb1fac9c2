import type { TextColumn } from '../contract/text.ts'
import { OpenTable } from './open-table.ts'
import type { Span } from './span.ts'
import { isSame, textHash } from './text-hash.ts'

/** Places by the text that stands there: a table of places alone, since millions of texts as keys of a map would be the larger part of memory. */
export class PlacesByText extends OpenTable {
  readonly #text: (place: number) => [TextsAt, number]

  /** `text`: where the text of a place lies, and in which row there. */
  constructor(text: (place: number) => [TextsAt, number]) {
    super()
    this.#text = text
  }

  find({ bytes, start, end }: Pick<Span, 'bytes' | 'start' | 'end'>): number | undefined {
    const mask = this.table.length - 1
    for (let i = textHash(bytes, start, end) & mask; ; i = (i + 1) & mask) {
      const place = this.table[i] as number
      if (place === 0) return undefined
      const [column, row] = this.#text(place)
      const at = column.start(row)
      if (column.end(row) - at === end - start && isSame(column.bytes, at, bytes, start, end)) return place
    }
  }

  protected hashOf(place: number): number {
    const [column, row] = this.#text(place)
    return textHash(column.bytes, column.start(row), column.end(row))
  }
}

/** Texts as bytes, by row. */
type TextsAt = Pick<TextColumn, 'bytes' | 'start' | 'end'>
