/**
 * One query in a process of its own: loads the tables it was given into an empty database in memory, locks the database up, and only then
 * looks at the query. DuckDB has no privileges inside, so the process holds nothing that its user may not know, and can be killed at any moment.
 */
import {
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBPreparedStatement,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBValueConverter,
  type Json,
  JsonDuckDBValueConverter,
  StatementType,
} from '@duckdb/node-api'
import type { Answer, Job, SqlResult, SqlValue, Table } from './job.ts'
import { SETTINGS } from './settings.ts'

process.title = 'lookthrough-sql'
// The desk has gone. To exit in order would be to wait for the query's thread, which may never end.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
process.once('message', (job: Job) => {
  void answer(job).then((result) => process.send?.(result, () => process.exit(0)))
})

class Refused extends Error {}
class NoTables extends Error {}

async function answer(job: Job): Promise<Answer> {
  const instance = await DuckDBInstance.create(':memory:', SETTINGS)
  const connection = await instance.connect()
  let late = false
  const timer = setTimeout(() => {
    late = true
    connection.interrupt()
  }, job.timeoutMs)
  try {
    await load(connection, job)
    return { result: await query(connection, job) }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    if (late) return { failed: 'timeout', why }
    if (/out of memory/i.test(why)) return { failed: 'memory', why }
    if (error instanceof NoTables) return { failed: 'no-tables', why }
    return { failed: error instanceof Refused ? 'refused' : 'failed', why }
  } finally {
    clearTimeout(timer)
  }
}

/** From here on the database reads and writes no file and keeps its settings; the lock comes last. */
const LOCK_UP = `SET TimeZone = 'UTC'; SET search_path = 'lt'; SET secret_directory = '';
  SET enable_external_access = false; SET lock_configuration = true`

async function load(connection: DuckDBConnection, { sql, tables, before, after }: Job): Promise<void> {
  await connection.run(before)
  await connection.run('CREATE SCHEMA lt; CREATE SCHEMA sys')
  for (const table of tables) {
    // One that the query does not name is made without its rows: it can still be listed and described.
    const rows = names(sql, table) ? '' : ' LIMIT 0'
    try {
      await connection.run(`CREATE TABLE ${table.schema}.${table.name} AS ${table.select}${rows}`)
    } catch (error) {
      if (/out of memory|interrupted/i.test(String(error))) throw error
      throw new NoTables(String(error), { cause: error })
    }
  }
  await connection.run(after)
  await connection.run(LOCK_UP)
}

/** Whether the text can mean this table. `query()` and `query_table()` could put a name together; then every table counts as named. */
function names(sql: string, { name }: Table): boolean {
  const text = sql.toLowerCase()
  return text.includes(name) || text.includes('query')
}

async function query(connection: DuckDBConnection, { sql, maxRows, maxBytes }: Job): Promise<SqlResult> {
  const statement = await onlySelect(connection, sql)
  const started = performance.now()
  const result = await statement.stream()
  const columns = result.columnNames().map((name, k) => ({ name, type: result.columnType(k).toString() }))
  const rows: SqlValue[][] = []
  let bytes = 0
  let truncated = false
  reading: for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (let i = 0; i < chunk.rowCount; i++) {
      const row = rows.length < maxRows ? (chunk.convertRowValues(i, plain) as SqlValue[]) : undefined
      bytes += row === undefined ? 0 : Buffer.byteLength(JSON.stringify(row))
      truncated = row === undefined || bytes > maxBytes
      if (row === undefined || truncated) break reading
      rows.push(row)
    }
  }
  return { columns, rows, truncated, ms: Math.round(performance.now() - started) }
}

/** Throws Refused unless the text is one SELECT, or EXPLAIN of one: `EXPLAIN ANALYZE` runs what it explains. */
async function onlySelect(connection: DuckDBConnection, sql: string): Promise<DuckDBPreparedStatement> {
  const statement = await single(connection, sql)
  if (statement.statementType === StatementType.EXPLAIN) {
    const explained = EXPLAIN.exec(sql)?.[1]
    const inner = explained === undefined ? undefined : await single(connection, explained)
    if (inner?.statementType !== StatementType.SELECT) throw new Refused('explain of a SELECT only')
  } else if (statement.statementType !== StatementType.SELECT || PRAGMA.test(sql)) throw new Refused('not a SELECT')
  return statement
}

const EXPLAIN = /^\s*explain\s+(?:analyze\s+)?(?:\([^()]*\)\s*)?(.*)$/is
/** Some pragmas call themselves SELECT; those that matter are locked, the rest are nobody's business. */
const PRAGMA = /^(?:\s|--[^\n]*\n|\/\*.*?\*\/)*pragma\b/is

async function single(connection: DuckDBConnection, sql: string): Promise<DuckDBPreparedStatement> {
  const statements = await connection.extractStatements(sql)
  if (statements.count !== 1) throw new Refused(`${statements.count} statements`)
  return statements.prepare(0)
}

/** Numbers that a double cannot hold are strings, and so is money; instants are RFC 3339, to the microsecond. */
const plain: DuckDBValueConverter<Json> = (value, type, converter) =>
  value instanceof DuckDBTimestampValue ||
  value instanceof DuckDBTimestampTZValue ||
  value instanceof DuckDBTimestampSecondsValue ||
  value instanceof DuckDBTimestampMillisecondsValue ||
  value instanceof DuckDBTimestampNanosecondsValue
    ? instant(value.toString())
    : JsonDuckDBValueConverter(value, type, converter)

/** `2026-03-02 01:00:00.5` → `2026-03-02T01:00:00.5Z`; `infinity` stays. The process runs in UTC. */
function instant(text: string): string {
  const m = /^(.*\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(?:\+00(?::00)?)?$/.exec(text)
  return m === null ? text : `${m[1]}T${m[2]}Z`
}
