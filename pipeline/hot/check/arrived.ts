/** Statements straight from the columns of the batch that brought them, while it is loaded. */
import { OPERATIONS, STREAMS } from '../../contract/index.ts'
import type { Arrived, EventColumns, FieldValues } from '../../contract/stage.ts'
import type { TextColumn } from '../../contract/text.ts'
import { tickOf } from '../../contract/tick.ts'
import type { Database } from '../../store/database.ts'
import { hashSql, verdictQuery } from './release.ts'
import { hashWords } from './standing.ts'
import { type Data, inEventOrder, type Statement, type StatementSpec } from './statement.ts'
import { VerdictResult, Verdicts } from './verdicts.ts'

/** What a statement costs in memory beside its texts, and what statements that came together cost however few they are, bytes. */
const STATEMENT_BYTES = 200
const TOGETHER_BYTES = 8192

/** What the statements of a batch will cost in memory, bytes: a guess that is not below. */
export function weightOf({ columns }: Arrived): number {
  const { count, id, source, institution, fields } = columns
  const texts = [id, source, institution, ...Object.values(fields).flatMap((f) => (f.kind === 'text' ? [f.values] : []))]
  return TOGETHER_BYTES + count * STATEMENT_BYTES + 2 * texts.reduce((bytes, text) => bytes + (count === 0 ? 0 : text.end(count - 1)), 0)
}

/**
 * The new rows of `arrived`, as long as they wait. `relation` holds the same rows. What is asked of DuckDB are the things' hashes and the verdicts; a
 * statement is made when it is due: of thousands of objects that live for seconds the garbage collector has more work than making them is.
 */
export async function keepArrived(db: Database, spec: StatementSpec, relation: string, arrived: Arrived): Promise<Kept> {
  const rows = newRows(arrived)
  const first = arrived.slot[rows[0] ?? 0] ?? 0
  const hashes = new Uint32Array(rows.length * 4)
  const said: Said = { results: [], result: new Uint32Array(rows.length), row: new Uint32Array(rows.length) }
  await db.eachPlannedChunk(verdictQuery(spec, `(SELECT * FROM ${relation} WHERE _fate > 0)`, ['_slot', hashSql(spec.type)]), (chunk) => {
    const [slots, words] = [chunk.getColumnValues(0), hashWords(chunk, 1)]
    for (let i = 0; i < chunk.rowCount; i++) {
      // New rows have slots one after the other.
      const k = Number(slots[i]) - first
      hashes.set(words.subarray(i * 4, i * 4 + 4), k * 4)
      said.result[k] = said.results.length
      said.row[k] = i
    }
    if (spec.each.length > 0) said.results.push(new VerdictResult(spec.each, chunk, 2))
  })
  return new Kept(spec, copyOf(spec, arrived), rows, hashes, said)
}

/** The part of a batch that statements are made of. */
type Parts = Omit<Arrived, 'columns'> & { columns: Pick<EventColumns, 'type' | 'id' | 'source' | 'institution' | 'time' | 'sequence' | 'op' | 'fields'> }

/** Where the verdicts on each new row stand; without rules nobody asks, and no result is kept. */
type Said = { results: VerdictResult[]; result: Uint32Array; row: Uint32Array }

/** Statements that came together; those before `#next` in the order of their effective time are let go. */
export class Kept {
  readonly #parts: Parts
  readonly #rows: Uint32Array
  readonly #hashes: Uint32Array
  readonly #said: Said
  /** Places in `#rows`. */
  readonly #order: Uint32Array
  readonly #read: Read
  #next = 0

  constructor(spec: StatementSpec, parts: Parts, rows: Uint32Array, hashes: Uint32Array, said: Said) {
    this.#parts = parts
    this.#rows = rows
    this.#hashes = hashes
    this.#said = said
    this.#order = rows.map((_, k) => k).sort((a, b) => this.#e(a) - this.#e(b))
    this.#read = readOf(spec, parts.columns)
  }

