import { isSame } from './text-hash.ts'
import { type Column, TextIndex } from './text-index.ts'

/** Names as numbers: each text gets the next number from 0 on, and keeps it. */
export class Ids {
  /** By number + 1. */
  readonly #index = new TextIndex()
  /** Those that were asked for: most never are. */
  readonly #strings: (string | undefined)[] = []

  /** The number of `text`, a new one when it has none. */
  of(text: string): number {
    return this.#index.numberOfText(text, this.size + 1) - 1
  }

  /** The same of a text that is bytes already. */
  ofBytes(bytes: Uint8Array, start: number, end: number): number {
    return this.#index.numberOf(bytes, start, end, this.size + 1) - 1
  }

  /** The same of each row of a column; null counts as the empty text. */
  ofAll(column: Column): Int32Array {
    const { count, bytes } = column
    const numbers = new Int32Array(count)
    for (let row = 0, before = 0; row < count; row++) {
      const start = column.start(row)
      const end = column.end(row)
      // What is said of one thing often comes together.
      const isAsBefore = row > 0 && start - before === end - start && isSame(bytes, before, bytes, start, end)
      numbers[row] = isAsBefore ? (numbers[row - 1] as number) : this.ofBytes(bytes, start, end)
      before = start
    }
    return numbers
  }

  find(text: string): number | undefined {
    const number = this.#index.find(text)
    return number === 0 ? undefined : number - 1
  }

  /** The text of a number that was given out; another is a RangeError. */
  text(id: number): string {
    const text = this.#strings[id]
    if (text !== undefined) return text
    if (!(id >= 0 && id < this.size)) throw new RangeError(`no text has the number ${id}`)
    return (this.#strings[id] = this.#index.text(id + 1))
  }

  get size(): number {
    return this.#index.size
  }
}
