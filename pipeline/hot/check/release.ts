/**
 * Lets statements of state out of waiting once the watermark has passed them, in event order. They lie in the state table since they arrived:
 * nothing is copied, and nothing that stands is looked for or rewritten.
 */
import { randomBytes } from 'node:crypto'
import type { DuckDBValue } from '@duckdb/node-api'
import { dataColumns, type EventType } from '../../contract/index.ts'
import type { EachRule } from '../../contract/rule.ts'
import { doubleColumn } from '../../store/columns.ts'
import { type Database, quote } from '../../store/database.ts'
import { stateTable, thingColumns } from '../../store/schema.ts'
import { withLiterals } from './expression.ts'
import type { ThingHash } from './standing.ts'

/** One released statement; `data` in the order of the fields asked for. */
export type Statement = {
  /** Its row in the state table. */
  slot: number
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
  /** The thing it is about; empty for a loan, which nobody asks for by name. */
  key: string
  hash: ThingHash
  data: DuckDBValue[]
  each: EachVerdict[]
}
export type EachVerdict = { hit: boolean; subject: string; threshold: string; values: string[] }

export type Released = { type: EventType; statements: Statement[] }

/** What a stream's statements are asked for: fields by name, and the each-rules over it. */
export type ReleaseSpec = { type: EventType; fields: string[]; each: EachRule[] }

/** A row that no longer stands, and since when. */
export type Gone = { slot: number; until: number }

export const tickOf = (column = 'e') => `ceil(${column} / 1000) * 1000`

/** The lowest effective time and the lowest row of what waits. */
export type Waiting = { e: number; slot: bigint }

/** Every waiting statement with a tick up to `horizon` (a tick), none below row `first`. They wait on until they are settled. */
export async function release(db: Database, spec: ReleaseSpec, first: bigint, horizon: number): Promise<Released> {
  const table = stateTable(spec.type)
  // The first row as a constant: DuckDB then skips all older ones.
  const waiting = `(SELECT s.*, ${tickOf('s.e')} AS tick FROM engine.state_${table} s SEMI JOIN (SELECT slot FROM engine.pending_${table} WHERE ${due(horizon)}) p
    ON p.slot = s.slot WHERE s.slot >= ${first})`
  return { type: spec.type, statements: await read(db, spec, waiting) }
}

/** Statements as they stand, as after a release; `where` over the stored columns. */
export async function readStanding(db: Database, type: EventType, fields: string[], where = 'true'): Promise<Statement[]> {
  return read(db, { type, fields, each: [] }, `(SELECT *, 0 AS tick FROM engine.standing_${stateTable(type)} WHERE op <> 'delete' AND (${where}))`)
}

/** The last word on each subject, where it satisfies the rule, among the statements that stand; `fields` are left out. */
export async function readHits(db: Database, rule: EachRule): Promise<Statement[]> {
  const spec = { type: rule.reads, fields: [], each: [rule] }
  const all = statementQuery(spec, `(SELECT *, 0 AS tick FROM engine.standing_${stateTable(rule.reads)} WHERE op <> 'delete')`)
  const last = `SELECT * FROM (${all}) QUALIFY row_number() OVER (PARTITION BY institution, about0 ORDER BY e DESC, source DESC, sequence DESC, id DESC) = 1`
  return readQuery(db, spec, `SELECT * FROM (${last}) WHERE hit0 ORDER BY e, source, sequence, id`)
}

/** Ends the waiting of what `release` gave: `claims` leave the state, `gone` rows stand no more. Returns what waits on. */
export async function settle(db: Database, type: EventType, horizon: number, claims: number[], gone: Gone[]): Promise<Waiting | undefined> {
  const table = stateTable(type)
  await db.run(`DELETE FROM engine.pending_${table} WHERE ${due(horizon)}`)
  if (claims.length > 0) await db.run(`DELETE FROM engine.state_${table} WHERE slot IN (${claims.join(', ')})`)
  const slots = BigInt64Array.from(gone, (g) => BigInt(g.slot))
  await db.append('engine', `gone_${table}`, [{ type: 'bigint', values: slots }, doubleColumn(gone.map((g) => g.until))], gone.length)
  return lowestWaiting(db, type)
}

