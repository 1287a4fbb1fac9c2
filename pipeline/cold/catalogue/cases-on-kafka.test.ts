/**
 * Every case from a real broker and back to it: all events are sent to their topics and read by the engine's own source, each run is judged by itself, as the part
 * of the log that is its own, and what it says goes out through the engine's own sink and is read back. The cases of a rule are one run: each lies in partitions
 * of its own, its names begin with a mark of its own. Where one case could be seen in another they are judged one by one. A case that says something else of many
 * partitions than of one file is left out: what is late there only because another stream is ahead, and what no broker holds before its time.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Case, parseTime, type PublishedAlert, type Rule } from '../../contract/index.ts'
import { batchOf, type RawBatch, type Sink, type Source } from '../../contract/source.ts'
import { runEngine } from '../../engine.ts'
import { ConfirmingProducer } from '../../kafka/client.ts'
import { addressOf } from '../../kafka/produce.ts'
import { openKafkaSink, readAlerts } from '../../kafka/sink.ts'
import { openKafkaSource } from '../../kafka/source.ts'
import { brokerFor, startBroker, type TestBroker } from '../../kafka/testing/broker.ts'
import { ensureTopics } from '../../kafka/topics.ts'
import { Database } from '../../store/database.ts'
import { plant } from '../score/plants.ts'
import { readRules } from './rule-files.ts'
import { caseEvents, problemsOf, rulesOf } from './run-case.ts'

const written = await readRules()
const known = written.map(({ rule }) => rule)
/** Rules about the system as a whole, about what time alone brings, about refused events, or about the rules that run. */
const ALONE = new Set(['SY-01', 'SY-02', 'SY-07', 'DQ-01', 'DQ-03', 'DQ-04', 'DQ-12', 'LQ-06'])
const DAY_MS = 86_400_000
const LATENESS_MS = 5000
/** How many cases are left out at most. */
const LEFT_OUT = 12

/** A case in its run; without a mark it has the names it was given. */
type Placed = { given: Case; mark: string; events: Record<string, unknown>[] }
type Run = { rule: Rule; cases: Placed[] }
type Message = { partition: number; offset: number; timestamp: number; value: Uint8Array }
/** `from`, `to`: of each `topic/partition` the offsets that are the run's. */
type Sent = Run & { from: Map<string, number>; to: Map<string, number> }

const runs = written.flatMap(({ rule, cases: all }): Run[] => {
  const cases = all.filter((c) => !isOfOneFile(rule, c))
  const [apart, together] = [cases.filter((c) => isApart(rule, c)), cases.filter((c) => !isApart(rule, c))]
  const alone = apart.map((given): Run => ({ rule, cases: [{ given, mark: '', events: caseEvents(given) }] }))
  return together.length === 0 ? alone : [...alone, { rule, cases: together.map((given, i) => marked(rule, given, `k${String.fromCharCode(97 + i)}-`)) }]
})
const PARTITIONS = Math.max(...runs.map((r) => r.cases.length))

/** Told late across streams, told before its time, or ended by a stream the rule does not read. */
function isOfOneFile(rule: Rule, given: Case): boolean {
  const [whole, own] = [{ high: -Infinity }, new Map<string, { high: number }>()]
  return caseEvents(given).some((event) => {
    const [type, order] = [String(event['type']), parseTime(String(event['recordedtime'] ?? event['time'])) ?? 0]
    const stream = own.get(type) ?? { high: -Infinity }
    const isLate = order < whole.high - LATENESS_MS && !(order < stream.high - LATENESS_MS)
    whole.high = Math.max(whole.high, order)
    own.set(type, { high: Math.max(stream.high, order) })
    return isLate || order > Date.now() || (rule.code === 'LQ-06' && type === 'sys.heartbeat')
  })
}

function isApart(rule: Rule, { params, dead, beside, given }: Case): boolean {
  return ALONE.has(rule.code) || [params, dead, beside].some((of) => of !== undefined) || given.some(({ data }) => data['kind'] === 'fx')
}

function marked(rule: Rule, given: Case, mark: string): Placed {
  const { events } = plant(rule, given, mark, (parseTime(`${given.on}T00:00:00Z`) ?? 0) / DAY_MS)
  return { given, mark, events: events.map(({ event }) => event) }
}

