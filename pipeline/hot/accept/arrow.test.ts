import { Bool, makeData, Null, RecordBatch, RecordBatchStreamWriter, Schema, Field, Struct } from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { type ArrowForm, arrowStream } from '../../../test/wire/arrow.ts'
import type { WireEvent } from '../../../test/wire/events.ts'
import { toldColumns } from '../../../test/wire/told.ts'
import { batchOf } from '../../contract/source.ts'
import { scenarioEvents } from '../../scenario/steps.ts'
import { decoder } from './decode.ts'

const events = [...scenarioEvents(4, Date.UTC(2026, 2, 2, 1), 60_000)] as unknown as WireEvent[]
const ofType = (type: string) => events.filter((e) => e.type === type).slice(0, 200)

const decode = decoder({ keepJson: false })
const forms: ArrowForm[] = [
  { text: 'plain', money: 'int64', time: 'ms', day: 'text' },
  { text: 'dictionary', money: 'decimal', time: 'us', day: 'date' },
  { text: 'dictionary', money: 'int64', time: 'text', day: 'text' },
  { text: 'plain', money: 'decimal', time: 'ns', day: 'date' },
]
const plain = forms[0] as ArrowForm
const reasonsOf = (...messages: Uint8Array[]) => decode(batchOf(messages, { form: 'arrow' })).dead.map((d) => [d.reason, d.pointer])

describe('an Arrow stream is as its events one by one in JSON, to the last bit of their hashes', () => {
  for (const type of ['pay.payment', 'credit.loan', 'book.position', 'inst.metric', 'product.holding', 'ref.party'])
    for (const form of forms)
      test(`${type}, text ${form.text}, money ${form.money}, time ${form.time}`, () => {
        const sample = ofType(type)
        const arrow = decode(batchOf([arrowStream(sample, form)], { form: 'arrow' }))
        expect(arrow.dead).toEqual([])
        expect(toldColumns(arrow)).toEqual(toldColumns(decode(batchOf(sample.map((e) => Buffer.from(JSON.stringify(e)))))))
      })
})

test('several record batches in one message are all read', () => {
  const sample = ofType('pay.payment')
  expect([...decode(batchOf([arrowStream(sample, plain, 7)], { form: 'arrow' })).stream].length).toBe(sample.length)
})

test('a row that does not hold is a dead letter with its pointer, and takes no other with it', () => {
  const [a, b, c] = ofType('pay.payment') as [WireEvent, WireEvent, WireEvent]
  const sample = [a, { ...b, data: { ...b.data, channel: 'pigeon' } }, { ...c, institution: '' }, { ...c, data: { ...c.data, amount: '-1.00' } }]
  for (const form of forms) {
    const { dead, stream } = decode(batchOf([arrowStream(sample, form)], { form: 'arrow' }))
    expect([...stream]).toEqual([0, -1, -1, -1])
    expect(dead.map((d) => [d.reason, d.pointer])).toEqual([
      ['schema', '/data/channel'],
      ['schema', '/institution'],
      ['bad-money', '/data/amount'],
    ])
  }
})

test('what is null in a column is as what is absent in JSON', () => {
  const [a, b] = ofType('pay.payment') as [WireEvent, WireEvent]
  const without = (name: keyof WireEvent) => ({ ...b, [name]: undefined }) as unknown as WireEvent
  for (const form of forms) {
    for (const [name, reason] of [
      ['id', ['not-cloudevent', undefined]],
      ['time', ['bad-time', '/time']],
      ['institution', ['schema', '/institution']],
    ] as const)
      expect(reasonsOf(arrowStream([a, without(name)], form))).toEqual([reason])
    expect(reasonsOf(arrowStream([a, without('subject')], form))).toEqual([])
  }
})

describe('bytes that are no Arrow stream in good order are one dead letter', () => {
  const whole = arrowStream(ofType('pay.payment'), plain)

  test('another format, a part of a stream, one with more behind it, nothing', () => {
    expect(reasonsOf(Buffer.from('ARROW1'), whole.subarray(0, 300), Buffer.concat([whole, whole]), Buffer.alloc(0))).toEqual(
      Array.from({ length: 4 }, () => ['not-json', undefined]),
    )
  })

  test('text that is no UTF-8, or ends within a character', () => {
    const sample = ofType('pay.payment').map((e) => ({ ...e, data: { ...e.data, purpose: '货款货款货款货款货' } }))
    const stream = arrowStream(sample, plain)
    const broken = Buffer.from(stream)
    broken[stream.indexOf('货款')] = 0xff
    const shifted = Buffer.from(stream)
    const offsets = stream.indexOf(Buffer.from(Int32Array.of(0, 27, 54, 81).buffer))
    expect(offsets).toBeGreaterThan(0)
    shifted.writeInt32LE(28, offsets + 4)
    expect(reasonsOf(broken, shifted)).toEqual([
      ['not-json', undefined],
      ['not-json', undefined],
    ])
  })

  test('offsets that fall, or point behind the text', () => {
    const stream = arrowStream(
      ofType('pay.payment').map((e) => ({ ...e, data: { ...e.data, purpose: 'abcd' } })),
      plain,
    )
    const offsets = stream.indexOf(Buffer.from(Int32Array.of(0, 4, 8, 12).buffer))
    const with4 = (offset: number) => {
      const bytes = Buffer.from(stream)
      bytes.writeInt32LE(offset, offsets + 8)
      return bytes
    }
    expect(reasonsOf(with4(8), with4(-8), with4(2), with4(2 ** 31 - 1))).toEqual(Array.from({ length: 3 }, () => ['not-json', undefined]))
  })

  test('a row count that no column bears out', () => {
    const schema = new Schema([new Field('type', new Null(), true)])
    const writer = new RecordBatchStreamWriter()
    const rows = 2 ** 30
    writer.write(
      new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length: rows, children: [makeData({ type: new Null(), length: rows }) as never] })),
    )
    writer.finish()
    expect(reasonsOf(Buffer.from(writer.toUint8Array(true)))).toEqual([['not-json', undefined]])
  })

  test('more rows than a message of events can have are too large, and no letter each', () => {
    const rows = (1 << 20) + 1
    const column = makeData({ type: new Bool(), length: rows, nullCount: 0, data: new Uint8Array((rows >> 3) + 1) })
    const schema = new Schema([new Field('type', new Bool(), true)])
    const writer = new RecordBatchStreamWriter()
    writer.write(new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length: rows, children: [column as never] })))
    writer.finish()
    expect(reasonsOf(Buffer.from(writer.toUint8Array(true)))).toEqual([['too-large', undefined]])
  })

  test('a long text that few bytes name many times is too large', () => {
    const [one] = ofType('pay.payment') as [WireEvent]
    const sample = Array.from({ length: 3000 }, () => ({ ...one, data: { ...one.data, purpose: 'x'.repeat(100_000) } }))
    const stream = arrowStream(sample, { ...plain, text: 'dictionary' })
    expect(stream.length).toBeLessThan(1 << 20)
    expect(reasonsOf(stream)).toEqual([['too-large', undefined]])
  })
})
