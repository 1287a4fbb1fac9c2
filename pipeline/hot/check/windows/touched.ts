/**
 * Which rows of which keys late rows, corrections and deletions touch: in memory, to be asked of in every release, and in `engine.touched`, for the
 * queries that leave them out and for the next start.
 */
import { textColumn, doubleColumn } from '../../../store/columns.ts'
import { type Database, quote } from '../../../store/database.ts'

export type TouchedKey = { institution: string; key: string; times: Set<number> }

export class Touched {
  readonly #db: Database
  readonly #code: string
  readonly #keys = new Map<string, TouchedKey>()

  constructor(db: Database, code: string) {
    this.#db = db
    this.#code = code
  }

  async restore(): Promise<void> {
    this.#keys.clear()
    for (const [institution, k, time] of await this.#db.rows(`SELECT institution, k, time FROM engine.touched WHERE code = ${quote(this.#code)}`))
      this.#add(String(institution), String(k), Number(time))
  }

  get any(): boolean {
    return this.#keys.size > 0
  }

  keys(): Iterable<TouchedKey> {
    return this.#keys.values()
  }

  times(institution: string, key: string): ReadonlySet<number> {
    return this.#keys.get(nameOf(institution, key))?.times ?? NONE
  }

  /** Takes in the rows of a query for institution, k and time. */
  async add(query: string): Promise<void> {
    const fresh = (await this.#db.rows(query))
      .map(([institution, k, time]) => ({ institution: String(institution), key: String(k), time: Number(time) }))
      .filter(({ institution, key, time }) => this.#add(institution, key, time))
    const columns = [
      textColumn(fresh.map(() => this.#code)),
      textColumn(fresh.map((t) => t.institution)),
      textColumn(fresh.map((t) => t.key)),
      doubleColumn(fresh.map((t) => t.time)),
    ]
    await this.#db.append('engine', 'touched', columns, fresh.length)
  }

  /** Lets go of all that is touched at or before a time. */
  async forgetUntil(time: number): Promise<void> {
    let forgotten = false
    for (const [name, { times }] of this.#keys) {
      for (const t of times) if (t <= time) forgotten = times.delete(t)
      if (times.size === 0) this.#keys.delete(name)
    }
    if (forgotten) await this.#delete(`time <= ${Number.isFinite(time) ? time : `'inf'`}`)
  }

  async forgetKeys(keys: readonly TouchedKey[]): Promise<void> {
    if (keys.length === 0) return
    for (const { institution, key } of keys) this.#keys.delete(nameOf(institution, key))
    await this.#delete(`(institution, k) IN (${keys.map((t) => `(${quote(t.institution)}, ${quote(t.key)})`).join(', ')})`)
  }

  #delete(which: string): Promise<void> {
    return this.#db.run(`DELETE FROM engine.touched WHERE code = ${quote(this.#code)} AND ${which}`)
  }

  #add(institution: string, key: string, time: number): boolean {
    const name = nameOf(institution, key)
    const known = this.#keys.get(name)
    if (known === undefined) this.#keys.set(name, { institution, key, times: new Set([time]) })
    else if (known.times.has(time)) return false
    else known.times.add(time)
    return true
  }
}

const NONE: ReadonlySet<number> = new Set()

function nameOf(institution: string, key: string): string {
  return JSON.stringify([institution, key])
}
