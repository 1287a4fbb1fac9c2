/** Rows of `engine.meta` that move on with every batch. Noted by whoever moves them, and written in one statement: what an update costs is its plan. */
import type { Database } from './database.ts'

export class Meta {
  readonly #db: Pick<Database, 'run' | 'rows'>
  readonly #noted = new Map<string, string>()

  constructor(db: Pick<Database, 'run' | 'rows'>) {
    this.#db = db
  }

  /** What a row says; one that was not there says `initial` from now on. `key` and `initial` are our own words without quotes. */
  async restore(key: string, initial: string | number): Promise<string> {
    await this.#db.run(`INSERT OR IGNORE INTO engine.meta VALUES ('${key}', '${initial}')`)
    const [row] = await this.#db.rows(`SELECT value FROM engine.meta WHERE key = '${key}'`)
    return String(row?.[0])
  }

  /** `key`: of a row that is there, our own word without quotes; so is `value`. */
  note(key: string, value: string | number): void {
    this.#noted.set(key, String(value))
  }

  /** Writes what was noted since the last call, inside the transaction. */
  async write(): Promise<void> {
    if (this.#noted.size === 0) return
    const rows = [...this.#noted].map(([key, value]) => `('${key}', '${value}')`)
    this.#noted.clear()
    await this.#db.run(`UPDATE engine.meta m SET value = v.t FROM (VALUES ${rows.join(', ')}) v(k, t) WHERE m.key = v.k`)
  }
}
