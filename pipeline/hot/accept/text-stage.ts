/**
 * Texts of events on their way into columns: first a few hundred rows side by side in the scanner's memory, by one call per event, then column by column, as
 * wholes. Whoever reads or writes the columns otherwise has them written first.
 */
import type { TextColumn, TextSpans } from '../../contract/text.ts'
import type { Members } from './object-reader.ts'
import { COLUMN, ROWS_STAGED } from './scan-code.ts'
import { placeFor, scanBytes, scanning } from './scan-memory.ts'

/** Of which object and which key the texts of a column are. */
export type TextKey = { members: Members; key: number }
type Place = { texts: TextSpans & { starts: Int32Array }; valid: Uint8Array }

export class TextStage {
  readonly #places: Place[]
  readonly #keys: number
  readonly #first: number
  #columns: readonly TextColumn[] = []
  #rows = 0

  constructor(keys: readonly TextKey[]) {
    this.#keys = placeFor(keys.length * 8)
    this.#first = placeFor(keys.length * COLUMN.size)
    new Int32Array(scanBytes.buffer, this.#keys, keys.length * 2).set(keys.flatMap(({ members, key }) => [members.at, key]))
    this.#places = keys.map((_, k) => placeAt(this.#first + k * COLUMN.size))
  }

  /** Begins anew, with a column per key. */
  open(columns: readonly TextColumn[]): void {
    this.#columns = columns
    this.#next()
  }

  /** The texts at hand, as a row of every column; false when one is too long for that. */
  add(): boolean {
    if (this.#taken()) return true
    this.write()
    return this.#taken()
  }

  /** Writes the rows there are into the columns. */
  write(): void {
    const rows = this.#rows
    if (rows === 0) return
    for (const [k, { texts, valid }] of this.#places.entries())
      this.#columns[k]?.addRows(texts, 0, rows, valid.subarray(0, rows).includes(0) ? valid : undefined)
    this.#next()
  }

  #taken(): boolean {
    const isTaken = this.#rows < ROWS_STAGED && scanning.stage(this.#keys, this.#keys + this.#places.length * 8, this.#first, this.#rows) === 1
    if (isTaken) this.#rows++
    return isTaken
  }

  /** Shared memory is copied by words only between places that are alike in their last three bits. */
  #next(): void {
    this.#rows = 0
    for (const [k, { texts }] of this.#places.entries()) texts.starts[0] = (this.#columns[k] as TextColumn).size & 7
  }
}

function placeAt(at: number): Place {
  const view = new DataView(scanBytes.buffer, at + COLUMN.texts, COLUMN.bytes)
  const ends = new Int32Array(scanBytes.buffer, at, ROWS_STAGED + 1)
  return { texts: { view, starts: ends, ends: ends.subarray(1), codes: undefined }, valid: new Uint8Array(scanBytes.buffer, at + COLUMN.valid, ROWS_STAGED) }
}
