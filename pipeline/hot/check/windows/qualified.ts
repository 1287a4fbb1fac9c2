/**
 * Windows of an early rule that have qualified, with the harshest grade of each: in memory, to be asked of in every release, and in `engine.qualified`,
 * for the next start.
 */
import { doubleColumn, integerColumn, textColumn } from '../../../store/columns.ts'
import { type Database, quote } from '../../../store/database.ts'

export type QualifiedWindow = { institution: string; key: string; start: number; grade: number }

/** What lies in the past goes when there is twice as much as was left the last time, and at least so much. */
const PRUNE_ABOVE = 10_000

export class Qualified {
  readonly #db: Database
  readonly #code: string
  /** Grades by the start of the window, by key. */
  readonly #keys = new Map<string, Map<number, number>>()
  #count = 0
  #left = 0

  constructor(db: Database, code: string) {
    this.#db = db
    this.#code = code
  }

  async restore(): Promise<void> {
    this.#keys.clear()
    this.#count = 0
    for (const [institution, k, start, grade] of await this.#db.rows(
      `SELECT institution, k, start, max(grade) FROM engine.qualified WHERE code = ${quote(this.#code)} GROUP BY ALL`,
    ))
      this.#put({ institution: String(institution), key: String(k), start: Number(start), grade: Number(grade) })
  }

  /** -1: it has not qualified. */
  gradeOf(institution: string, key: string, start: number): number {
    return this.#keys.get(nameOf(institution, key))?.get(start) ?? -1
  }

  async add(windows: readonly QualifiedWindow[]): Promise<void> {
    if (windows.length === 0) return
    for (const window of windows) this.#put(window)
    const columns = [
      textColumn(windows.map(() => this.#code)),
      textColumn(windows.map((w) => w.institution)),
      textColumn(windows.map((w) => w.key)),
      doubleColumn(windows.map((w) => w.start)),
      integerColumn(windows.map((w) => w.grade)),
    ]
    await this.#db.append('engine', 'qualified', columns, windows.length)
  }

  /** Lets go of windows; most of them are not known here. */
  async forget(windows: readonly Omit<QualifiedWindow, 'grade'>[]): Promise<void> {
    const known = windows.filter((w) => this.#drop(nameOf(w.institution, w.key), w.start))
    if (known.length === 0) return
    const which = known.map((w) => `(${quote(w.institution)}, ${quote(w.key)}, ${w.start}::DOUBLE)`)
    await this.#db.run(`DELETE FROM engine.qualified WHERE code = ${quote(this.#code)} AND (institution, k, start) IN (${which.join(', ')})`)
  }

  /** Windows that start at this time or before, ms, are asked for no more. */
  async forgetUntil(start: number): Promise<void> {
    if (this.#count < Math.max(PRUNE_ABOVE, this.#left * 2)) return
    for (const [name, grades] of this.#keys) for (const known of grades.keys()) if (known <= start) this.#drop(name, known)
    this.#left = this.#count
    await this.#db.run(`DELETE FROM engine.qualified WHERE code = ${quote(this.#code)} AND start <= ${Number.isFinite(start) ? start : `'inf'`}`)
  }

  #put({ institution, key, start, grade }: QualifiedWindow): void {
    const name = nameOf(institution, key)
    const grades = this.#keys.get(name) ?? new Map<number, number>()
    this.#keys.set(name, grades)
    if (!grades.has(start)) this.#count++
    grades.set(start, Math.max(grade, grades.get(start) ?? -1))
  }

  #drop(name: string, start: number): boolean {
    const grades = this.#keys.get(name)
    if (grades?.delete(start) !== true) return false
    this.#count--
    if (grades.size === 0) this.#keys.delete(name)
    return true
  }
}

function nameOf(institution: string, key: string): string {
  return JSON.stringify([institution, key])
}
