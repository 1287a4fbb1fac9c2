/** Builds the columns of one event type, row by row, from parsed events that passed their schema. */
import { canonicalJson, type DataColumn, dataColumns, type EventType, type Operation, parseDecimal } from '../../contract/index.ts'
import type { EventColumns, FieldValues } from '../../contract/stage.ts'
import { hash128 } from './hash.ts'

export type ParsedEvent = {
  id: string
  source: string
  type: EventType
  institution: string
  subject: string
  sequence: string
  op?: Operation
  data: Record<string, unknown>
}

export class ColumnBuilder {
  readonly type: EventType
  readonly #columns: DataColumn[]
  readonly #keepJson: boolean
  readonly #out: EventColumns
  readonly #scratch = new Uint32Array(4)

  /** `capacity`: the most rows this batch can have. */
  constructor(type: EventType, capacity: number, keepJson: boolean) {
    this.type = type
    this.#columns = dataColumns(type)
    this.#keepJson = keepJson
    this.#out = {
      type,
      count: 0,
      id: [],
      source: [],
      institution: [],
      subject: [],
      time: new Float64Array(capacity),
      recorded: new Float64Array(capacity),
      sequence: new BigInt64Array(capacity),
      op: [],
      key: new Uint32Array(capacity * 4),
      content: new Uint32Array(capacity * 2),
      json: keepJson ? [] : undefined,
      fields: Object.fromEntries(this.#columns.map((c) => [c.field, emptyField(c, capacity)])),
    }
  }

  /** Adds a row and returns its number. */
  add(event: ParsedEvent, time: number, recorded: number): number {
    const out = this.#out
    const row = out.count++
    const op = event.op ?? 'upsert'
    out.id.push(event.id)
    out.source.push(event.source)
    out.institution.push(event.institution)
    out.subject.push(event.subject)
    out.op.push(op)
    out.time[row] = time
    out.recorded[row] = recorded
    out.sequence[row] = BigInt(event.sequence)
    let content = `${event.institution}\u0000${event.subject}\u0000${event.sequence}\u0000${op}\u0000${time}\u0000${recorded}`
    for (const column of this.#columns) {
      const value = event.data[column.field]
      const field = out.fields[column.field]
      if (field !== undefined) content += `\u0001${setField(field, column, row, value)}`
    }
    if (this.#keepJson) out.json?.push(JSON.stringify(event.data))
    this.#hash(row, `${event.source}\u0000${event.id}`, content)
    return row
  }

  done(): EventColumns {
    return this.#out
  }

  #hash(row: number, key: string, content: string): void {
    hash128(key, this.#out.key, row * 4)
    hash128(content, this.#scratch, 0)
    this.#out.content[row * 2] = this.#scratch[0] ?? 0
    this.#out.content[row * 2 + 1] = this.#scratch[1] ?? 0
  }
}

function emptyField(column: DataColumn, capacity: number): FieldValues {
  if (column.kind === 'money') return { kind: 'money', values: new BigInt64Array(capacity), valid: new Uint8Array(capacity) }
  if (column.kind === 'integer') return { kind: 'integer', values: new Int32Array(capacity), valid: new Uint8Array(capacity) }
  if (column.kind === 'boolean') return { kind: 'boolean', values: new Uint8Array(capacity), valid: new Uint8Array(capacity) }
  return { kind: 'text', values: [] }
}

/** Writes one value and returns its canonical text: equal content, equal text, however the event was written. */
function setField(field: FieldValues, column: DataColumn, row: number, value: unknown): string {
  if (field.kind === 'text') {
    const text = value === undefined ? null : column.kind === 'json' ? canonicalJson(value) : String(value)
    field.values.push(text)
    return text ?? ''
  }
  if (value === undefined) return ''
  field.valid[row] = 1
  if (field.kind === 'money') {
    const units = minorUnits(String(value))
    field.values[row] = units
    return units.toString()
  }
  field.values[row] = field.kind === 'boolean' ? (value === true ? 1 : 0) : Number(value)
  return String(value)
}

/** Hundredths of a decimal string that its schema has passed; short ones without going through bigint arithmetic. */
function minorUnits(text: string): bigint {
  const point = text.indexOf('.')
  if (text.length > 15) return parseDecimal(text, 2) ?? 0n
  if (point < 0) return BigInt(Number(text) * 100)
  return BigInt(Math.round(Number(text) * 100))
}
