/** The short form of every suite, all on one broker. The long ones: `npm run faults -- <suite>`, figures in docs/measured.md. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { brokerFor, startBroker, type TestBroker } from '../../pipeline/kafka/testing/broker.ts'
import { brokerRestarts } from './broker-restarts.ts'
import { clock } from './clock.ts'
import { deadLetters } from './dead-letters.ts'
import { gateway } from './gateway.ts'
import { kills } from './kills.ts'
import { late } from './late.ts'
import { manyKeys } from './many-keys.ts'
import { orders } from './orders.ts'
import { overload } from './overload.ts'
import { sigterm } from './sigterm.ts'

describe.skipIf(!brokerFor('faults on a real Kafka broker'))('nothing is lost and nothing said twice', () => {
  let broker: TestBroker
  beforeAll(async () => {
    broker = await startBroker()
  })
  afterAll(() => broker.stop())

  const timeout = 600_000
  test('when the engine is killed again and again under load', { timeout }, async () => {
    expect((await kills(broker, { count: 6, rate: 500, longestMs: 3000 })).differences).toEqual([])
  })
  test('when the clock is an hour off, and steps back', { timeout }, async () => {
    expect((await clock(broker, { lifeMs: 5000 })).differences).toEqual([])
  })
  test('when ten times the usual rate comes in', { timeout }, async () => {
    expect((await overload(broker, { rate: 500, overMs: 5000, calmMs: 1000 })).differences).toEqual([])
  })
  test('when the same events come in other orders, batches and partitions, the engine killed on its way or not', { timeout }, async () => {
    expect((await orders(broker, { storyMs: 6000, kills: 1, every: 5, smallest: 10 })).differences).toEqual([])
  })
  test('when events come late: those beyond the bound are late, no others', { timeout }, async () => {
    expect((await late(broker, { ms: 5000, rate: 1000 })).differences).toEqual([])
  })
  test('when messages that cannot be judged come in between, the engine killed and its file torn', { timeout }, async () => {
    expect((await deadLetters(broker, { count: 4, rate: 200, longestMs: 2000 })).differences).toEqual([])
  })
  test('when it is told to end under full load', { timeout }, async () => {
    expect((await sigterm(broker, { count: 2, rate: 2000, lifeMs: 1000 })).differences).toEqual([])
  })
  test('when no key comes twice', { timeout }, async () => {
    expect((await manyKeys({ events: 100_000, repeated: 5000 })).differences).toEqual([])
  })
  test('when events are sent to the desk and the broker is restarted and killed', { timeout }, async () => {
    expect((await gateway(broker, { betweenMs: 1500, outageMs: 1000, atOnce: 4 })).differences).toEqual([])
  })
  test('when the broker is restarted, killed, and away for a while', { timeout }, async () => {
    expect((await brokerRestarts(broker, { clean: 1, killed: 1, outageMs: 5000, betweenMs: 500 })).differences).toEqual([])
  })
})
