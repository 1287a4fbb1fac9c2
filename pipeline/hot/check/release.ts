/**
 * Lets statements of state out of waiting once the watermark has passed them, in event order, and writes the latest valid one of each thing back.
 * `rel_<table>` holds what was released, `old_<table>` what stood before, `acc_<table>` which released rows took effect: evidence as of a tick is read from these.
 */
import type { DuckDBValue } from '@duckdb/node-api'
import { dataColumns, type EventType, STREAMS } from '../../contract/index.ts'
import type { EachRule } from '../../contract/rule.ts'
import { type Column, integerColumn } from '../../store/columns.ts'
import type { Database } from '../../store/database.ts'
import { STATEMENT_COLUMNS, STATE_TYPES, stateTable } from '../../store/schema.ts'
import { withLiterals } from './expression.ts'

/** One released statement; `data` in the order of the fields asked for. */
export type Statement = {
  ord: number
  tick: number
  e: number
  time: number
  source: string
  id: string
  institution: string
  op: string
  part: number
  offset: number
  sequence: bigint
  /** The thing it is about. */
  key: string
  data: DuckDBValue[]
  each: EachVerdict[]
}
export type EachVerdict = { hit: boolean; subject: string; threshold: string; values: string[] }

export type Released = { type: EventType; statements: Statement[]; standing: Map<string, Statement> }

/** What a stream's statements are asked for: fields by name, and the each-rules over it. */
export type ReleaseSpec = { type: EventType; fields: string[]; each: EachRule[] }

export const tickOf = (column = 'e') => `ceil(${column} / 1000) * 1000`

/** Temporary tables exist before anything is released, so that evidence can always be asked for. */
export async function createReleaseTables(db: Database): Promise<void> {
  for (const type of STATE_TYPES) await clearReleased(db, type)
}

/** Takes out every waiting statement with a tick up to `horizon`. Undefined when there is none. */
export async function release(db: Database, spec: ReleaseSpec, horizon: number): Promise<Released | undefined> {
  const table = stateTable(spec.type)
  const due = Number.isFinite(horizon) ? `${tickOf()} <= ${horizon}` : 'true'
  await db.run(`CREATE OR REPLACE TEMP TABLE rel_${table} AS SELECT *, ${tickOf()} AS tick, row_number() OVER (ORDER BY e, source, sequence, id)::INTEGER AS ord
    FROM engine.pending_${table} WHERE ${due}`)
  const statements = (await db.rows(statementQuery(spec, table))).map((row) => toStatement(spec, row))
  if (statements.length === 0) return undefined
  await db.run(
    `CREATE OR REPLACE TEMP TABLE old_${table} AS SELECT s.* FROM engine.state_${table} s SEMI JOIN rel_${table} r ON ${sameThing(spec.type, 's', 'r')}`,
  )
  const standing = await readStatements(db, spec.type, spec.fields, `old_${table}`)
  await db.run(`DELETE FROM engine.pending_${table} WHERE ${due}`)
  return { type: spec.type, statements, standing: new Map(standing.map((s) => [s.key, s])) }
}

/** Every statement of a table, as after a release. */
export async function readStatements(db: Database, type: EventType, fields: string[], table: string): Promise<Statement[]> {
  const spec: ReleaseSpec = { type, fields, each: [] }
  return (await db.rows(`SELECT 0, 0, ${columnsOf(spec)} FROM ${table}`)).map((row) => toStatement(spec, row))
}

/** Writes back what took effect: `accepted` released rows by `ord`, `last` marks the one that stands for its thing now. */
export async function settle(db: Database, type: EventType, accepted: { ord: number; last: boolean }[]): Promise<void> {
  const table = stateTable(type)
  await db.run(`CREATE OR REPLACE TEMP TABLE acc_${table}(ord INTEGER, last BOOLEAN)`)
  const last: Column = { type: 'boolean', values: Uint8Array.from(accepted, (a) => (a.last ? 1 : 0)), valid: new Uint8Array(accepted.length).fill(1) }
  await db.append('main', `acc_${table}`, [integerColumn(accepted.map((a) => a.ord)), last], accepted.length)
  const columns = [...STATEMENT_COLUMNS.map((c) => c.split(' ')[0] ?? ''), ...dataColumns(type).map((c) => `"${c.field}"`)].join(', ')
  await db.run(`CREATE OR REPLACE TEMP TABLE win AS SELECT r.* FROM rel_${table} r JOIN acc_${table} a ON a.ord = r.ord AND a.last;
    DELETE FROM engine.state_${table} s USING win w WHERE ${sameThing(type, 's', 'w')};
    INSERT INTO engine.state_${table} SELECT ${columns} FROM win`)
}

export async function clearReleased(db: Database, type: EventType): Promise<void> {
  const table = stateTable(type)
  await db.run(`CREATE OR REPLACE TEMP TABLE rel_${table} AS SELECT *, 0.0 AS tick, 0 AS ord FROM engine.pending_${table} WHERE false;
    CREATE OR REPLACE TEMP TABLE old_${table} AS SELECT * FROM engine.state_${table} WHERE false;
    CREATE OR REPLACE TEMP TABLE acc_${table}(ord INTEGER, last BOOLEAN)`)
}