describe.skipIf(!brokerFor('the cases of all rules on Kafka'))('every case of every rule on Kafka', () => {
  const judged: (Run & { revisions: number; dead: number })[] = []
  const said: PublishedAlert[] = []
  let broker: TestBroker | undefined

  beforeAll(async () => {
    broker = await startBroker()
    const options = { brokers: broker.brokers }
    await ensureTopics({ ...options, partitions: PARTITIONS })
    const sent = await send(options)
    const source = await openKafkaSource({ ...options, toEnd: true })
    const log = await read(source)
    await source.close()
    const sink = await openKafkaSink(options)
    for (const run of sent) judged.push({ ...run, ...(await judge(run, source.partitions, log, sink)) })
    await sink.close()
    for await (const alert of readAlerts(options, { follow: false })) said.push(alert)
  }, 900_000)
  afterAll(() => broker?.stop())

  test('all of them hold', () => {
    let at = 0
    const problems = judged.flatMap(({ rule, cases, revisions, dead }) => {
      const own = said.slice(at, (at += revisions))
      return cases.flatMap(({ given, mark }) => problemsOf(rule, given, of(own, mark), dead).map((problem) => `${rule.code} ${given.name}: ${problem}`))
    })
    expect(problems).toEqual([])
    expect(said.length).toBe(at)
    expect(judged.reduce((n, r) => n + r.cases.length, 0)).toBeGreaterThanOrEqual(written.reduce((n, { cases }) => n + cases.length, 0) - LEFT_OUT)
  })
})

/** What is said of the names of a case, as it was given them. */
function of(alerts: readonly PublishedAlert[], mark: string): PublishedAlert[] {
  if (mark === '') return [...alerts]
  const texts = alerts.map((alert) => JSON.stringify(alert)).filter((text) => text.includes(mark))
  return texts.map((text) => JSON.parse(text.replaceAll(mark, '')) as PublishedAlert)
}

/** The events of a run lie in each partition one after the other. */
async function send(options: { brokers: string }): Promise<Sent[]> {
  const next = new Map<string, number>()
  const producer = await ConfirmingProducer.connect(options)
  const sent: Sent[] = []
  for (const run of runs) {
    const from = new Map(next)
    const messages = run.cases.flatMap(({ events }, partition) =>
      events.map((event) => {
        const topic = String(event['type'])
        next.set(`${topic}/${partition}`, (next.get(`${topic}/${partition}`) ?? 0) + 1)
        return { topic, partition, key: addressOf(event)?.key ?? '', value: Buffer.from(JSON.stringify(event)) }
      }),
    )
    await producer.send(messages)
    sent.push({ ...run, from, to: new Map(next) })
  }
  await producer.close()
  return sent
}

/** Batches are kept: nothing else is written where they lie. */
async function read(source: Source): Promise<Message[]> {
  const log: Message[] = []
  for (let raw = await source.pull(10_000, 50); raw !== null; raw = await source.pull(10_000, 50)) {
    for (let i = 0; i < raw.count; i++)
      log.push({
        partition: raw.partition[i] ?? 0,
        offset: raw.offset[i] ?? 0,
        timestamp: raw.timestamp[i] ?? Number.NaN,
        value: raw.bytes.subarray(raw.ends[i - 1] ?? 0, raw.ends[i]),
      })
  }
  return log
}

async function judge({ rule, cases, from, to }: Sent, partitions: Source['partitions'], log: readonly Message[], sink: Sink) {
  const own = log.filter(({ partition, offset }) => {
    const name = `${partitions[partition]?.topic}/${partitions[partition]?.partition}`
    return offset >= (from.get(name) ?? 0) && offset < (to.get(name) ?? 0)
  })
  const db = await Database.open(':memory:')
  let revisions = 0
  try {
    const ledger = await runEngine({
      db,
      source: sourceOf(partitions, own),
      sink: { deliver: (messages) => sink.deliver(messages), close: () => Promise.resolve() },
      rules: rulesOf(rule, (cases[0] as Placed).given, known),
      onDelivered: (delivered) => void (revisions += delivered.revisions.length),
    })
    return { revisions, dead: ledger.books.reduce((n, b) => n + b.dead, 0) }
  } finally {
    db.close()
  }
}

/** A part of the log, which ends with it. */
function sourceOf(partitions: Source['partitions'], messages: readonly Message[]): Source {
  const batch = batchOf(messages.map((m) => m.value))
  batch.partition.set(messages.map((m) => m.partition))
  batch.offset.set(messages.map((m) => m.offset))
  batch.timestamp.set(messages.map((m) => m.timestamp))
  let whole: RawBatch | null = { ...batch, ended: partitions.map((_, i) => i) }
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
