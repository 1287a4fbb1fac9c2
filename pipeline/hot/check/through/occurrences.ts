/** A table of occurrences: rows are judged once, in the tick in which they come, and not kept. */
import type { ChangedRow } from './rows.ts'

export class Occurrences {
  #fresh: ChangedRow[] = []
  #taken: ChangedRow[] = []

  /** Without cells, what was found of this thing and subject is so no more. */
  add(row: ChangedRow): void {
    this.#fresh.push(row)
  }

  /** Nobody is measured against what was found before. */
  mark(): void {}
  markOf(): void {}

  /** What was taken last is to be judged still. */
  markAll(): void {
    this.#fresh = [...this.#taken, ...this.#fresh]
    this.#taken = []
  }

  takeChanged(): ChangedRow[] {
    this.#taken = this.#fresh
    this.#fresh = []
    return this.#taken
  }
}
