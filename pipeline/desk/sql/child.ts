/** The process of one query: loads the tables its viewer may know, locks DuckDB, runs one SELECT, streams a capped answer. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance, type DuckDBValue, StatementType } from '@duckdb/node-api'

export type Cell = string | number | boolean | null
export type ChildRequest = { interrupt: true } | { sql: string; limit: number; tables: string; institution: string | null }
export type ChildAnswer =
  | { columns: { name: string; type: string }[]; rows: Cell[][]; truncated: boolean }
  | { failed: 'LT-2150' | 'LT-2151' | 'LT-2152'; why: string }

/** For a bank: these tables, its own rows; of alerts what is disclosed, without what rests on other institutions' records. */
const FOR_BANKS: Record<string, { hidden: string[]; where: string }> = {
  alerts: { hidden: ['path', 'evidence', 'evidence_count', 'positions'], where: " AND disclosure = 'institution'" },
  alert_revisions: { hidden: ['path', 'evidence', 'evidence_count', 'positions'], where: " AND disclosure = 'institution'" },
  loan: { hidden: [], where: '' },
  position: { hidden: [], where: '' },
  metric: { hidden: [], where: '' },
}
/** What DuckDB calls a SELECT includes some PRAGMA, DESCRIBE and SHOW; a query begins with one of these. */
const READS = /^\s*(?:\(|select\b|with\b|from\b|values\b)/i
const MAX_BYTES = 16 << 20

let running: DuckDBConnection | undefined

process.on('message', (request: ChildRequest) => {
  if ('interrupt' in request) running?.interrupt()
  else void answer(request).then((a) => process.send?.(a, () => process.exit(0)))
})

async function answer(request: Exclude<ChildRequest, { interrupt: true }>): Promise<ChildAnswer> {
  try {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '256MB' })
    const connection = await instance.connect()
    await load(connection, request.tables, request.institution)
    await lock(connection)
    running = connection
    return await select(connection, request.sql, request.limit)
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
    return { failed: /Out of Memory|INTERRUPT/i.test(why) ? 'LT-2152' : 'LT-2150', why }
  }
}

async function load(connection: DuckDBConnection, folder: string, institution: string | null): Promise<void> {
  await connection.run('CREATE SCHEMA lt')
  for (const file of await readdir(folder)) {
    const table = /^(\w+)\.parquet$/.exec(file)?.[1]
    const rule = institution === null ? { hidden: [], where: '' } : FOR_BANKS[table ?? '']
    if (table === undefined || rule === undefined) continue
    const columns = rule.hidden.length === 0 ? '*' : `* EXCLUDE (${rule.hidden.join(', ')})`
    const where = institution === null ? '' : ` WHERE institution = ${literal(institution)}${rule.where}`
    await connection.run(`CREATE TABLE lt."${table}" AS SELECT ${columns} FROM read_parquet(${literal(join(folder, file))})${where}`)
  }
}

/** In this order: after the last setting nothing can be changed any more. */
async function lock(connection: DuckDBConnection): Promise<void> {
  for (const setting of [
    `search_path = 'lt'`,
    `TimeZone = 'UTC'`,
    `max_temp_directory_size = '0B'`,
    'autoinstall_known_extensions = false',
    'autoload_known_extensions = false',
    'allow_community_extensions = false',
    'enable_external_access = false',
    'lock_configuration = true',
  ])
    await connection.run(`SET ${setting}`)
}

async function select(connection: DuckDBConnection, sql: string, limit: number): Promise<ChildAnswer> {
  if (!READS.test(sql)) return { failed: 'LT-2151', why: 'not a SELECT' }
  const statements = await connection.extractStatements(sql)
  if (statements.count !== 1) return { failed: 'LT-2151', why: `${statements.count} statements` }
  const prepared = await statements.prepare(0)
  if (prepared.statementType !== StatementType.SELECT) return { failed: 'LT-2151', why: 'not a SELECT' }
  const result = await prepared.stream()
  const columns = result.columnNames().map((name, k) => ({ name, type: String(result.columnType(k)) }))
  const rows: Cell[][] = []
  let bytes = 0
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (const row of chunk.getRows()) {
      const cells = row.map(cell)
      bytes += cells.reduce<number>((n, c) => n + (typeof c === 'string' ? c.length : 8), 0)
      if (rows.length >= limit || bytes > MAX_BYTES) return { columns, rows, truncated: true }
      rows.push(cells)
    }
  }
  return { columns, rows, truncated: false }
}

/** Numbers beyond 2^53, decimals and times as text, nested values as JSON text. */
function cell(value: DuckDBValue): Cell {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') return value
  if (typeof value === 'bigint') return value.toString()
  const text = String(value)
  return 'micros' in value ? `${text.replace(' ', 'T')}Z` : text
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
