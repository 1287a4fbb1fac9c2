/**
 * An Arrow IPC stream as events: one row per event, columns named like the attributes and the data fields (contract §1). Text may be plain or
 * dictionary-coded, money int64 minor units or decimal128, times timestamps of any unit, milliseconds or RFC 3339. Columns are checked one by one;
 * rows whose columns all hold go straight into ours, the others are put together as JSON and take the slow way, which finds the reason.
 */
import { isUtf8 } from 'node:buffer'
import { type Data, DataType, type RecordBatch, tableFromIPC, TimeUnit, Type, Vector } from 'apache-arrow'
import { type EventType, formatDecimal, formatTime, isEventType, OPERATIONS, parseTime, STREAMS } from '../../contract/index.ts'
import { rowExceeds } from './arrow-size.ts'
import type { ColumnBuilder, FieldBuilder } from './columns.ts'
import { DataPlan, type FieldPlan } from './field-plan.ts'
import { NUMBER, TEXT } from './object-reader.ts'

export type ArrowRows = {
  count: number
  /** Takes the rows that hold into the columns. */
  fast(
    builderOf: (type: EventType) => ColumnBuilder,
    latest: number,
    taken: (row: number, type: EventType, at: number) => void,
    refused: (row: number) => void,
  ): void
  /** A row as one event in JSON. */
  json(row: number): Buffer
  /** Whether that JSON has more bytes, without making it: dictionaries and lists can make it far larger than the message. */
  exceeds(row: number, bytes: number): boolean
}

/** The record batches of a message; undefined when it is no Arrow stream, or not one of text and numbers in good order. */
export function arrowRows(bytes: Uint8Array): ArrowRows[] | undefined {
  if (bytes.length === 0) return undefined
  try {
    return tableFromIPC(bytes).batches.map((b) => rowsOf(b as RecordBatch))
  } catch {
    return undefined
  }
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
    json: (row) => eventOf(columns, row),
    exceeds: (row, bytes) => rowExceeds(columns, row, bytes),
  }
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
    const column = columns.get(names[k] ?? '') as Data
    mark(bad, column, attributes[k] as Texts, (_, start, end) => end > start && end - start <= most)
  }
  for (let row = 0; row < count; row++) {
    const [t, r] = [time[row] as number, recorded?.[row] ?? Number.NaN]
    const n = sequence[row] as number
    if (Number.isNaN(t) || t > latest || r > latest || !(n >= 0 && n < 1e15) || ops[row] === REFUSED || (ops[row] === CORRECT && Number.isNaN(r))) bad[row] = 1
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
  if (nulls && field.required) for (let row = 0; row < bad.length; row++) if (!column.getValid(row)) bad[row] = 1
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
  const numbers = field.token === NUMBER ? numbersOf(column, bad.length) : DataType.isBool(column.type) ? bitsOf(column, bad.length) : undefined
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

/** Where each text lies; undefined for a column of another kind, or with bytes that are no UTF-8. */
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
  return isUtf8(bytes) ? { bytes, start: (row) => offsets[row] as number, end: (row) => offsets[row + 1] as number } : undefined
}

/** Milliseconds; NaN for null and for text that is no time. */
function timesOf(column: Data | undefined, count: number): Float64Array | undefined {
  if (column === undefined) return undefined
  const texts = textsOf(column)
  if (texts !== undefined)
    return Float64Array.from({ length: count }, (_, row) =>
      column.getValid(row) ? (parseTime(texts.bytes.toString('utf8', texts.start(row), texts.end(row))) ?? Number.NaN) : Number.NaN,
    )
  if (!DataType.isTimestamp(column.type) && column.typeId !== Type.Int64 && !DataType.isInt(column.type)) return undefined
  const perMs = DataType.isTimestamp(column.type) ? PER_MS[column.type.unit as TimeUnit] : 1
  const values = column.values as ArrayLike<number | bigint>
  return Float64Array.from({ length: count }, (_, row) => (column.getValid(row) ? Math.floor(Number(values[row]) / perMs) : Number.NaN))
}

const PER_MS: Record<TimeUnit, number> = {
  [TimeUnit.SECOND]: 0.001,
  [TimeUnit.MILLISECOND]: 1,
  [TimeUnit.MICROSECOND]: 1000,
  [TimeUnit.NANOSECOND]: 1_000_000,
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
  if (!DataType.isInt(column.type)) return undefined
  const values = column.values as ArrayLike<number | bigint>
  return Float64Array.from({ length: count }, (_, row) => Number(values[row]))
}

/** Minor units: int64, or decimal128 of two decimals within 2^53. */
function unitsOf(column: Data, count: number): Float64Array | undefined {
  if (DataType.isInt(column.type) && column.type.bitWidth === 64) return numbersOf(column, count)
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
  if (texts === undefined || count === 0) return undefined
  const type = texts.bytes.toString('utf8', texts.start(0), texts.end(0))
  const [start, end] = [texts.start(0), texts.end(0)]
  for (let row = 1; row < count; row++) {
    if (texts.start(row) === start && texts.end(row) === end) continue
    if (texts.bytes.compare(texts.bytes, start, end, texts.start(row), texts.end(row)) !== 0) return undefined
  }
  return isEventType(type) ? type : undefined
}

const ATTRIBUTES = new Set(['specversion', 'id', 'source', 'type', 'time', 'subject', 'institution', 'sequence', 'op', 'recordedtime'])

/** A row as structured JSON: what the sender would have written. */
function eventOf(columns: Map<string, Data>, row: number): Buffer {
  const event: Record<string, unknown> = { specversion: '1.0' }
  const data: Record<string, unknown> = {}
  const type = new Vector([columns.get('type') as Data]).get(row) as unknown
  const fields = isEventType(type) ? (STREAMS[type].data.properties as Record<string, { 'x-column'?: string }>) : {}
  for (const [name, column] of columns) {
    const value = column.getValid(row) ? (new Vector([column]).get(row) as unknown) : null
    if (value === null) continue
    if (ATTRIBUTES.has(name))
      event[name] = name === 'time' || name === 'recordedtime' ? timeText(column, row, value) : typeof value === 'string' ? value : String(value)
    else data[name] = fields[name]?.['x-column'] === 'money' ? moneyText(column, row, value) : plain(value)
  }
  event['subject'] ??= isEventType(type) ? (STREAMS[type].key === 'institution' ? event['institution'] : data[STREAMS[type].key]) : undefined
  return Buffer.from(JSON.stringify({ ...event, data }))
}

function timeText(column: Data, row: number, value: unknown): unknown {
  const ms = typeof value === 'string' ? Number.NaN : (timesOf(column, row + 1)?.[row] ?? Number.NaN)
  return Math.abs(ms) <= 8.64e15 ? formatTime(ms) : value === undefined ? undefined : String(value)
}

/** int64 is minor units; anything else stands as it is, for the schema to refuse. */
function moneyText(column: Data, row: number, value: unknown): unknown {
  if (typeof value === 'bigint') return formatDecimal(value, 2)
  const units = unitsOf(column, row + 1)?.[row]
  return units === undefined || Number.isNaN(units) ? plain(value) : formatDecimal(BigInt(units), 2)
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  return value !== null && typeof value === 'object' && 'toJSON' in value
    ? (JSON.parse(JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? formatDecimal(v, 2) : v))) as unknown)
    : value
}
