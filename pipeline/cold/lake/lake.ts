/**
 * The lake: the tables of schemas `lt` and `sys` as Parquet files, `<folder>/tables/<table>.parquet` and `<folder>/sys/<table>.parquet`, for analysts.
 * Written between commits, each file beside the old one and renamed over it, so that a reader always finds a whole one.
 */
import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { type Database, quote } from '../../store/database.ts'
import { SYS_TABLES } from '../../store/sys.ts'

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
      for (const table of tables) {
        const file = join(this.#folder, folder, `${table}.parquet`)
        await this.#db.run(`COPY (SELECT * FROM ${schema}.${table}) TO ${quote(`${file}.new`)} (FORMAT parquet, COMPRESSION zstd)`)
        await rename(`${file}.new`, file)
      }
    }
  }
}
