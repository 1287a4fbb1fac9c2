import {
  Bool,
  type DataType,
  Decimal,
  Dictionary,
  Field,
  Int16,
  Int32,
  Int64,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  TimestampMicrosecond,
  TimestampMillisecond,
  Utf8,
  type Vector,
  vectorFromArray,
  makeData,
} from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { type EventType, parseDecimal, parseTime, STREAMS } from '../../contract/index.ts'
import { batchOf } from '../../contract/source.ts'
import type { Decoded } from '../../contract/stage.ts'
import { scenarioEvents } from '../../scenario/steps.ts'
import { decoder } from './decode.ts'

type Sample = Record<string, unknown> & { type: EventType; data: Record<string, unknown> }
const events = [...scenarioEvents(4, Date.UTC(2026, 2, 2, 1), 60_000)] as unknown as Sample[]
const ofType = (type: string) => events.filter((e) => e.type === type).slice(0, 200)

type Form = { text: 'plain' | 'dictionary'; money: 'int64' | 'decimal'; time: 'ms' | 'us' | 'text' }

const textVector = (values: (string | null)[], { text }: Form): Vector =>
  vectorFromArray(values, (text === 'plain' ? new Utf8() : new Dictionary(new Utf8(), new Int16())) as DataType)

function fieldVector(kind: string | undefined, values: unknown[], form: Form): Vector {
  if (kind === 'money') {
    const units = values.map((v) => (v === undefined ? null : (parseDecimal(String(v), 2) ?? null)))
    return form.money === 'int64'
      ? vectorFromArray(units, new Int64() as DataType)
      : vectorFromArray(
          units.map((u) => (u === null ? null : words(u))),
          new Decimal(2, 38, 128) as DataType,
        )
  }
  if (kind === 'integer') return vectorFromArray(values.map((v) => v ?? null) as number[], new Int32() as DataType)
  if (kind === 'boolean') return vectorFromArray(values.map((v) => v ?? null) as boolean[], new Bool() as DataType)
  return textVector(
    values.map((v) => (v === undefined ? null : String(v))),
    form,
  )
}

const words = (units: bigint) => new Uint32Array(BigInt64Array.of(BigInt.asIntN(64, units), units < 0n ? -1n : 0n).buffer)

function timeVector(values: (string | undefined)[], form: Form): Vector {
  if (form.time === 'text')
    return textVector(
      values.map((v) => v ?? null),
      form,
    )
  const ms = values.map((v) => (v === undefined ? null : BigInt(parseTime(v) ?? 0)))
  return form.time === 'ms'
    ? vectorFromArray(
        ms.map((v) => (v === null ? null : Number(v))),
        new TimestampMillisecond() as DataType,
      )
    : vectorFromArray(
        ms.map((v) => (v === null ? null : Number(v))),
        new TimestampMicrosecond() as DataType,
      )
}

/** Events of one type as an Arrow IPC stream. */
function ipc(sample: Sample[], form: Form): Buffer {
  const [first] = sample
  const columns: Record<string, Vector> = {}
  for (const name of ['id', 'source', 'type', 'institution', 'subject', 'op'])
    if (sample.some((e) => e[name] !== undefined))
      columns[name] = textVector(
        sample.map((e) => (e[name] as string | undefined) ?? null),
        form,
      )
  columns['sequence'] = vectorFromArray(
    sample.map((e) => Number(e['sequence'])),
    new Int32() as DataType,
  )
  columns['time'] = timeVector(
    sample.map((e) => e['time'] as string),
    form,
  )
  if (sample.some((e) => e['recordedtime'] !== undefined))
    columns['recordedtime'] = timeVector(
      sample.map((e) => e['recordedtime'] as string | undefined),
      form,
    )
  const properties = STREAMS[first?.type ?? 'pay.payment'].data.properties as Record<string, { 'x-column'?: string }>
  for (const [name, schema] of Object.entries(properties)) {
    const values = sample.map((e) => e.data[name])
    if (values.some((v) => v !== undefined)) columns[name] = fieldVector(schema['x-column'], values, form)
  }
  const writer = new RecordBatchStreamWriter()
  const vectors = Object.entries(columns)
  const schema = new Schema(vectors.map(([name, v]) => new Field(name, v.type as DataType, true)))
  const data = makeData({ type: new Struct(schema.fields), length: sample.length, children: vectors.map(([, v]) => v.data[0] as never) })
  writer.write(new RecordBatch(schema, data))
  writer.finish()
  return Buffer.from(writer.toUint8Array(true))
}

function told({ streams, stream, row }: Decoded): unknown {
  return {
    arrivals: [...stream].map((s, a) => [s, row[a]]),
    streams: streams.map((s) => ({
      type: s.type,
      texts: [s.id, s.source, s.institution, s.subject].map((t) => [...t]),
      numbers: [s.time, s.recorded, s.sequence, s.op].map((n) => [...n.subarray(0, s.count)]),
      hashes: [[...s.key.subarray(0, s.count * 4)], [...s.content.subarray(0, s.count * 2)]],
    })),
  }
}

const decode = decoder({ keepJson: false })
const forms: Form[] = [
  { text: 'plain', money: 'int64', time: 'ms' },
  { text: 'dictionary', money: 'decimal', time: 'us' },
  { text: 'dictionary', money: 'int64', time: 'text' },
]

describe('an Arrow stream is as its events one by one in JSON, to the last bit of their hashes', () => {
  for (const type of ['pay.payment', 'credit.loan', 'book.position', 'inst.metric'])
    for (const form of forms)
      test(`${type}, text ${form.text}, money ${form.money}, time ${form.time}`, () => {
        const sample = ofType(type)
        const arrow = decode(batchOf([ipc(sample, form)], { form: 'arrow' }))
        expect(arrow.dead).toEqual([])
        expect(told(arrow)).toEqual(told(decode(batchOf(sample.map((e) => Buffer.from(JSON.stringify(e)))))))
      })
})

test('a row that does not hold is a dead letter with its pointer, and takes no other with it', () => {
  const [a, b, c] = ofType('pay.payment') as [Sample, Sample, Sample]
  const sample = [a, { ...b, data: { ...b.data, channel: 'pigeon' } }, { ...c, institution: '' }, { ...c, data: { ...c.data, amount: '-1.00' } }]
  for (const form of forms) {
    const { dead, stream } = decode(batchOf([ipc(sample, form)], { form: 'arrow' }))
    expect([...stream]).toEqual([0, -1, -1, -1])
    expect(dead.map((d) => [d.reason, d.pointer])).toEqual([
      ['schema', '/data/channel'],
      ['schema', '/institution'],
      ['bad-money', '/data/amount'],
    ])
  }
})

test('bytes that are no Arrow stream are one dead letter', () => {
  const whole = ipc(ofType('pay.payment'), forms[0] as Form)
  const { dead } = decode(batchOf([Buffer.from('ARROW1'), whole.subarray(0, 300), Buffer.alloc(0)], { form: 'arrow' }))
  expect(dead.map((d) => d.reason)).toEqual(['not-json', 'not-json', 'not-json'])
})
