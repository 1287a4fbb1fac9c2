import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MAX_BULK_BYTES } from '../contract/index.ts'
import type { OutgoingLetter } from '../contract/source.ts'
import { runEngine } from '../engine.ts'
import { Database } from '../store/database.ts'
import { ConfirmingProducer, type KafkaOptions } from './client.ts'
import { letterMessage } from './dead-letters.ts'
import { withoutRepeats } from './repeats.ts'
import { openKafkaSink } from './sink.ts'
import { openKafkaSource } from './source.ts'
import { brokerFor, startBroker, type TestBroker } from './testing/broker.ts'
import { attributesOf, errorOf, keptLetters, LOAN, loan } from './testing/letters.ts'
import { ensureTopics } from './topics.ts'
const EVENT = 'application/cloudevents+json'
const BATCH = 'application/cloudevents-batch+json'
const ARROW = 'application/vnd.apache.arrow.stream'

const letter = (offset: number, more: Partial<OutgoingLetter> = {}): OutgoingLetter => ({
  topic: 'credit.loan',
  partition: 0,
  offset,
  event: 0,
  reason: 'not-json',
  pointer: null,
  id: null,
  institution: null,
  form: 'event',
  size: 4,
  bytes: Buffer.from('oops'),
  ...more,
})

describe.skipIf(!brokerFor('dead letters on a real Kafka broker'))('on a real broker', () => {
  let broker: TestBroker

  beforeAll(async () => {
    broker = await startBroker()
  })
  afterAll(() => broker.stop())

  /** Judges the whole log and sends what it refuses. */
  const judge = async (kafka: KafkaOptions) => {
    const [db, source, sink] = [await Database.open(':memory:'), await openKafkaSource({ ...kafka, toEnd: true }), await openKafkaSink(kafka)]
    await runEngine({ db, source, sink, rules: [] })
    await source.close()
    await sink.close()
    db.close()
  }

  test('what was refused lies there byte for byte, in every form, with its place and its reason', async () => {
    const kafka = { brokers: broker.brokers, prefix: 'forms.' }
    await ensureTopics({ ...kafka, partitions: 3 })
    const producer = await ConfirmingProducer.connect(kafka)
    const sent: Buffer[] = []
    const send = async (value: string | Buffer, headers: Record<string, string> = {}) => {
      sent.push(Buffer.from(value))
      await producer.send([{ topic: 'forms.credit.loan', partition: 2, key: 'L1', value: Buffer.from(value), headers }])
    }
    const ce = (id: string) => Object.fromEntries(Object.entries(attributesOf(id)).map(([name, text]) => [`ce_${name}`, text]))
    await send(loan('good'))
    await send('{"half":')
    await send(Buffer.from([0xff, 0x00, 0x7b]))
    await send('')
    await send(loan('贷款', { class: 'excellent' }))
    await send(loan('good', { balance: '7.00' }))
    const [bad, worse] = [loan('d', { balance: 7 }), loan('e', { dpd: undefined })]
    await send(`[${loan('c')}, ${bad},\n${worse}]`, { 'content-type': BATCH })
    await send('[', { 'content-type': `${BATCH}; charset=utf-8` })
    await send('ARROW1', { 'content-type': ARROW })
    await send(JSON.stringify({ ...LOAN, class: 'x' }), ce('f'))
    await send(Buffer.alloc(2 << 20, 'x'))
    await send(Buffer.alloc(2 << 20, 'x'), ce('g'))
    await producer.close()
    await judge(kafka)
    const kept = await keptLetters(kafka)
    const place = (offset: number, event = 0) => ({ topic: 'forms.credit.loan', partition: '2', offset: String(offset), event: String(event) })
    const named = (id: string) => ({ id, institution: 'B0001' })
    expect(kept.map(errorOf)).toEqual([
      { ...place(1), reason: 'not-json' },
      { ...place(2), reason: 'not-json' },
      { ...place(3), reason: 'not-json' },
      { ...place(4), reason: 'schema', pointer: '/data/class', ...named('贷款') },
      { ...place(5), reason: 'duplicate-conflict', ...named('good') },
      { ...place(6, 1), reason: 'bad-money', pointer: '/data/balance', ...named('d') },
      { ...place(6, 2), reason: 'schema', pointer: '/data/dpd', ...named('e') },
      { ...place(7), reason: 'not-json' },
      { ...place(8), reason: 'not-json' },
      { ...place(9), reason: 'schema', pointer: '/data/class', ...named('f') },
      { ...place(10), reason: 'too-large', size: String(2 << 20) },
      { ...place(11), reason: 'too-large', size: expect.stringMatching(/^2097\d{3}$/) as string },
    ])
    expect(kept.map((k) => k.key)).toEqual([1, 2, 3, 4, 5, 6, 6, 7, 8, 9, 10, 11].map((offset) => `credit.loan/2/${offset}`))
    expect(kept.map((k) => k.headers['content-type'])).toEqual([
      ...Array.from({ length: 7 }, () => EVENT),
      BATCH,
      ARROW,
      'application/json',
      EVENT,
      'application/json',
    ])
    expect(kept[9]?.headers).toMatchObject(ce('f'))
    const whole = [1, 2, 3, 4, 5, 7, 8, 9]
    const at = (offset: number) => kept.find((k) => k.key.endsWith(`/${offset}`))?.value
    for (const offset of whole) expect(at(offset)?.equals(sent[offset] as Buffer), `offset ${offset}`).toBe(true)
    expect(kept.slice(5, 7).map((k) => k.value.toString())).toEqual([bad, worse])
    expect(at(10)).toEqual(Buffer.alloc(4096, 'x'))
    expect(at(11)?.every((byte) => byte === 0x78)).toBe(true)
  })

  test('the longest letter there can be goes out, and of a longer one its beginning', async () => {
    const kafka = { brokers: broker.brokers, prefix: 'longest.' }
    await ensureTopics({ ...kafka, partitions: 1 })
    const sink = await openKafkaSink(kafka)
    const name = '名'.repeat(512)
    const long = (offset: number, length: number) =>
      letter(offset, { form: 'batch', id: name, institution: name.slice(0, 128), pointer: `/${name.slice(1)}`, size: length, bytes: Buffer.alloc(length, 'y') })
    await sink.deliverDead?.([long(0, MAX_BULK_BYTES), long(1, MAX_BULK_BYTES + 1), letter(2, { id: `${name}名`, pointer: `/${name}` })])
    await sink.close()
    const kept = await keptLetters(kafka)
    expect(kept.map((k) => k.value.length)).toEqual([MAX_BULK_BYTES, 4096, 4])
    expect(kept.map((k) => errorOf(k)['size'])).toEqual([undefined, String(MAX_BULK_BYTES + 1), undefined])
    expect(kept.map((k) => errorOf(k)['id'])).toEqual([name, name, undefined])
  })

  test('what the topic holds already is not sent again, whatever the file knows of it and wherever it lies', async () => {
    const kafka = { brokers: broker.brokers, prefix: 'again.' }
    await ensureTopics({ ...kafka, partitions: 1 })
    const sink = await openKafkaSink(kafka)
    const letters = Array.from({ length: 10 }, (_, n) => letter(Math.floor(n / 2), { event: n % 2 }))
    // The fourth was not acknowledged, those after it were.
    await sink.deliverDead?.([...letters.slice(0, 3), ...letters.slice(4, 8)])
    /** An engine over a file that counts so many letters, two of each message. */
    const deliverAgain = async (counted: number, unsent: number) => {
      const place = { topic: 'credit.loan', partition: 0 }
      const out = counted - unsent
      const from = unsent > 0 ? [{ ...place, offset: out / 2 }] : []
      const once = await withoutRepeats(sink, kafka, { starts: [{ ...place, nextOffset: counted / 2 }], sequence: 0, letters: { counted, unsent, from } })
      await once.deliverDead?.(letters.slice(out))
    }
    const names = async () => (await keptLetters(kafka)).map((k) => `${k.key.slice(-1)}.${errorOf(k)['event']}`)
    const before = ['0.0', '0.1', '1.0', '2.0', '2.1', '3.0', '3.1']
    await deliverAgain(10, 8)
    expect(await names()).toEqual([...before, '1.1', '4.0', '4.1'])
    // An empty file, older ones, some of which had not heard of what they sent last, and one that knows of all.
    for (const [counted, unsent] of [
      [0, 0],
      [4, 0],
      [4, 2],
      [8, 4],
      [10, 4],
      [10, 0],
    ] as const)
      await deliverAgain(counted, unsent)
    expect(await names()).toEqual([...before, '1.1', '4.0', '4.1'])
    await sink.close()
  })
})

test('letters of one partition go to one partition of the topic, in whose order they stay', () => {
  const to = (partition: number) => letterMessage(letter(1, { partition }), {}, 4).partition
  expect([0, 1, 2, 3, 4, 5].map(to)).toEqual([0, 1, 2, 3, 0, 1])
})
