import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadRules } from '../cold/catalogue/catalogue.ts'
import { replay } from '../cold/replay/replay.ts'
import { describeError, digestLine, type PublishedAlert } from '../contract/index.ts'
import { scenarioEvents } from '../scenario/steps.ts'
import { Database } from '../store/database.ts'
import { lookForGrowth } from './growth.ts'
import { openKafkaSource } from './source.ts'
import { openAdmin, type TopicAdmin } from './testing/admin.ts'
import { brokerAvailable, startBroker, type TestBroker } from './testing/broker.ts'
import { followTo, send } from '../cold/testing/follow.ts'
import { ensureTopics } from './topics.ts'

const STORY_MS = 60_000

describe.skipIf(!brokerAvailable().ok)('a log that changes under an engine', () => {
  let broker: TestBroker
  let admin: TopicAdmin
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-log-'))

  beforeAll(async () => {
    broker = await startBroker()
    admin = await openAdmin({ brokers: broker.brokers })
  })
  afterAll(async () => {
    admin.close()
    await broker.stop()
  })

  test('topics that grow keep their places in the file; what was said, and what is said later, is what a replay says', async () => {
    const options = { brokers: broker.brokers, prefix: 'grow.' }
    await ensureTopics({ ...options, partitions: 2 })
    const file = join(folder, 'grow.duckdb')
    const places = async () => {
      const db = await Database.open(file)
      const rows = await db.rows('SELECT topic, "partition" FROM engine.partition ORDER BY idx')
      db.close()
      return rows.map(([topic, partition]) => `${topic}/${partition}`)
    }
    const began = Date.now() - STORY_MS
    const [middle, end] = [began + STORY_MS / 2, began + STORY_MS]
    const events = [...scenarioEvents(11, began, STORY_MS)]
    await send(
      options,
      events.filter((e) => Date.parse(e.time) <= middle),
    )
    const live = await followTo(middle, options, file)
    const before = await places()
    for (const topic of ['credit.loan', 'pay.payment']) await admin.grow(`grow.${topic}`, 5)
    await send(
      options,
      events.filter((e) => Date.parse(e.time) > middle),
    )
    live.push(...(await followTo(end, options, file)))
    const added = ['credit.loan', 'pay.payment'].flatMap((topic) => [2, 3, 4].map((p) => `${topic}/${p}`))
    expect((await places()).slice(0, before.length)).toEqual(before)
    expect((await places()).slice(before.length).sort()).toEqual(added.sort())
    const whole = await replay({ source: await openKafkaSource({ ...options, toEnd: true }), rules: await loadRules() })
    const lines = (alerts: PublishedAlert[]) =>
      alerts
        .filter((a) => Date.parse(a.at) <= end)
        .map(digestLine)
        .sort()
    expect(lines(live).length).toBeGreaterThan(50)
    expect(lines(live)).toEqual(lines(whole.revisions))
  })

  test('an engine that runs is told of new partitions', async () => {
    const options = { brokers: broker.brokers, prefix: 'look.' }
    await ensureTopics({ ...options, partitions: 1 })
    const source = await openKafkaSource(options)
    expect(await source.unread()).toEqual([])
    const growth = lookForGrowth(source, 50)
    await admin.grow('look.pay.payment', 3)
    await expect(growth.found).rejects.toMatchObject({ code: 'LT-2408', facts: { partitions: 'pay.payment/1, pay.payment/2' } })
    await growth.stop()
    await source.close()
  })

  test('retention that ran past, a topic made anew and a partition that is gone are told apart, each with what to do', async () => {
    const options = { brokers: broker.brokers, prefix: 'lost.' }
    await ensureTopics({ ...options, partitions: 1 })
    const payments = [...scenarioEvents(3, Date.now() - STORY_MS, STORY_MS)].filter((e) => e.type === 'pay.payment').slice(0, 100)
    await send(options, payments)
    const open = (nextOffset: number, partition = 0) =>
      openKafkaSource({ ...options, topics: ['pay.payment'], starts: [{ topic: 'pay.payment', partition, nextOffset }] })
    await (await open(100)).close()
    await admin.forgetBefore('lost.pay.payment', 60)
    await expect(open(59)).rejects.toMatchObject({ code: 'LT-2004', facts: { wanted: 59, low: 60, high: 100 } })
    await (await open(60)).close()
    await admin.remove('lost.pay.payment')
    await expect(open(100)).rejects.toMatchObject({ code: 'LT-2005', facts: { wanted: 100, count: 0 } })
    await ensureTopics({ ...options, partitions: 1 })
    await send(options, payments.slice(0, 10))
    await expect(open(100)).rejects.toMatchObject({ code: 'LT-2006', facts: { wanted: 100, high: 10 } })
    await expect(open(5, 3)).rejects.toMatchObject({ code: 'LT-2005', facts: { partition: 3, count: 1 } })
    const error = await open(100).catch((e: unknown) => e)
    for (const [language, words] of [
      ['zh', '重建'],
      ['en', 'made anew'],
    ] as const)
      expect(describeError(error, language)).toContain(words)
  })
})
