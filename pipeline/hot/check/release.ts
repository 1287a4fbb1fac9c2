/**
 * Statements of state as SQL: those that waited in the file and are due, those that stand, and what the each-rules say of them. They lie in the state
 * table since they arrived: nothing is copied, and nothing that stands is looked for or rewritten.
 */
import { createHash, randomBytes } from 'node:crypto'
import { DuckDBDecimalValue, type DuckDBValue } from '@duckdb/node-api'
import { dataColumns, type EventType } from '../../contract/index.ts'
import { tickOf } from '../../contract/tick.ts'
import { doubleColumn } from '../../store/columns.ts'
import { type Database, quote } from '../../store/database.ts'
import { STATEMENT_NAMES, stateTable, thingColumns } from '../../store/schema.ts'
import { conditionOf, textWithLiterals, unknownOf, withLiterals } from './expression.ts'
import type { Question } from './question.ts'
import { type Data, statedOf, type Statement, type StatementSpec } from './statement.ts'
import { hashWords, type ThingHash } from './standing.ts'
import { VerdictResult, Verdicts } from './verdicts.ts'
import { double } from './windows/shape.ts'

/** A row that no longer stands, and since when. */
export type Gone = { slot: number; until: number }

/** The rows from `first` to `last` above tick `after` and not above tick `horizon`, in event order. */
export async function readWaiting(
  db: Database,
  spec: StatementSpec,
  { first, last }: { first: number; last: number },
  after: number,
  horizon: number,
): Promise<Statement[]> {
  // The rows as constants: DuckDB then skips all others.
  const due = `slot BETWEEN ${first} AND ${last} AND e > ${double(after)} AND e <= ${double(horizon)}`
  return readStatements(db, spec, `(SELECT * FROM engine.state_${stateTable(spec.type)} WHERE ${due})`)
}

/** Statements as they stand, as after a release; `where` over the stored columns. */
export async function readStanding(db: Database, type: EventType, fields: string[], where = 'true'): Promise<Statement[]> {
  return readStatements(db, { type, fields, each: [] }, standing(type, where))
}

/** All that was stated and is kept, whether or not it stands, in event order. */
export async function readStated(db: Database, type: EventType, fields: string[], where: string): Promise<Statement[]> {
  return readStatements(db, { type, fields, each: [] }, `(SELECT 0 AS slot, * FROM engine.version_${stateTable(type)} WHERE ${where})`)
}

/** The last word on each subject, where it satisfies the rule, among the statements that stand; `fields` are left out. */
export async function readHits(db: Database, rule: Question): Promise<Statement[]> {
  const spec = { type: rule.reads, fields: [], each: [rule] }
  const all = verdictQuery(spec, standing(rule.reads), columnsOf(spec))
  const last = `SELECT * FROM (${all}) QUALIFY row_number() OVER (PARTITION BY institution, about0 ORDER BY e DESC, source DESC, sequence DESC, id DESC) = 1`
  return readRows(db, spec, `SELECT * FROM (${last}) WHERE hit0 ORDER BY e, source, sequence, id`)
}

/** Ends the waiting of what was released: `claims` leave the state, `gone` rows stand no more. */
export async function settle(db: Database, type: EventType, claims: number[], gone: Gone[]): Promise<void> {
  const table = stateTable(type)
  if (claims.length > 0) await db.run(`DELETE FROM engine.state_${table} WHERE slot IN (${claims.join(', ')})`)
  const slots = BigInt64Array.from(gone, (g) => BigInt(g.slot))
  await db.append('engine', `gone_${table}`, [{ type: 'bigint', values: slots }, doubleColumn(gone.map((g) => g.until))], gone.length)
}

/**
 * `columns` of the rows of `table`, then per each-rule whether it is hit, its subject, threshold and values. Values named like a field are that field;
 * the rest are columns of an inner query, so that `when` can use them.
 */
