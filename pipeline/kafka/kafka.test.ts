import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadRules } from '../cold/catalogue/catalogue.ts'
import { replay } from '../cold/replay/replay.ts'
import { canonicalJson, EVENT_TYPES, type PublishedAlert } from '../contract/index.ts'
import type { RawBatch, Source } from '../contract/source.ts'
import { alertOf } from '../desk/testing/world.ts'
import { openFiles } from '../hot/accept/file-source.ts'
import { scenarioEvents } from '../scenario/steps.ts'
import { ConfirmingProducer } from './client.ts'
import { produceFiles } from './produce.ts'
import { findDelivered, openKafkaSink, readAlerts } from './sink.ts'
import { openKafkaSource } from './source.ts'
import { brokerFor, startBroker, type TestBroker } from './testing/broker.ts'
import { ensureTopics } from './topics.ts'

describe.skipIf(!brokerFor('a real Kafka broker'))('on a real broker', () => {
  let broker: TestBroker
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-kafka-test-'))

  beforeAll(async () => {
    broker = await startBroker()
  })
  afterAll(() => broker.stop())

  const drain = async (source: Source): Promise<RawBatch[]> => {
    const batches: RawBatch[] = []
    for (let b = await source.pull(5000, 50); b !== null; b = await source.pull(5000, 50)) batches.push(b)
    await source.close()
    return batches
  }

  test('the same events through four partitions and through one file give the same digest', async () => {
    const prefix = 'digest.'
    await ensureTopics({ brokers: broker.brokers, prefix, partitions: 4 })
    const file = join(folder, 'events.ndjson')
    const lines = [...scenarioEvents(7, Date.UTC(2026, 10, 2, 1), 60_000)].map((e) => JSON.stringify(e))
    writeFileSync(file, `${lines.join('\n')}\n`)
    const rules = await loadRules()
    const fromFile = await replay({ source: await openFiles([file]), rules })
    expect(fromFile.revisions.length).toBeGreaterThan(5)
    const report = await produceFiles([file], { brokers: broker.brokers, prefix })
    expect(report).toMatchObject({ read: lines.length, produced: lines.length, skipped: [] })
    for (const maxEvents of [20_000, 777]) {
      const fromKafka = await replay({ source: await openKafkaSource({ brokers: broker.brokers, prefix, toEnd: true }), rules, maxEvents })
      expect([fromKafka.used, fromKafka.late, fromKafka.duplicate, fromKafka.dead]).toEqual([lines.length, 0, 0, 0])
      expect(fromKafka.digest).toBe(fromFile.digest)
      expect(fromKafka.revisions[0]?.positions?.[0]).toMatchObject({ topic: expect.any(String), partition: expect.any(Number), offset: expect.any(Number) })
    }
  })

  test('a bounded run starts at given offsets and ends at the ends it found, delivering nothing beyond', async () => {
    const prefix = 'bounded.'
    const options = { brokers: broker.brokers, prefix }
    await ensureTopics({ ...options, partitions: 2 })
    const producer = await ConfirmingProducer.connect(options)
    const send = (from: number, n: number) =>
      producer.send(
        Array.from({ length: n }, (_, i) => ({ topic: `${prefix}pay.payment`, partition: (from + i) % 2, key: 'k', value: Buffer.from(`m${from + i}`) })),
      )
    await send(0, 100)
    const source = await openKafkaSource({ ...options, topics: ['pay.payment'], toEnd: true, starts: [{ topic: 'pay.payment', partition: 0, nextOffset: 40 }] })
    await send(100, 50)
    const batches = await drain(source)
    expect(batches.reduce((n, b) => n + b.count, 0)).toBe(60)
    expect(batches.flatMap((b) => b.ended).sort((a, b) => a - b)).toEqual([0, 1])
    await expect(openKafkaSource({ ...options, topics: ['pay.payment'], starts: [{ topic: 'pay.payment', partition: 0, nextOffset: 5000 }] })).rejects.toThrow(
      'should go on at 5000',
    )
    await producer.close()
  })

  test('a message of 2 MB arrives cut, with its true length; an empty one arrives empty', async () => {
    const options = { brokers: broker.brokers, prefix: 'large.' }
    await ensureTopics({ ...options, partitions: 1 })
    const producer = await ConfirmingProducer.connect(options)
    await producer.send([
      { topic: 'large.pay.payment', key: 'k', value: Buffer.alloc(2 << 20, 'x') },
      { topic: 'large.pay.payment', key: 'k', value: Buffer.alloc(0) },
    ])
    await producer.close()
    const [batch] = await drain(await openKafkaSource({ ...options, topics: ['pay.payment'], toEnd: true }))
    expect([...(batch?.oversize ?? [])]).toEqual([2 << 20, 0])
    expect([...(batch?.ends ?? [])]).toEqual([4096, 4096])
  })

  test('control records written by one run are known to the next before its first message', async () => {
    const options = { brokers: broker.brokers, prefix: 'control.' }
    await ensureTopics({ ...options, partitions: 1 })
    const source = await openKafkaSource({ ...options, topics: ['pay.payment'] })
    const record = { topic: 'pay.payment', partition: 0, nextOffset: 0, watermark: Date.UTC(2026, 2, 2) }
    expect((await source.silent()).map((s) => [s.partition, s.nextOffset])).toEqual([[0, 0]])
    await source.writeControl([record])
    await source.close()
    const again = await openKafkaSource({ ...options, topics: ['pay.payment'] })
    expect(again.control).toEqual([record])
    await again.close()
  })

  test('the sink keeps order and the alerts topic tells what it holds', async () => {
    const options = { brokers: broker.brokers, prefix: 'sink.' }
    await ensureTopics({ ...options, partitions: 1 })
    const sink = await openKafkaSink(options)
    const message = (n: number) => ({ sequence: n, id: `A-${n % 3}`, revision: n, body: canonicalJson(alertOf(n, { id: `A-${n % 3}`, revision: n })) })
    await sink.deliver(Array.from({ length: 50 }, (_, i) => message(i)))
    await sink.close()
    const read: PublishedAlert[] = []
    for await (const alert of readAlerts(options, { follow: false })) read.push(alert)
    expect(read.map((a) => a.revision)).toEqual(Array.from({ length: 50 }, (_, i) => i))
    expect(
      await findDelivered(options, [
        { id: 'A-1', revision: 4 },
        { id: 'A-1', revision: 99 },
      ]),
    ).toEqual(new Set(['A-1/4']))
  })

  test('a topic that does not exist, and a broker that is not there, are said with their fix', async () => {
    await expect(openKafkaSource({ brokers: broker.brokers, prefix: 'nowhere.', topics: [...EVENT_TYPES] })).rejects.toMatchObject({ code: 'LT-2002' })
    await expect(openKafkaSink({ brokers: '127.0.0.1:1' })).rejects.toMatchObject({ code: 'LT-2001' })
  })
})
