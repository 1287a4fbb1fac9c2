/**
 * Rows of the keys that a release asks about: read once where they are few, they are run tick by tick, measured and shown from memory. What is asked of them
 * is the same SQL as of the tables, and its plan is kept, for it reads nothing but what is loaded.
 */
import { DuckDBDecimalValue, type DuckDBStructValue, DuckDBTypeId, type DuckDBType, type DuckDBValue } from '@duckdb/node-api'
import { TextColumn } from '../../../contract/text.ts'
import { type Column, textColumn } from '../../../store/columns.ts'
import type { Database } from '../../../store/database.ts'
import { load } from '../../../store/load.ts'
import { measuredColumns } from './measures.ts'
import { IS_PLAIN, latestColumns, ROW_COLUMNS, type RuleRows, versionedRows } from './rows.ts'

/** More rows than these take longer to bring here than to look at where they are. */
const MOST_ROWS = 2_000

type Asked = { institution: string; key: string; start: number }
/** By the names of `versionedRows`. */
export type HeldRow = Readonly<Record<string, DuckDBValue>>

export class HeldRows {
  readonly #db: Database
  readonly #rows: RuleRows
  /** Rows by key, as far as they have been read. */
  readonly #keys = new Map<string, { institution: string; key: string; rows: HeldRow[] }>()
  /** Rows are held from this time on, for ticks up to another, ms. */
  #from = Infinity
  #upTo = -Infinity
  #state: 'unread' | 'held' | 'many' = 'unread'

  constructor(db: Database, rows: RuleRows) {
    this.#db = db
    this.#rows = rows
  }

  /** A release begins: windows are asked for at ticks up to this one. */
  begin(upTo: number): void {
    this.#keys.clear()
    this.#from = Infinity
    this.#upTo = upTo
    this.#state = 'unread'
  }

  /** These windows will be asked for, too. */
  expect(windows: Iterable<Asked>): void {
    for (const { institution, key, start } of windows) {
      const name = nameOf(institution, key)
      if (start >= this.#from && this.#keys.has(name)) continue
      this.#from = Math.min(this.#from, start)
      this.#keys.set(name, { institution, key, rows: [] })
      if (this.#state === 'held') this.#state = 'unread'
    }
  }

  /** All rows of windows that are in force at ticks up to `tick`, as `versionedRows` gives them; undefined: the tables are to be asked. */
  async relation(windows: readonly Asked[], tick: number): Promise<string | undefined> {
    if (tick > this.#upTo || this.#state === 'many') return undefined
    this.expect(windows)
    if (this.#state === 'unread') this.#state = await this.#read()
    return this.#state === 'held' ? `loaded('${this.#name}')` : undefined
  }

  /** The rows of a window that was asked for, and perhaps others of its key. */
  of({ institution, key, start, tick }: Asked & { tick: number }): readonly HeldRow[] | undefined {
    if (this.#state !== 'held' || tick > this.#upTo || start < this.#from) return undefined
    return this.#keys.get(nameOf(institution, key))?.rows
  }

  get #name(): string {
    return `rows of ${this.#rows.rule.code}`
  }

  async #read(): Promise<'held' | 'many'> {
    const keys = [...this.#keys.values()]
    if (keys.length > MOST_ROWS) return 'many'
    const names = [
      { name: 'institution', column: textColumn(keys.map((k) => k.institution)) },
      { name: 'k', column: textColumn(keys.map((k) => k.key)) },
    ]
    const whose = `SELECT institution, k FROM ${load(this.#db, `keys of ${this.#name}`, names, keys.length)}`
    const { rule } = this.#rows
    const columns = [...measuredColumns(rule), ...latestColumns(rule), ...ROW_COLUMNS, 'op', IS_PLAIN]
    const result = await this.#db.connection.runAndReadAll(
      `SELECT * FROM (${versionedRows(this.#rows, this.#from, Infinity, columns, whose)}) LIMIT ${MOST_ROWS + 1}`,
    )
    const values = result.getColumns()
    const types = result.columnTypes()
    const loaded = result.columnNames().map((name, i) => ({ name, column: columnOf(types[i] as DuckDBType, (values[i] ?? []) as DuckDBValue[], name) }))
    if (result.currentRowCount > MOST_ROWS || !loaded.every(isLoadable)) return 'many'
    load(this.#db, this.#name, loaded, result.currentRowCount)
    for (const known of keys) known.rows.length = 0
    for (const row of result.getRowObjects()) this.#keys.get(nameOf(String(row['institution']), String(row['k'])))?.rows.push(row)
    return 'held'
  }
}

/** The rows of a query that comes in every release, word for word, and reads nothing but what is loaded: it is planned once. */
export async function plannedObjects(db: Database, sql: string): Promise<Record<string, DuckDBValue>[]> {
  const rows: Record<string, DuckDBValue>[] = []
  await db.eachPlannedChunk(`SELECT "~row" FROM (${sql}) AS "~row"`, (chunk) => {
    for (const [row] of chunk.getRows()) rows.push({ ...(row as DuckDBStructValue).entries })
  })
  return rows
}

function isLoadable(named: { name: string; column: Column | undefined }): named is { name: string; column: Column } {
  return named.column !== undefined
}

/** Undefined: of a type that is not loaded. Which it is does not depend on the values. */
function columnOf(type: DuckDBType, values: readonly DuckDBValue[], name: string): Column | undefined {
  const valid = () => Uint8Array.from(values, (v) => (v === null ? 0 : 1))
  switch (type.typeId) {
    case DuckDBTypeId.VARCHAR:
      return { type: 'utf8', values: TextColumn.of(values as (string | null)[]) }
    case DuckDBTypeId.DOUBLE:
      return { type: 'double', values: Float64Array.from(values as number[]) }
    case DuckDBTypeId.INTEGER:
      return { type: 'integer', values: Int32Array.from(values, Number), valid: valid() }
    case DuckDBTypeId.BOOLEAN:
      return { type: 'boolean', values: Uint8Array.from(values, Number), valid: valid() }
    case DuckDBTypeId.BIGINT:
      // Limbs may be null, which a column of such numbers cannot.
      return name === 'sequence' ? { type: 'bigint', values: BigInt64Array.from(values as bigint[]) } : undefined
    case DuckDBTypeId.DECIMAL:
      return String(type) === 'DECIMAL(18,2)'
        ? { type: 'money', values: BigInt64Array.from(values, (v) => (v instanceof DuckDBDecimalValue ? v.value : 0n)), valid: valid() }
        : undefined
    default:
      return undefined
  }
}

function nameOf(institution: string, key: string): string {
  return JSON.stringify([institution, key])
}
