/** Statements straight from the columns of the batch that brought them, while it is loaded. */
import { OPERATIONS, STREAMS } from '../../contract/index.ts'
import type { Arrived, FieldValues } from '../../contract/stage.ts'
import type { TextColumn } from '../../contract/text.ts'
import { tickOf } from '../../contract/tick.ts'
import type { Database } from '../../store/database.ts'
import { hashSql, verdictQuery } from './release.ts'
import type { ThingHash } from './standing.ts'
import { type Data, type Statement, type StatementSpec, Verdicts } from './statement.ts'

/** What a statement costs in memory beside its texts, bytes. */
const STATEMENT_BYTES = 600

/** What the statements of a batch will cost in memory, bytes: a guess that is not below. */
export function weightOf({ columns }: Arrived): number {
  const { count, id, source, institution, fields } = columns
  const texts = [id, source, institution, ...Object.values(fields).flatMap((f) => (f.kind === 'text' ? [f.values] : []))]
  return count * STATEMENT_BYTES + 2 * texts.reduce((bytes, text) => bytes + (count === 0 ? 0 : text.end(count - 1)), 0)
}

/** The rows of `arrived` that are new, as statements. `relation` holds the same rows. What is asked of DuckDB are the things' hashes and the verdicts. */
export async function readArrived(db: Database, spec: StatementSpec, relation: string, arrived: Arrived): Promise<Statement[]> {
  const { columns, slot } = arrived
  const rows = new Map<number, number>()
  for (let row = 0; row < columns.count; row++) if ((slot[row] ?? 0) > 0) rows.set(slot[row] ?? 0, row)
  const read = fieldsOf(spec, arrived)
  const names = namesOf(arrived)
  const statements: Statement[] = []
  await db.eachChunk(verdictQuery(spec, `(SELECT * FROM ${relation} WHERE _fate > 0)`, ['_slot', hashSql(spec.type)]), (chunk) => {
    const [slots, hashes] = [chunk.getColumnValues(0), chunk.getColumnValues(1)]
    for (let i = 0; i < chunk.rowCount; i++) {
      const row = rows.get(Number(slots[i])) ?? -1
      statements.push(statementOf(arrived, row, names, { hash: hashes[i] as ThingHash, data: read(row), verdicts: new Verdicts(spec.each, chunk, 2, i) }))
    }
  })
  return statements
}

type Names = { source: (row: number) => string; institution: (row: number) => string; key: (row: number) => string }

function statementOf(
  { columns, slot, effective, partition, offset }: Arrived,
  row: number,
  names: Names,
  read: Pick<Statement, 'hash' | 'data' | 'verdicts'>,
): Statement {
  const e = effective[row] ?? 0
  return {
    slot: slot[row] ?? 0,
    tick: tickOf(e),
    e,
    time: columns.time[row] ?? 0,
    source: names.source(row),
    id: columns.id.at(row) ?? '',
    institution: names.institution(row),
    op: OPERATIONS[columns.op[row] ?? 0] ?? '',
    part: partition[row] ?? 0,
    offset: offset[row] ?? 0,
    sequence: columns.sequence[row] ?? 0n,
    key: names.key(row),
    ...read,
  }
}

function namesOf({ columns }: Arrived): Names {
  const [source, institution] = [repeated(columns.source), repeated(columns.institution)]
  const { thing, shared } = STREAMS[columns.type]
  const ids = thing.map((name) => textOf(columns.fields[name]))
  const key = (row: number) => [...(shared ? [] : [institution(row)]), ...ids.map((of) => of(row))].join('|')
  return { source, institution, key: columns.type === 'credit.loan' ? () => '' : key }
}

/** A column in which few values come again and again: the same string for the same bytes as in the row before. */
function repeated(column: TextColumn): (row: number) => string {
  let [last, text] = [-1, '']
  return (row) => {
    if (last >= 0 && sameBytes(column, last, row)) return text
    last = row
    return (text = column.at(row) ?? '')
  }
}

function sameBytes(column: TextColumn, a: number, b: number): boolean {
  const [from, length] = [column.start(b), column.end(b) - column.start(b)]
  const at = column.start(a)
  if (column.end(a) - at !== length) return false
  for (let i = 0; i < length; i++) if (column.bytes[at + i] !== column.bytes[from + i]) return false
  return true
}

function textOf(field: FieldValues | undefined): (row: number) => string {
  return (row) => (field?.kind === 'text' ? (field.values.at(row) ?? '') : '')
}

function fieldsOf({ fields }: StatementSpec, { columns }: Arrived): (row: number) => Data {
  const named = fields.map((name) => [name, columns.fields[name]] as const)
  return (row) => {
    const data: Data = {}
    for (const [name, field] of named) data[name] = valueOf(field, row)
    return data
  }
}

function valueOf(field: FieldValues | undefined, row: number): Data[string] {
  if (field === undefined) return undefined
  if (field.kind === 'text') return field.values.at(row) ?? undefined
  if (field.valid[row] === 0) return undefined
  if (field.kind === 'money') return field.values[row]
  return field.kind === 'boolean' ? String(field.values[row] === 1) : String(field.values[row])
}