  get isEmpty(): boolean {
    return this.#next === this.#order.length
  }

  /** Lets go of those with a tick up to `horizon`, in event order. */
  take(horizon: number): Statement[] {
    const due: Statement[] = []
    for (; !this.isEmpty; this.#next++) {
      const k = this.#order[this.#next] as number
      if (tickOf(this.#e(k)) > horizon) break
      due.push(this.#statement(k))
    }
    return due.sort(inEventOrder)
  }

  /** The lowest effective time and the first row in the file among those left. */
  get lowest(): { e: number; first: number } {
    const left = [...this.#order.subarray(this.#next)]
    return left.reduce((low, k) => ({ e: Math.min(low.e, this.#e(k)), first: Math.min(low.first, this.#parts.slot[this.#rows[k] as number] as number) }), {
      e: Infinity,
      first: Infinity,
    })
  }

  #e(k: number): number {
    return this.#parts.effective[this.#rows[k] as number] as number
  }

  #statement(k: number): Statement {
    const { columns, slot, effective, partition, offset } = this.#parts
    const row = this.#rows[k] as number
    const e = effective[row] as number
    return {
      slot: slot[row] as number,
      tick: tickOf(e),
      e,
      time: columns.time[row] as number,
      source: this.#read.source(row),
      id: columns.id.at(row) ?? '',
      institution: this.#read.institution(row),
      op: OPERATIONS[columns.op[row] as number] ?? '',
      part: partition[row] as number,
      offset: offset[row] as number,
      sequence: columns.sequence[row] as bigint,
      key: this.#read.key(row),
      hashes: this.#hashes,
      hashAt: k * 4,
      data: this.#read.data(row),
      verdicts: new Verdicts(this.#said.results[this.#said.result[k] as number], this.#said.row[k] as number),
    }
  }
}

function newRows({ columns, slot }: Arrived): Uint32Array {
  const rows = new Uint32Array(columns.count)
  let count = 0
  for (let row = 0; row < columns.count; row++) if ((slot[row] ?? 0) > 0) rows[count++] = row
  return rows.subarray(0, count)
}

/** What statements are made of, in memory of its own: that of the batch is used for the next ones. */
function copyOf({ type, fields }: StatementSpec, { columns, ...ours }: Arrived): Parts {
  const { count } = columns
  const named = [...new Set([...fields, ...STREAMS[type].thing])].flatMap((name) => {
    const field = columns.fields[name]
    return field === undefined ? [] : [[name, copyOfField(field, count)] as const]
  })
  const copied = {
    type,
    id: columns.id.copy(),
    source: columns.source.copy(),
    institution: columns.institution.copy(),
    time: columns.time.slice(0, count),
    sequence: columns.sequence.slice(0, count),
    op: columns.op.slice(0, count),
    fields: Object.fromEntries(named),
  }
  return { columns: copied, ...ours }
}

function copyOfField(field: FieldValues, count: number): FieldValues {
  if (field.kind === 'text') return { kind: 'text', values: field.values.copy() }
  return { ...field, values: field.values.slice(0, count), valid: field.valid.slice(0, count) } as FieldValues
}

type Read = { source: (row: number) => string; institution: (row: number) => string; key: (row: number) => string; data: (row: number) => Data }

function readOf(spec: StatementSpec, columns: Parts['columns']): Read {
  const [source, institution] = [repeated(columns.source), repeated(columns.institution)]
  const { thing, shared } = STREAMS[columns.type]
  const ids = thing.map((name) => textOf(columns.fields[name]))
  const key = (row: number) => [...(shared ? [] : [institution(row)]), ...ids.map((of) => of(row))].join('|')
  return { source, institution, key: columns.type === 'credit.loan' ? () => '' : key, data: dataOf(spec, columns) }
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

function dataOf({ fields }: StatementSpec, columns: Parts['columns']): (row: number) => Data {
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