export function verdictQuery(spec: StatementSpec, table: string, columns: string[]): string {
  const fields = new Set(dataColumns(spec.type).map((c) => c.field))
  let inner = table
  const verdicts: string[] = []
  for (const [k, rule] of spec.each.entries()) {
    const named = Object.entries(rule.values).map(([value, sql]) => [fields.has(value) ? `"${value}"` : `"each${k}_${value}"`, value, sql] as const)
    const made = named.filter(([, value]) => !fields.has(value))
    const added = made.map(([column, , sql]) => `${withLiterals(rule, sql)} AS ${column}`)
    const unknown = unknownOf(rule, Object.fromEntries(made.map(([, value, sql]) => [value, sql])), [rule.when], 'e', `each${k}_`)
    for (const [name, sql] of Object.entries(unknown)) added.push(`${sql} AS ${name}`)
    if (added.length > 0) inner = `(SELECT *, ${added.join(', ')} FROM ${inner})`
    const renamed = (sql: string) =>
      named.reduce((text, [column, value]) => (fields.has(value) ? text : text.replace(new RegExp(`\\b${value}\\b(?!')`, 'g'), column)), sql)
    const texts = [renamed(textWithLiterals(rule, rule.threshold)), ...named.map(([column]) => `CAST(${column} AS VARCHAR)`)]
    verdicts.push(
      `${renamed(conditionOf(rule, rule.when, 'e', Object.keys(unknown)))} AS hit${k}`,
      `CAST("${rule.subject.id}" AS VARCHAR) AS about${k}`,
      ...texts,
    )
  }
  return `SELECT ${[...columns, ...verdicts].join(', ')} FROM ${inner}`
}

const SALT = randomBytes(16).toString('hex')

/** A thing's hash, as SQL. */
export function hashSql(type: EventType, alias = ''): string {
  const words = thingColumns(type).flatMap((c) => [`length(${alias}${c})`, alias + c])
  return `md5_number(concat_ws('|', ${quote(SALT)}, ${words.join(', ')}))`
}

/** The same hash of a thing whose columns have these texts. */
export function thingHash(columns: readonly string[]): ThingHash {
  const words = columns.flatMap((text) => [Array.from(text).length, text])
  const digest = createHash('md5')
    .update([SALT, ...words].join('|'))
    .digest()
  return new Uint32Array(digest.buffer.slice(digest.byteOffset, digest.byteOffset + digest.length))
}

function standing(type: EventType, where = 'true'): string {
  return `(SELECT * FROM engine.standing_${stateTable(type)} WHERE op <> 'delete' AND (${where}))`
}

function readStatements(db: Database, spec: StatementSpec, table: string): Promise<Statement[]> {
  return readRows(db, spec, `${verdictQuery(spec, table, columnsOf(spec))} ORDER BY e, source, sequence, id`)
}

async function readRows(db: Database, spec: StatementSpec, query: string): Promise<Statement[]> {
  const statements: Statement[] = []
  await db.eachChunk(query, (chunk) => {
    const hashes = hashWords(chunk, HASH).slice()
    const columns = Array.from({ length: BEFORE_DATA + spec.fields.length }, (_, k) => chunk.getColumnValues(k))
    const verdicts = spec.each.length === 0 ? undefined : new VerdictResult(spec.each, chunk, columns.length)
    for (let i = 0; i < chunk.rowCount; i++) statements.push(toStatement(spec, verdicts, columns, hashes, i))
  })
  return statements
}

function columnsOf(spec: StatementSpec): string[] {
  const key = spec.type === 'credit.loan' ? `''` : `concat_ws('|', ${thingColumns(spec.type).join(', ')})`
  const fields = spec.fields.map((f) => `"${f}"`)
  return ['slot', ...STATEMENT_NAMES, key, hashSql(spec.type), ...fields]
}

/** After the slot and what is stated. */
const KEY = 1 + STATEMENT_NAMES.length
const HASH = KEY + 1
const BEFORE_DATA = HASH + 1

function toStatement(spec: StatementSpec, verdicts: VerdictResult | undefined, columns: readonly DuckDBValue[][], hashes: Uint32Array, i: number): Statement {
  const value = (k: number): DuckDBValue => columns[k]?.[i] ?? null
  const stated = statedOf((k) => value(1 + k))
  const data: Data = {}
  spec.fields.forEach((field, k) => (data[field] = plain(value(BEFORE_DATA + k))))
  return {
    slot: Number(value(0)),
    tick: tickOf(stated.e),
    ...stated,
    key: String(value(KEY)),
    hashes,
    hashAt: i * 4,
    data,
    verdicts: new Verdicts(verdicts, i),
  }
}

/** Money as its minor units, anything else as text. */
function plain(value: DuckDBValue): Data[string] {
  if (value === null) return undefined
  return value instanceof DuckDBDecimalValue ? value.value : String(value)
}
