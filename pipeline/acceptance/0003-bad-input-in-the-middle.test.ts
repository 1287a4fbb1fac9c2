import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadRules } from '../cold/catalogue/catalogue.ts'
import { replay } from '../cold/replay/replay.ts'
import { digestLine } from '../contract/index.ts'
import { ConfirmingProducer } from '../kafka/client.ts'
import { addressOf } from '../kafka/produce.ts'
import { openKafkaSource } from '../kafka/source.ts'
import { brokerAvailable, startBroker, type TestBroker } from '../kafka/testing/broker.ts'
import { ensureTopics } from '../kafka/topics.ts'
import { scenarioEvents } from '../scenario/steps.ts'

type Message = { topic: string; key: string; value: Buffer }

describe.skipIf(!brokerAvailable().ok)('bad input in the middle of a stream', () => {
  let broker: TestBroker

  beforeAll(async () => {
    broker = await startBroker()
  })
  afterAll(() => broker.stop())

  test('becomes dead letters with reason and position, counted; the rest is judged as before', async () => {
    const events = [...scenarioEvents(3, Date.UTC(2026, 10, 2, 1), 40_000)]
    const good: Message[] = events.map((e) => ({ topic: e.type as string, key: addressOf(e)?.key ?? '', value: Buffer.from(JSON.stringify(e)) }))
    const loan = events.find((e) => e.type === 'credit.loan')
    const bad: [string, Buffer][] = [
      ['not-json', Buffer.from('{"half":')],
      ['not-json', Buffer.alloc(0)],
      ['too-large', Buffer.alloc(2 << 20, 'x')],
      ['too-deep', Buffer.from('['.repeat(10_000))],
      ['unknown-type', Buffer.from(JSON.stringify({ ...loan, id: 'bad-1', type: 'credit.lone' }))],
      ['schema', Buffer.from(JSON.stringify({ ...loan, id: 'bad-2', data: { ...(loan?.data as object), class: 'excellent' } }))],
      ['bad-money', Buffer.from(JSON.stringify({ ...loan, id: 'bad-3', data: { ...(loan?.data as object), balance: '1,000.00' } }))],
      ['not-cloudevent', Buffer.from('[]')],
      ['future-time', Buffer.from(JSON.stringify({ ...loan, id: 'bad-4', time: '2099-01-01T00:00:00Z' }))],
      ['bad-time', Buffer.from(JSON.stringify({ ...loan, id: 'bad-5', time: 'soon' }))],
    ]
    const poison = bad.map(([, value]) => ({ topic: 'credit.loan', key: 'poison', value }))
    const run = async (prefix: string, messages: Message[], db?: string) => {
      const options = { brokers: broker.brokers, prefix }
      await ensureTopics({ ...options, partitions: 4 })
      const producer = await ConfirmingProducer.connect(options)
      for (let i = 0; i < messages.length; i += 2000) await producer.send(messages.slice(i, i + 2000).map((m) => ({ ...m, topic: prefix + m.topic })))
      await producer.close()
      return replay({ source: await openKafkaSource({ ...options, toEnd: true }), rules: await loadRules(), ...(db !== undefined && { db }) })
    }
    const clean = await run('clean.', good)
    const half = Math.floor(good.length / 2)
    const db = join(mkdtempSync(join(tmpdir(), 'lookthrough-poison-')), 'out.duckdb')
    const poisoned = await run('poisoned.', [...good.slice(0, half), ...poison, ...good.slice(half)], db)
    expect(clean.revisions.length).toBeGreaterThan(5)
    const rest = (of: typeof clean) => of.revisions.filter((r) => r.rule.code !== 'DQ-01').map((r) => digestLine(r))
    expect(rest(poisoned)).toEqual(rest(clean))
    const told = poisoned.revisions.filter((r) => r.rule.code === 'DQ-01').map((r) => r.subject.id)
    // Those that carry a loan's time are late by then, and in no window.
    expect(new Set(told)).toEqual(new Set(['not-json', 'too-large', 'too-deep', 'not-cloudevent', 'future-time', 'bad-time']))
    expect([poisoned.read, poisoned.used, poisoned.dead]).toEqual([good.length + bad.length, good.length, bad.length])
    const instance = await DuckDBInstance.create(db, { access_mode: 'READ_ONLY' })
    const connection = await instance.connect()
    const rows = (await connection.runAndReadAll('select reason, topic, "partition", "offset" from lt.dead_letters order by "offset"')).getRowsJson() as [
      string,
      string,
      number,
      number,
    ][]
    connection.closeSync()
    instance.closeSync()
    expect(rows.map((r) => r[0])).toEqual(bad.map(([reason]) => reason))
    expect(new Set(rows.map((r) => `${r[1]}/${r[2]}`)).size).toBe(1)
    rows.forEach((r, i) => expect(Number(r[3])).toBe(Number(rows[0]?.[3]) + i))
  })
})
