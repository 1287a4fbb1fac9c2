/**
 * A row of a table, in Arrow or Parquet, as one structured event in JSON: what the sender would have written. Columns are named like the attributes and
 * the data fields (contract §1); what a field cannot be stands as it is, for the schema to refuse.
 */
import type { TSchema } from 'typebox'
import { formatDecimal, formatTime, isEventType, STREAMS } from '../../contract/index.ts'

/** A value of a column; a record has what is nested in it by name. */
export type Cell = null | string | number | bigint | boolean | DecimalCell | InstantCell | Cell[] | { [name: string]: Cell }

/** `units ÷ 10^scale`. */
export class DecimalCell {
  readonly units: bigint
  readonly scale: number

  constructor(units: bigint, scale: number) {
    this.units = units
    this.scale = scale
  }
}

/** A point in time, ms; a day is its midnight in UTC. */
export class InstantCell {
  readonly ms: number

  constructor(ms: number) {
    this.ms = ms
  }
}

type Row = Iterable<readonly [name: string, cell: Cell]>

export function eventOfRow(cells: Row): Buffer {
  const row = new Map(cells)
  const event: Record<string, unknown> = { specversion: '1.0' }
  for (const name of ATTRIBUTES) {
    const cell = row.get(name) ?? null
    if (cell !== null) event[name] = attributeOf(name, cell)
  }
  const { type } = event
  const data = dataOfRow(type, row)
  if (isEventType(type)) event['subject'] ??= STREAMS[type].key === 'institution' ? event['institution'] : data[STREAMS[type].key]
  return Buffer.from(JSON.stringify({ ...event, data }))
}

/** The data fields of a row of a type: those that are not null, without the attributes. */
export function dataOfRow(type: unknown, row: Row): Record<string, unknown> {
  return fieldsOf(
    isEventType(type) ? STREAMS[type].data : {},
    [...row].filter(([name]) => !ATTRIBUTES.has(name)),
  )
}

/** Whether RFC 3339 has a date for it, which has four digits for the year; ms. */
export function isWrittenTime(ms: number): boolean {
  return ms >= FIRST_MS && ms <= LAST_MS
}

const [FIRST_MS, LAST_MS] = [Date.UTC(2000, 0, 1) - 5 * 146_097 * 86_400_000, Date.UTC(9999, 11, 31, 23, 59, 59, 999)]

const ATTRIBUTES = new Set(['specversion', 'id', 'source', 'type', 'time', 'subject', 'institution', 'sequence', 'op', 'recordedtime'])

export type FieldSchema = TSchema & { 'x-column'?: string; items?: FieldSchema; properties?: Record<string, FieldSchema> }

function fieldsOf(schema: FieldSchema, row: Row): Record<string, unknown> {
  const fields = Object.create(null) as Record<string, unknown>
  for (const [name, cell] of row) if (cell !== null) fields[name] = written(schema.properties?.[name] ?? {}, cell)
  return fields
}

/** Times may be milliseconds as numbers. */
function attributeOf(name: string, cell: Cell): unknown {
  if (typeof cell === 'object') return written({}, cell)
  const isTime = name === 'time' || name === 'recordedtime'
  return isTime && (typeof cell === 'bigint' || Number.isInteger(cell)) ? instantText({}, Number(cell)) : String(cell)
}

/** A cell as its field would have it in JSON. */
export function written(schema: FieldSchema, cell: Cell): unknown {
  if (cell === null || typeof cell === 'string' || typeof cell === 'boolean') return cell
  if (cell instanceof DecimalCell) return decimalText(schema, cell)
  if (cell instanceof InstantCell) return instantText(schema, cell.ms)
  if (typeof cell === 'bigint') return schema['x-column'] === 'money' ? formatDecimal(cell, 2) : Number(cell)
  if (typeof cell === 'number') return cell
  if (Array.isArray(cell)) return cell.map((item) => written(schema.items ?? {}, item))
  return fieldsOf(schema, Object.entries(cell))
}

/** Money as it is written, with two decimals; of other numbers no more decimals than they need. */
function decimalText(schema: FieldSchema, { units, scale }: DecimalCell): string {
  if (scale < 0) return String(units * 10n ** BigInt(-scale))
  const text = formatDecimal(units, scale)
  return schema['x-column'] === 'money' || scale === 0 ? text : text.replace(/\.?0+$/, '')
}

function instantText(schema: FieldSchema, ms: number): string {
  if (!isWrittenTime(ms)) return String(ms)
  return schema['x-column'] === 'day' ? formatTime(ms).slice(0, 10) : formatTime(ms)
}
