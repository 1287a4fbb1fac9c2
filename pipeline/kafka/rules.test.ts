import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { replay } from '../cold/replay/replay.ts'
import { T0, linesOf, RULES } from '../cold/replay/testing/changing.ts'
import { openRuleBook } from '../cold/run/rule-book.ts'
import { digestOf, type PublishedAlert, type Rule } from '../contract/index.ts'
import type { RuleDecision } from '../contract/source.ts'
import { runEngine } from '../engine.ts'
import { Database } from '../store/database.ts'
import { ConfirmingProducer } from './client.ts'
import { ruleMessage } from './rules.ts'
import { openKafkaSource } from './source.ts'
import { brokerFor, startBroker, type TestBroker } from './testing/broker.ts'
import { ensureTopics } from './topics.ts'

describe.skipIf(!brokerFor('changes of rules on a real Kafka broker'))('changes of rules on a real broker', () => {
  let broker: TestBroker

  beforeAll(async () => {
    broker = await startBroker()
  }, 120_000)
  afterAll(() => broker.stop())

  test('a running engine takes one, refuses what is no record, and a replay of the topics says what it said', { timeout: 240_000 }, async () => {
    const options = { brokers: broker.brokers, prefix: 'rules.' }
    await ensureTopics({ ...options, partitions: 2 })
    const rules = [RULES['TR-01']?.('1.0.0', 40) as Rule]
    const [producer, source, book] = [await ConfirmingProducer.connect(options), await openKafkaSource(options), await openRuleBook(options, rules)]
    const [db, stop] = [await Database.open(':memory:'), new AbortController()]
    const said: PublishedAlert[] = []
    const decided: RuleDecision[] = []
    const running = runEngine({
      db,
      source,
      rules,
      stop: stop.signal,
      sink: { deliver: () => Promise.resolve(), close: () => Promise.resolve() },
      onDecided: (_, decision) => void decided.push(decision),
      onDelivered: ({ revisions }) => void said.push(...revisions),
    })
    const pay = async (from: number, to: number) => {
      const all = linesOf(Array.from({ length: to }, (_, i) => ({ what: 'payment' as const, time: i * 1000, delay: 0, of: i % 3, money: 30, bank: 0 })))
      await producer.send(all.slice(from, to).map((value) => ({ topic: 'rules.pay.payment', key: 'k', value })))
    }
    await pay(0, 10)
    await producer.send([ruleMessage({ key: 'TR-01', value: 'no record' }, options.prefix)])
    const asked = { act: 'activated' as const, effective: T0 + 20_000, rule: RULES['TR-01']?.('1.1.0', 20) as Rule }
    expect(await book.change(asked)).toMatchObject({ code: 'TR-01', version: '1.1.0', effective: '2026-03-02T01:00:20.000Z' })
    await expect(book.change({ ...asked, effective: T0 })).rejects.toMatchObject({ code: 'LT-3010', facts: { reason: 'too-late' } })
    await pay(10, 30)
    for (let i = 0; i < 600 && said.length < 10; i++) await new Promise((resolve) => setTimeout(resolve, 100))
    stop.abort()
    await running
    await Promise.all([source.close(), producer.close(), book.close()])
    db.close()
    expect(decided.map((d) => (d.accepted ? 'accepted' : d.reason))).toEqual(['broken', 'accepted', 'too-late'])
    expect(said.map((a) => a.rule.version)).toEqual(Array.from({ length: 10 }, () => '1.1.0'))
    const again = await replay({ source: await openKafkaSource({ ...options, toEnd: true }), rules })
    expect(again.digest).toBe(digestOf(said))
  })
})
