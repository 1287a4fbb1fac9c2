/**
 * Every case from a real broker and back to it: all events are sent to their topics and read by the engine's own source; each case is then judged by itself,
 * as the part of the log that is its own, and what it says goes out through the engine's own sink and is read back.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Case, EVENT_TYPES, type EventType, type PublishedAlert, type Rule } from '../../contract/index.ts'
import { batchOf, type RawBatch, type Sink, type Source } from '../../contract/source.ts'
import { runEngine } from '../../engine.ts'
import { ConfirmingProducer } from '../../kafka/client.ts'
import { addressOf } from '../../kafka/produce.ts'
import { openKafkaSink, readAlerts } from '../../kafka/sink.ts'
import { openKafkaSource } from '../../kafka/source.ts'
import { brokerFor, startBroker, type TestBroker } from '../../kafka/testing/broker.ts'
import { ensureTopics } from '../../kafka/topics.ts'
import { Database } from '../../store/database.ts'
import { readRules } from './rule-files.ts'
import { caseEvents, problemsOf, rulesOf } from './run-case.ts'

const written = await readRules()
const known = written.map(({ rule }) => rule)
type Planned = { rule: Rule; given: Case; from: Map<EventType, number>; to: Map<EventType, number> }
type Message = { partition: number; offset: number; timestamp: number; value: Uint8Array }

describe.skipIf(!brokerFor('the cases of all rules on Kafka'))('every case of every rule on Kafka', () => {
  const planned: Planned[] = []
  const ran: { planned: Planned; revisions: number; dead: number }[] = []
  const said: PublishedAlert[] = []
  let broker: TestBroker

  beforeAll(async () => {
    broker = await startBroker()
    const options = { brokers: broker.brokers }
    await ensureTopics({ ...options, partitions: 1 })
    planned.push(...(await sent(options)))
    const source = await openKafkaSource({ ...options, toEnd: true })
    const log = await read(source)
    await source.close()
    const sink = await openKafkaSink(options)
    for (const one of planned) ran.push({ planned: one, ...(await judged(one, source.partitions, log, sink)) })
    await sink.close()
    for await (const alert of readAlerts(options, { follow: false })) said.push(alert)
  })
  afterAll(() => broker.stop())

  test('all of them hold', () => {
    expect(ran.reduce((n, r) => n + r.revisions, 0)).toBe(said.length)
    let at = 0
    const problems = ran.flatMap(({ planned: { rule, given }, revisions, dead }) =>
      problemsOf(rule, given, said.slice(at, (at += revisions)), dead).map((problem) => `${rule.code} ${given.name}: ${problem}`),
    )
    expect(problems).toEqual([])
    expect(ran.length).toBe(written.reduce((n, { cases }) => n + cases.length, 0))
  })
})

/** Each topic has one partition: the events of a case lie in it one after the other. */
async function sent(options: { brokers: string }): Promise<Planned[]> {
  const next = new Map<EventType, number>(EVENT_TYPES.map((type) => [type, 0]))
  const producer = await ConfirmingProducer.connect(options)
  const planned: Planned[] = []
  for (const { rule, cases } of written)
    for (const given of cases) {
      const from = new Map(next)
      const events = caseEvents(given)
      for (const { type } of given.given) next.set(type, (next.get(type) ?? 0) + 1)
      await producer.send(
        events.map((event) => ({ topic: String(event['type']), key: addressOf(event)?.key ?? '', value: Buffer.from(JSON.stringify(event)) })),
      )
      planned.push({ rule, given, from, to: new Map(next) })
    }
  await producer.close()
  return planned
}

async function read(source: Source): Promise<Message[]> {
  const log: Message[] = []
  for (let raw = await source.pull(10_000, 50); raw !== null; raw = await source.pull(10_000, 50)) {
    for (let i = 0; i < raw.count; i++)
      log.push({
        partition: raw.partition[i] ?? 0,
        offset: raw.offset[i] ?? 0,
        timestamp: raw.timestamp[i] ?? Number.NaN,
        value: raw.bytes.slice(raw.ends[i - 1] ?? 0, raw.ends[i]),
      })
    source.release?.(raw)
  }
  return log
}

async function judged(
  { rule, given, from, to }: Planned,
  partitions: Source['partitions'],
  log: readonly Message[],
  sink: Sink,
): Promise<{ revisions: number; dead: number }> {
  const own = log.filter(({ partition, offset }) => {
    const type = partitions[partition]?.topic as EventType
    return offset >= (from.get(type) ?? 0) && offset < (to.get(type) ?? 0)
  })
  const db = await Database.open(':memory:')
  let revisions = 0
  try {
    const ledger = await runEngine({
      db,
      source: sourceOf(partitions, own),
      sink: { deliver: (messages) => sink.deliver(messages), close: () => Promise.resolve() },
      rules: rulesOf(rule, given, known),
      onDelivered: (delivered) => void (revisions += delivered.revisions.length),
    })
    return { revisions, dead: ledger.books.reduce((n, b) => n + b.dead, 0) }
  } finally {
    db.close()
  }
}

/** A part of the log, which ends with it. */
function sourceOf(partitions: Source['partitions'], messages: readonly Message[]): Source {
  let whole: RawBatch | null = batchOf(messages.map((m) => m.value))
  whole.partition.set(messages.map((m) => m.partition))
  whole.offset.set(messages.map((m) => m.offset))
  whole.timestamp.set(messages.map((m) => m.timestamp))
  whole = { ...whole, ended: partitions.map((_, i) => i) }
  return {
    partitions,
    control: [],
    silent: () => [],
    writeControl: () => Promise.resolve(),
    close: () => Promise.resolve(),
    pull() {
      const now = whole
      whole = null
      return Promise.resolve(now)
    },
  }
}
