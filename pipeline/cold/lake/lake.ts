/**
 * The lake: the tables of schemas `lt` and `sys` as Parquet files, `<folder>/tables/<table>.parquet` and `<folder>/sys/<table>.parquet`, for analysts; and in
 * `<folder>/past` what past exposures are told from. Written between commits, each file beside the old one and renamed over it, so that a reader always
 * finds a whole one.
 */
import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { type Database, quote } from '../../store/database.ts'
import { SYS_TABLES } from '../../store/sys.ts'
import { PAST_TYPES, pastColumns, pastFile } from './past.ts'
import { PASSED, stateTable } from '../../store/schema.ts'

/** Tables an analyst finds; `events` grows without bound and stays in the engine's file. */
const LT_TABLES = [
  'alerts',
  'alert_revisions',
  'party',
  'loan',
  'position',
  'holding',
  'holding_line',
  'metric',
  'exposure',
  'exposure_total',
  'path',
  'dead_letters',
  'late',
  'progress',
  'claim',
]
const FOLDERS: [folder: string, schema: string, tables: readonly string[]][] = [
  ['tables', 'lt', LT_TABLES],
  ['sys', 'sys', SYS_TABLES],
]
const EVERY_MS = 2000

export class Lake {
  readonly #db: Database
  readonly #folder: string
  #last = 0
  /** What each history held when it was last written. */
  readonly #histories = new Map<string, string>()

  constructor(db: Database, folder: string) {
    this.#db = db
    this.#folder = folder
  }

  /** Writes when the last time is long enough ago; costs ten times less time than it waits. */
  async refresh(): Promise<void> {
    if (performance.now() < this.#last) return
    const started = performance.now()
    await this.write()
    this.#last = performance.now() + Math.max(EVERY_MS, (performance.now() - started) * 10)
  }

  async write(): Promise<void> {
    for (const [folder, schema, tables] of FOLDERS) {
      await mkdir(join(this.#folder, folder), { recursive: true })
      for (const table of tables) await this.#put(join(this.#folder, folder, `${table}.parquet`), `SELECT * FROM ${schema}.${table}`)
    }
    await this.#writePast()
  }

  /** History first: what is folded meanwhile is then in both, and never in none. How far all this reaches comes last, and is never more than is there. */
  async #writePast(): Promise<void> {
    await mkdir(join(this.#folder, 'past'), { recursive: true })
    for (const type of PAST_TYPES) await this.#writeHistory(stateTable(type), pastColumns(type))
    for (const type of PAST_TYPES) {
      const table = stateTable(type)
      await this.#put(pastFile(this.#folder, table), `SELECT ${pastColumns(type)} FROM engine.state_${table} WHERE ${PASSED}`)
    }
    for (const table of ['setting', 'kept']) await this.#put(pastFile(this.#folder, table), `SELECT * FROM engine.${table}`)
  }

  /** Rows come in when there are many to fold, and go once a day. */
  async #writeHistory(table: string, columns: string): Promise<void> {
    const [row] = await this.#db.rows(`SELECT count(*), (SELECT forgotten FROM engine.kept) FROM engine.history_${table}`)
    const holds = String(row)
    if (this.#histories.get(table) === holds) return
    await this.#put(pastFile(this.#folder, table, 'history'), `SELECT ${columns} FROM engine.history_${table}`)
    this.#histories.set(table, holds)
  }

  async #put(file: string, select: string): Promise<void> {
    await this.#db.run(`COPY (${select}) TO ${quote(`${file}.new`)} (FORMAT parquet, COMPRESSION zstd)`)
    await rename(`${file}.new`, file)
  }
}