export async function lowestWaiting(db: Database, type: EventType): Promise<Waiting | undefined> {
  const [lowest] = await db.rows(`SELECT min(e), min(slot) FROM engine.pending_${stateTable(type)}`)
  return lowest === undefined || lowest[0] === null ? undefined : { e: Number(lowest[0]), slot: lowest[1] as bigint }
}

function read(db: Database, spec: ReleaseSpec, table: string): Promise<Statement[]> {
  return readQuery(db, spec, statementQuery(spec, table))
}

async function readQuery(db: Database, spec: ReleaseSpec, query: string): Promise<Statement[]> {
  const statements: Statement[] = []
  const result = await db.connection.stream(query)
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const columns = Array.from({ length: chunk.columnCount }, (_, k) => chunk?.getColumnValues(k) ?? [])
    for (let i = 0; i < chunk.rowCount; i++) statements.push(toStatement(spec, columns, i))
  }
  return statements
}

function due(horizon: number): string {
  return Number.isFinite(horizon) ? `e <= ${horizon}` : 'true'
}

const SALT = randomBytes(16).toString('hex')

/** A thing's hash, as SQL. */
export function hashSql(type: EventType, alias = ''): string {
  const words = thingColumns(type).flatMap((c) => [`length(${alias}${c})`, alias + c])
  return `md5_number(concat_ws('|', ${quote(SALT)}, ${words.join(', ')}))`
}

const BEFORE_DATA = 13

function columnsOf(spec: ReleaseSpec): string {
  const key = spec.type === 'credit.loan' ? `''` : `concat_ws('|', ${thingColumns(spec.type).join(', ')})`
  const fields = spec.fields.map((f) => `"${f}"`)
  return ['e', 'time', 'source', 'id', 'institution', 'op', 'part', 'log_offset', 'sequence', key, hashSql(spec.type), ...fields].join(', ')
}

/** Values named like a field are that field; the rest are columns of an inner query, so that `when` can use them. */
function statementQuery(spec: ReleaseSpec, table: string): string {
  const fields = new Set(dataColumns(spec.type).map((c) => c.field))
  let inner = `SELECT * FROM ${table}`
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
    const texts = [rename(rule.threshold), ...named.map(([column]) => column)].map((sql) => `CAST(${sql} AS VARCHAR)`)
    verdicts.push(`coalesce(${rename(rule.when)}, false) AS hit${k}`, `CAST("${rule.subject.id}" AS VARCHAR) AS about${k}`, ...texts)
  }
  return `SELECT slot, tick, ${[columnsOf(spec), ...verdicts].join(', ')} FROM (${inner}) ORDER BY e, source, sequence, id`
}

function toStatement(spec: ReleaseSpec, columns: readonly DuckDBValue[][], i: number): Statement {
  const value = (k: number): DuckDBValue => columns[k]?.[i] ?? null
  let at = BEFORE_DATA + spec.fields.length
  const each = spec.each.map((rule): EachVerdict => {
    const values = Object.keys(rule.values).map((_, k) => String(value(at + 3 + k) ?? ''))
    const verdict = { hit: value(at) === true, subject: String(value(at + 1)), threshold: String(value(at + 2) ?? ''), values }
    at += 3 + values.length
    return verdict
  })
  return {
    slot: Number(value(0)),
    tick: Number(value(1)),
    e: Number(value(2)),
    time: Number(value(3)),
    source: String(value(4)),
    id: String(value(5)),
    institution: String(value(6)),
    op: String(value(7)),
    part: Number(value(8)),
    offset: Number(value(9)),
    sequence: value(10) as bigint,
    key: String(value(11)),
    hash: value(12) as bigint,
    data: spec.fields.map((_, k) => value(BEFORE_DATA + k)),
    each,
  }
}
