/**
 * Lets statements of state out of waiting once the watermark has passed them, in event order, and appends them to what was stated:
 * nothing that stands is looked for or rewritten in the file. Row `ord` of a release gets slot `base + ord`.
 */
import { randomBytes } from 'node:crypto'
import type { DuckDBValue } from '@duckdb/node-api'
import { dataColumns, type EventType } from '../../contract/index.ts'
import type { EachRule } from '../../contract/rule.ts'
import { doubleColumn } from '../../store/columns.ts'
import { type Database, quote } from '../../store/database.ts'
import { ABOUT, aboutSql, stateTable, statementFields, thingColumns } from '../../store/schema.ts'
import { withLiterals } from './expression.ts'
import type { ThingHash } from './standing.ts'

/** One released statement; `data` in the order of the fields asked for. */
export type Statement = {
  /** Its place in the release, from 1 on in event order. */
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

/** Every waiting statement with a tick up to `horizon` (a tick). They wait on until they are settled. */
export async function release(db: Database, spec: ReleaseSpec, horizon: number): Promise<Released> {
  const table = `(SELECT *, ${tickOf()} AS tick FROM engine.pending_${stateTable(spec.type)} WHERE ${due(horizon)})`
  const rows = await db.rows(statementQuery(spec, table))
  return { type: spec.type, statements: rows.map((row, i) => toStatement(spec, row, i + 1)) }
}

/** Statements as they stand, as after a release; `where` over the stored columns. */
export async function readStanding(db: Database, type: EventType, fields: string[], where = 'true'): Promise<Statement[]> {
  const spec: ReleaseSpec = { type, fields, each: [] }
  const table = `(SELECT *, 0 AS tick FROM engine.standing_${stateTable(type)} WHERE op <> 'delete' AND (${where}))`
  return (await db.rows(statementQuery(spec, table))).map((row, i) => toStatement(spec, row, i + 1))
}

/** Appends what `release` gave, without the `claims` (by `ord`), and notes which rows stand no more. Returns the lowest effective time still waiting. */
export async function settle(db: Database, type: EventType, horizon: number, base: number, claims: number[], gone: Gone[]): Promise<number | undefined> {
  const table = stateTable(type)
  const by = ABOUT[type]
  const about = by === undefined ? '0' : aboutSql('institution', `"${by}"`)
  const numbered = `SELECT row_number() OVER (ORDER BY e, source, sequence, id) AS ord, * FROM engine.pending_${table} WHERE ${due(horizon)}`
  const kept = claims.length === 0 ? '' : ` WHERE ord NOT IN (${claims.join(', ')})`
  await db.run(`INSERT INTO engine.state_${table} SELECT ${base} + ord, ${about}, ${statementFields(type).join(', ')} FROM (${numbered})${kept};
    DELETE FROM engine.pending_${table} WHERE ${due(horizon)}`)
  const slots = BigInt64Array.from(gone, (g) => BigInt(g.slot))
  await db.append('engine', `gone_${table}`, [{ type: 'bigint', values: slots }, doubleColumn(gone.map((g) => g.until))], gone.length)
  const low = (await db.rows(`SELECT min(e) FROM engine.pending_${table}`))[0]?.[0]
  return typeof low === 'number' ? low : undefined
}

function due(horizon: number): string {
  return Number.isFinite(horizon) ? `e <= ${horizon}` : 'true'
}

const SALT = randomBytes(16).toString('hex')

/** The two halves of a thing's hash, as SQL. */
export function hashSql(type: EventType): [string, string] {
  const words = thingColumns(type).flatMap((c) => [`length(${c})`, c])
  const text = `concat_ws('|', ${quote(SALT)}, ${words.join(', ')})`
  return [`md5_number_lower(${text})`, `md5_number_upper(${text})`]
}

const BEFORE_DATA = 13

function columnsOf(spec: ReleaseSpec): string {
  const key = `concat_ws('|', ${thingColumns(spec.type).join(', ')})`
  const fields = spec.fields.map((f) => `"${f}"`)
  return ['e', 'time', 'source', 'id', 'institution', 'op', 'part', 'log_offset', 'sequence', key, ...hashSql(spec.type), ...fields].join(', ')
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
    const texts = [`"${rule.subject.id}"`, rename(rule.threshold), ...named.map(([column]) => column)].map((sql) => `CAST(${sql} AS VARCHAR)`)
    verdicts.push(`coalesce(${rename(rule.when)}, false)`, ...texts)
  }
  return `SELECT tick, ${[columnsOf(spec), ...verdicts].join(', ')} FROM (${inner}) ORDER BY e, source, sequence, id`
}

function toStatement(spec: ReleaseSpec, row: DuckDBValue[], ord: number): Statement {
  let at = BEFORE_DATA + spec.fields.length
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
    ord,
    tick: Number(row[0]),
    e: Number(row[1]),
    time: Number(row[2]),
    source: String(row[3]),
    id: String(row[4]),
    institution: String(row[5]),
    op: String(row[6]),
    part: Number(row[7]),
    offset: Number(row[8]),
    sequence: row[9] as bigint,
    key: String(row[10]),
    hash: [row[11] as bigint, row[12] as bigint],
    data: row.slice(BEFORE_DATA, BEFORE_DATA + spec.fields.length),
    each,
  }
}
