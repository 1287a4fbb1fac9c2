/**
 * An Arrow IPC stream as events: one row per event, columns named like the attributes and the data fields (contract §1). Text may be plain or
 * dictionary-coded, money int64 minor units or decimal128, times timestamps of any unit, milliseconds or RFC 3339. Columns are checked one by one;
 * rows whose columns all hold go straight into ours, the others are put together as JSON and take the slow way, which finds the reason.
 */
import { type Data, DataType, type RecordBatch, tableFromIPC } from 'apache-arrow'
import { type EventType, isEventType, OPERATIONS, parseTime, STREAMS } from '../../contract/index.ts'
import { cellOf, expandedBytes, isSound, msOf } from './arrow-cells.ts'
import { endOfStream } from './arrow-metadata.ts'
import type { ColumnBuilder, FieldBuilder } from './columns.ts'
import { DataPlan, type FieldPlan } from './field-plan.ts'
import { NUMBER, TEXT } from './object-reader.ts'
import { type Cell, dataOfRow, eventOfRow, isWrittenTime } from './row-event.ts'

export type ArrowRows = {
  readonly count: number
  /** Takes the rows that hold into the columns. */
  fast(
    builderOf: (type: EventType) => ColumnBuilder,
    latest: number,
    taken: (row: number, type: EventType, at: number) => void,
    refused: (row: number) => void,
  ): void
  /** A row as one event in JSON. */
  json(row: number): Buffer
}

/** What the texts of a message may come to where its rows name them by codes: few bytes can name a long text many times. */
export const MAX_EXPANDED_BYTES = 256 << 20

/** The record batches of a message; or why it is no Arrow stream, or not one of text and numbers in good order. */
export function arrowRows(bytes: Uint8Array): ArrowRows[] | 'not-json' | 'too-large' {
  try {
    if (bytes.length === 0 || endOfStream(bytes) !== bytes.length) return 'not-json'
    const batches = tableFromIPC(bytes).batches as RecordBatch[]
    if (!batches.every(holdsRows)) return 'not-json'
    const expanded = batches.reduce((sum, b) => b.data.children.reduce((n, column) => n + expandedBytes(column), sum), 0)
    return expanded > MAX_EXPANDED_BYTES ? 'too-large' : batches.map(rowsOf)
  } catch {
    return 'not-json'
  }
}

/** Every column has a value, or none, for every row. */
function holdsRows({ data, schema, numRows }: RecordBatch): boolean {
  return (numRows === 0 || schema.fields.length > 0) && data.children.every((column) => column.length === numRows && isSound(column))
}

function rowsOf(batch: RecordBatch): ArrowRows {
  const columns = new Map(batch.schema.fields.map((f, k) => [f.name, batch.data.children[k] as Data]))
  return {
    count: batch.numRows,
    fast(builderOf, latest, taken, refused) {
      const type = constantType(columns.get('type'), batch.numRows)
      const checked = type === undefined ? undefined : checkColumns(columns, type, batch.numRows, latest)
      for (let row = 0; row < batch.numRows; row++) {
        if (type === undefined || checked === undefined || checked.bad[row] === 1) refused(row)
        else taken(row, type, checked.write(builderOf(type), row))
      }
    },
    json: (row) => eventOfRow(cellsOf(columns, row)),
  }
}

function cellsOf(columns: Map<string, Data>, row: number): [string, Cell][] {
  return Array.from(columns, ([name, column]) => [name, cellOf(column, row)])
}

type Texts = { bytes: Buffer; start(row: number): number; end(row: number): number }
type Checked = { bad: Uint8Array; write(builder: ColumnBuilder, row: number): number }
type Writer = (field: FieldBuilder, row: number, at: number) => void