/**
 * The statements of a type in force at tick `at` that satisfy `where`, as a subquery with all stored columns. Only things that ever satisfied it are
 * put in order, so that its cost follows the subject, not the release.
 */
export function asOf(type: EventType, at: number, where: string): string {
  const table = stateTable(type)
  const columns = [...STATEMENT_COLUMNS.map((c) => c.split(' ')[0] ?? ''), ...dataColumns(type).map((c) => `"${c.field}"`)].join(', ')
  const key = thingColumns(type).join(', ')
  const touched = `SELECT ${key} FROM old_${table} WHERE ${where} UNION SELECT ${key} FROM rel_${table} WHERE ${where}`
  const effective = `SELECT ${columns}, -1 AS ord FROM old_${table} UNION ALL SELECT ${columns}, ord FROM rel_${table} SEMI JOIN acc_${table} USING (ord) WHERE tick <= ${at}`
  return `(SELECT ${columns} FROM (SELECT * FROM engine.state_${table} WHERE ${where}) s ANTI JOIN rel_${table} r ON ${sameThing(type, 's', 'r')}
    UNION ALL SELECT ${columns} FROM (SELECT v.* FROM (${effective}) v SEMI JOIN (${touched}) t ON ${sameThing(type, 'v', 't')}
      QUALIFY row_number() OVER (PARTITION BY ${key} ORDER BY time DESC, ord DESC) = 1) WHERE ${where})`
}

/** What tells a thing apart: its id, and the institution of things that are not shared. */
function thingColumns(type: EventType): string[] {
  const ids = STREAMS[type].thing.map((f) => `"${f}"`)
  return STREAMS[type].shared ? ids : ['institution', ...ids]
}

function sameThing(type: EventType, a: string, b: string): string {
  return thingColumns(type)
    .map((c) => `${a}.${c} IS NOT DISTINCT FROM ${b}.${c}`)
    .join(' AND ')
}

const BEFORE_DATA = 11

function columnsOf(spec: ReleaseSpec): string {
  const key = `concat_ws('|', ${thingColumns(spec.type).join(', ')})`
  return ['e', 'time', 'source', 'id', 'institution', 'op', 'part', 'log_offset', 'sequence', key, ...spec.fields.map((f) => `"${f}"`)].join(', ')
}

/** Values named like a field are that field; the rest are columns of an inner query, so that `when` can use them. */
function statementQuery(spec: ReleaseSpec, table: string): string {
  const fields = new Set(dataColumns(spec.type).map((c) => c.field))
  let inner = `SELECT * FROM rel_${table}`
  const verdicts: string[] = []
  for (const [k, rule] of spec.each.entries()) {
    const named = Object.entries(rule.values).map(([value, sql]) => [fields.has(value) ? `"${value}"` : `"each${k}_${value}"`, value, sql] as const)
    const added = named.filter(([, value]) => !fields.has(value)).map(([column, , sql]) => `${withLiterals(rule, sql)} AS ${column}`)
    if (added.length > 0) inner = `SELECT *, ${added.join(', ')} FROM (${inner})`
    const rename = (sql: string) =>
      named.reduce(
        (text, [column, value]) => (fields.has(value) ? text : text.replace(new RegExp(`\\b${value}\\b(?!')`, 'g'), column)),
        withLiterals(rule, sql),
      )
    const texts = [`"${rule.subject.id}"`, rename(rule.threshold), ...named.map(([column]) => column)].map((sql) => `CAST(${sql} AS VARCHAR)`)
    verdicts.push(`coalesce(${rename(rule.when)}, false)`, ...texts)
  }
  return `SELECT ord, tick, ${[columnsOf(spec), ...verdicts].join(', ')} FROM (${inner}) ORDER BY ord`
}

function toStatement(spec: ReleaseSpec, row: DuckDBValue[]): Statement {
  const n = BEFORE_DATA + 1
  let at = n + spec.fields.length
  const each = spec.each.map((rule): EachVerdict => {
    const values = Object.keys(rule.values).length
    const verdict = {
      hit: row[at] === true,
      subject: String(row[at + 1]),
      threshold: String(row[at + 2] ?? ''),
      values: row.slice(at + 3, at + 3 + values).map((v) => String(v ?? '')),
    }
    at += 3 + values
    return verdict
  })
  return {
    ord: Number(row[0]),
    tick: Number(row[1]),
    e: Number(row[2]),
    time: Number(row[3]),
    source: String(row[4]),
    id: String(row[5]),
    institution: String(row[6]),
    op: String(row[7]),
    part: Number(row[8]),
    offset: Number(row[9]),
    sequence: row[10] as bigint,
    key: String(row[11]),
    data: row.slice(n, n + spec.fields.length),
    each,
  }
}
