/** Events of one type as an Arrow IPC stream, in each of the ways a column may be written (contract §1). */
import {
  Bool,
  type Data,
  type DataType,
  DateDay,
  Decimal,
  Dictionary,
  Field,
  Int16,
  Int32,
  Int64,
  List,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  TimestampSecond,
  Utf8,
  vectorFromArray,
} from 'apache-arrow'
import { type EventType, parseDecimal, parseTime, STREAMS } from '../../pipeline/contract/index.ts'
import type { FieldSchema, WireEvent } from './events.ts'

export type ArrowForm = { text: 'plain' | 'dictionary'; money: 'int64' | 'decimal'; time: 's' | 'ms' | 'us' | 'ns' | 'text'; day: 'text' | 'date' }

/** All of one type; the record batches hold `rows` of them each. */
export function arrowStream(events: readonly WireEvent[], form: ArrowForm, rows = events.length): Buffer {
  const writer = new RecordBatchStreamWriter()
  const columns = columnsOf(events, form)
  const schema = new Schema(columns.map(({ name, data }) => new Field(name, data.type as DataType, true)))
  const whole = makeData({ type: new Struct(schema.fields), length: events.length, children: columns.map((c) => c.data as never) })
  const batch = new RecordBatch(schema, whole)
  for (let from = 0; from < events.length; from += rows) writer.write(rows >= events.length ? batch : batch.slice(from, from + rows))
  writer.finish()
  return Buffer.from(writer.toUint8Array(true))
}

function columnsOf(events: readonly WireEvent[], form: ArrowForm): { name: string; data: Data }[] {
  const attributes = (['id', 'source', 'type', 'institution', 'subject', 'op'] as const).map((name) => ({
    name,
    values: events.map((e) => e[name]),
    schema: {},
  }))
  const times = (['time', 'recordedtime'] as const).map((name) => ({ name, values: events.map((e) => e[name]), schema: { 'x-column': 'time' } }))
  const properties = STREAMS[events[0]?.type as EventType].data.properties as Record<string, FieldSchema>
  const fields = Object.entries(properties).map(([name, schema]) => ({ name, values: events.map((e) => e.data[name]), schema }))
  return [...attributes, ...times, ...fields]
    .filter(({ values }) => values.some((v) => v !== undefined))
    .map(({ name, values, schema }) => ({ name, data: columnOf(schema as FieldSchema, values, form) }))
    .concat({ name: 'sequence', data: numbers(new Int64(), BigInt64Array, events, (e) => BigInt(e.sequence)) })
}

/** Undefined is null. */
function columnOf(schema: FieldSchema, values: readonly unknown[], form: ArrowForm): Data {
  const { items, properties } = schema
  if (items !== undefined) return listOf(items, values as (unknown[] | undefined)[], form)
  if (properties !== undefined) return recordOf(properties, values as (Record<string, unknown> | undefined)[], form)
  switch (schema['x-column']) {
    case 'money':
      return moneyOf(values.map(unitsOf), form)
    case 'integer':
      return numbers(new Int32(), Int32Array, values, (v) => v as number)
    case 'boolean':
      return vectorFromArray(values.map((v) => v ?? null) as boolean[], new Bool()).data[0] as Data
    case 'time':
      return form.time === 'text' ? textOf(values, form) : timesOf(values, form.time)
    case 'day':
      return form.day === 'text' ? textOf(values, form) : numbers(new DateDay(), Int32Array, values, (v) => Date.parse(String(v)) / 86_400_000)
    default:
      return textOf(values, form)
  }
}

function unitsOf(value: unknown): bigint | undefined {
  return value === undefined ? undefined : parseDecimal(String(value), 2)
}

function moneyOf(units: (bigint | undefined)[], { money }: ArrowForm): Data {
  if (money === 'int64') return numbers(new Int64(), BigInt64Array, units, (u) => u)
  const words = new BigInt64Array(units.length * 2)
  for (const [row, u = 0n] of units.entries()) {
    words[row * 2] = u
    words[row * 2 + 1] = u < 0n ? -1n : 0n
  }
  return makeData({ type: new Decimal(2, 38, 128), length: units.length, ...validity(units), data: new Uint32Array(words.buffer) }) as Data
}

const UNITS = {
  s: [new TimestampSecond(), 1000n, 1n],
  ms: [new TimestampMillisecond(), 1n, 1n],
  us: [new TimestampMicrosecond(), 1n, 1000n],
  ns: [new TimestampNanosecond(), 1n, 1_000_000n],
} as const

function timesOf(values: readonly unknown[], unit: keyof typeof UNITS): Data {
  const [type, divisor, factor] = UNITS[unit]
  return numbers(type, BigInt64Array, values, (v) => (BigInt(parseTime(String(v)) ?? 0) / divisor) * factor)
}

function textOf(values: readonly unknown[], { text }: ArrowForm): Data {
  const type = text === 'plain' ? new Utf8() : new Dictionary(new Utf8(), new Int16())
  return vectorFromArray(
    values.map((v) => (v === undefined ? null : String(v))),
    type as DataType,
  ).data[0] as Data
}

function listOf(items: FieldSchema, values: readonly (unknown[] | undefined)[], form: ArrowForm): Data {
  const child = columnOf(
    items,
    values.flatMap((v) => v ?? []),
    form,
  )
  let end = 0
  const valueOffsets = Int32Array.from([0, ...values.map((v) => (end += v?.length ?? 0))])
  return makeData({ type: new List(new Field('item', child.type as DataType, true)), length: values.length, ...validity(values), valueOffsets, child }) as Data
}

function recordOf(properties: Record<string, FieldSchema>, values: readonly (Record<string, unknown> | undefined)[], form: ArrowForm): Data {
  const children = Object.entries(properties).map(([name, schema]) => ({
    name,
    data: columnOf(
      schema,
      values.map((v) => v?.[name]),
      form,
    ),
  }))
  const type = new Struct(children.map(({ name, data }) => new Field(name, data.type as DataType, true)))
  return makeData({ type, length: values.length, ...validity(values), children: children.map((c) => c.data as never) }) as Data
}

type NumericArray<T> = { from(values: ArrayLike<T>): unknown }

function numbers<V, T extends number | bigint>(type: DataType, array: NumericArray<T>, values: readonly V[], of: (value: V & {}) => T | undefined): Data {
  const zero = (array === (BigInt64Array as unknown) ? 0n : 0) as T
  const data = array.from(values.map((v) => (v === undefined ? zero : (of(v as V & {}) ?? zero))))
  return makeData({ type, length: values.length, ...validity(values), data } as never) as Data
}

function validity(values: readonly unknown[]): { nullCount: number; nullBitmap: Uint8Array } {
  const nullBitmap = new Uint8Array((values.length + 7) >> 3)
  for (const [row, value] of values.entries()) if (value !== undefined) nullBitmap[row >> 3] = (nullBitmap[row >> 3] as number) | (1 << (row & 7))
  return { nullCount: values.filter((v) => v === undefined).length, nullBitmap }
}