/** Marks the rows with a value that does not hold; undefined when a column is missing or of a kind the fast way does not read. */
function checkColumns(columns: Map<string, Data>, type: EventType, count: number, latest: number): Checked | undefined {
  const plan = DataPlan.of(type)
  const bad = new Uint8Array(count)
  const names = ['id', 'source', 'institution', ...(columns.has('subject') ? ['subject'] : [])]
  const attributes = names.map((n) => textsOf(columns.get(n)))
  const subject = columns.has('subject') ? attributes[3] : textsOf(columns.get(STREAMS[type].key))
  const [time, recorded] = [timesOf(columns.get('time'), count), columns.has('recordedtime') ? timesOf(columns.get('recordedtime'), count) : undefined]
  const sequence = numbersOf(columns.get('sequence'), count)
  const ops = operationsOf(columns.get('op'), count)
  if (plan === undefined || attributes.includes(undefined) || subject === undefined || time === undefined || sequence === undefined || ops === undefined)
    return undefined
  if (columns.has('recordedtime') && recorded === undefined) return undefined
  for (const [k, most] of [512, 512, 128].entries()) {
    mark(bad, columns.get(names[k] ?? '') as Data, attributes[k] as Texts, (_, start, end) => end > start && end - start <= most)
  }
  for (const name of [...names, 'sequence']) markNulls(bad, columns.get(name))
  if (!markVersions(bad, columns.get('specversion'))) return undefined
  const stated = columns.get('recordedtime')
  for (let row = 0; row < count; row++) {
    const [t, r] = [time[row] as number, recorded?.[row] ?? Number.NaN]
    const n = sequence[row] as number
    const timely = isWrittenTime(t) && !(t > latest) && (isWrittenTime(r) ? !(r > latest) : stated === undefined || !stated.getValid(row))
    if (!timely || !(n >= 0 && n < 1e15) || ops[row] === REFUSED || (ops[row] === CORRECT && Number.isNaN(r))) bad[row] = 1
  }
  const writers: Writer[] = []
  for (const [k, field] of plan.fields.entries()) {
    const writer = checkField(columns.get(plan.names[k] ?? ''), field, bad)
    if (writer === undefined) return undefined
    writers.push(writer)
  }
  const [id, source, institution] = attributes as [Texts, Texts, Texts]
  return {
    bad,
    write(builder, row) {
      const { out } = builder
      out.id.addBytes(id.bytes, id.start(row), id.end(row))
      out.source.addBytes(source.bytes, source.start(row), source.end(row))
      out.institution.addBytes(institution.bytes, institution.start(row), institution.end(row))
      out.subject.addBytes(subject.bytes, subject.start(row), subject.end(row))
      for (let k = 0; k < writers.length; k++) (writers[k] as Writer)(builder.field(k), row, out.count)
      if (out.json !== undefined) out.json.add(JSON.stringify(dataOfRow(type, cellsOf(columns, row))))
      builder.setSequence(sequence[row] as number)
      return builder.close(time[row] as number, recorded?.[row] ?? Number.NaN, ops[row] as number)
    },
  }
}

const CORRECT = OPERATIONS.indexOf('correct')
const REFUSED = 255

function checkField(column: Data | undefined, field: FieldPlan, bad: Uint8Array): Writer | undefined {
  const absent: Writer = (to, _, at) => to.add(at, undefined)
  if (column === undefined) {
    if (field.required) bad.fill(1)
    return absent
  }
  const nulls = column.nullCount > 0
  if (field.required) markNulls(bad, column)
  const unless = (write: Writer): Writer => (nulls ? (to, row, at) => (column.getValid(row) ? write(to, row, at) : absent(to, row, at)) : write)
  if (field.money) {
    const units = unitsOf(column, bad.length)
    if (units === undefined) return undefined
    for (let row = 0; row < bad.length; row++)
      if (!(Math.abs(units[row] as number) < 1e15) || (field.money === 'positive' && (units[row] as number) < 0)) bad[row] = 1
    return unless((to, row, at) => to.setUnits(at, units[row] as number))
  }
  if (field.token === TEXT) {
    const texts = textsOf(column)
    if (texts === undefined) return undefined
    mark(bad, column, texts, field.holds)
    return unless((to, row) => {
      if (to.values.kind === 'text') to.values.values.addBytes(texts.bytes, texts.start(row), texts.end(row))
    })
  }
  const numbers = field.token === NUMBER ? integersOf(column, bad.length) : DataType.isBool(column.type) ? bitsOf(column, bad.length) : undefined
  if (numbers === undefined) return undefined
  for (let row = 0; row < bad.length; row++) if ((numbers[row] as number) > 2147483647 || (numbers[row] as number) < -2147483648) bad[row] = 1
  return unless((to, row, at) => to.setNumber(at, numbers[row] as number))
}

function mark(bad: Uint8Array, column: Data, texts: Texts, holds: FieldPlan['holds']): void {
  const nulls = column.nullCount > 0
  for (let row = 0; row < bad.length; row++) {
    if (nulls && !column.getValid(row)) continue
    if (!holds(texts.bytes, texts.start(row), texts.end(row))) bad[row] = 1
  }
}

function markNulls(bad: Uint8Array, column: Data | undefined): void {
  if (column === undefined || column.nullCount === 0) return
  for (let row = 0; row < bad.length; row++) if (!column.getValid(row)) bad[row] = 1
}

/** Where the rows say of which version they are: false when they say it in another way than as text. */
function markVersions(bad: Uint8Array, column: Data | undefined): boolean {
  if (column === undefined) return true
  const texts = textsOf(column)
  if (texts !== undefined) mark(bad, column, texts, (bytes, start, end) => bytes.toString('latin1', start, end) === '1.0')
  return texts !== undefined
}

/** Where each text lies; undefined for a column of another kind. */
function textsOf(column: Data | undefined): Texts | undefined {
  if (column === undefined) return undefined
  if (DataType.isDictionary(column.type)) {
    const dictionary = column.dictionary
    const entries = dictionary?.data.length === 1 ? textsOf(dictionary.data[0]) : undefined
    const codes = column.values as ArrayLike<number>
    return entries === undefined
      ? undefined
      : { ...entries, start: (row) => entries.start(codes[row] as number), end: (row) => entries.end(codes[row] as number) }
  }
  if (!DataType.isUtf8(column.type)) return undefined
  const values = column.values as Uint8Array
  const offsets = column.valueOffsets as Int32Array
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength)
  return { bytes, start: (row) => offsets[row] as number, end: (row) => offsets[row + 1] as number }
}

/** Milliseconds; NaN for null and for text that is no time. */
function timesOf(column: Data | undefined, count: number): Float64Array | undefined {
  if (column === undefined) return undefined
  const texts = textsOf(column)
  if (texts !== undefined)
    return Float64Array.from({ length: count }, (_, row) =>
      column.getValid(row) ? (parseTime(texts.bytes.toString('utf8', texts.start(row), texts.end(row))) ?? Number.NaN) : Number.NaN,
    )
  const { type } = column
  if (!DataType.isTimestamp(type) && !DataType.isInt(type)) return undefined
  const values = column.values as ArrayLike<number | bigint>
  const ms = DataType.isTimestamp(type) ? (row: number) => msOf(values[row] as bigint, type.unit) : (row: number) => Number(values[row])
  return Float64Array.from({ length: count }, (_, row) => (column.getValid(row) ? ms(row) : Number.NaN))
}

/** Whole numbers, or text of digits. */
function numbersOf(column: Data | undefined, count: number): Float64Array | undefined {
  if (column === undefined) return undefined
  const texts = textsOf(column)
  if (texts !== undefined)
    return Float64Array.from({ length: count }, (_, row) => {
      const text = texts.bytes.toString('latin1', texts.start(row), texts.end(row))
      return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    })
  return integersOf(column, count)
}

function integersOf(column: Data, count: number): Float64Array | undefined {
  if (!DataType.isInt(column.type)) return undefined
  const values = column.values as ArrayLike<number | bigint>
  return Float64Array.from({ length: count }, (_, row) => Number(values[row]))
}

/** Minor units: int64, or decimal128 of two decimals within 2^53. */
function unitsOf(column: Data, count: number): Float64Array | undefined {
  if (DataType.isInt(column.type) && column.type.bitWidth === 64) return integersOf(column, count)
  if (!DataType.isDecimal(column.type) || column.type.scale !== 2 || column.type.bitWidth !== 128) return undefined
  const words = column.values as unknown as Uint32Array
  return Float64Array.from({ length: count }, (_, row) => {
    const at = row * 4
    const high = (words[at + 1] as number) | 0
    const fits = words[at + 2] === (high < 0 ? 0xffffffff : 0) && words[at + 3] === words[at + 2]
    return fits ? high * 4294967296 + (words[at] as number) : Number.NaN
  })
}

function bitsOf(column: Data, count: number): Float64Array {
  const bits = column.values as Uint8Array
  return Float64Array.from({ length: count }, (_, row) => ((bits[(column.offset + row) >> 3] as number) >> ((column.offset + row) & 7)) & 1)
}

/** Deletions carry less than their schema asks for, and take the slow way. */
function operationsOf(column: Data | undefined, count: number): Uint8Array | undefined {
  const codes = new Uint8Array(count)
  if (column === undefined) return codes
  const texts = textsOf(column)
  if (texts === undefined) return undefined
  for (let row = 0; row < count; row++) {
    if (!column.getValid(row)) continue
    const op = texts.bytes.toString('latin1', texts.start(row), texts.end(row))
    codes[row] = op === 'upsert' ? 0 : op === 'correct' ? CORRECT : REFUSED
  }
  return codes
}

/** The type all rows have. */
function constantType(column: Data | undefined, count: number): EventType | undefined {
  const texts = textsOf(column)
  if (texts === undefined || count === 0 || (column?.nullCount ?? 0) > 0) return undefined
  const type = texts.bytes.toString('utf8', texts.start(0), texts.end(0))
  const [start, end] = [texts.start(0), texts.end(0)]
  for (let row = 1; row < count; row++) {
    if (texts.start(row) === start && texts.end(row) === end) continue
    if (texts.bytes.compare(texts.bytes, start, end, texts.start(row), texts.end(row)) !== 0) return undefined
  }
  return isEventType(type) ? type : undefined
}
