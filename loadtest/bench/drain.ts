/**
 * How fast the engine drains a topic of payments, one JSON event per message, beside the ceiling of a plain consume loop on the same topic.
 * Pairs in alternation; each engine run is the real thing: a file on disk, one transaction per commit tick, alerts to Kafka.
 *
 *     node dist/loadtest/bench/drain.js --brokers 127.0.0.1:9092 --from riskbench.a --pairs 3
 *
 * `--from` names a loaded topic of pay.payment events; it is copied once to `bench.pay.payment`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { EventType } from '../../pipeline/contract/event.ts'
import { hostEngine } from '../../pipeline/engine-host.ts'
import { ConfirmingProducer, connectConsumer, consume, disconnect, watermarks } from '../../pipeline/kafka/client.ts'
import { openKafkaSink } from '../../pipeline/kafka/sink.ts'
import { openKafkaSource } from '../../pipeline/kafka/source.ts'
import { ensureTopics } from '../../pipeline/kafka/topics.ts'

const PREFIX = 'bench.'
const TOPIC: EventType = 'pay.payment'
const PARTITIONS = 4

const { values } = parseArgs({
  options: {
    brokers: { type: 'string', default: '127.0.0.1:9092' },
    from: { type: 'string', default: 'riskbench.a' },
    pairs: { type: 'string', default: '3' },
  },
})
const kafka = { brokers: values.brokers, prefix: PREFIX }

await ensureTopics({ ...kafka, partitions: PARTITIONS })
await copyOnce(values.from, PREFIX + TOPIC)
const [ceilings, drains]: [number[], number[]] = [[], []]
for (let pair = 0; pair < Number(values.pairs); pair++) {
  ceilings.push(await ceiling())
  drains.push(await drain())
  console.log(`pair ${pair + 1}: consume loop ${thousands(ceilings.at(-1))}/s · engine ${thousands(drains.at(-1))}/s`)
}
const ratios = drains.map((d, i) => d / (ceilings[i] ?? d))
console.log(
  `median: consume loop ${spread(ceilings)} · engine ${spread(drains)} · ratio ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
)
process.exit(0)

/** Messages per second of `consume(n)` doing nothing with them. */
async function ceiling(): Promise<number> {
  const consumer = await connectConsumer(kafka)
  const ends = await endsOf(PREFIX + TOPIC)
  consumer.setDefaultConsumeTimeout(100)
  consumer.setDefaultIsTimeoutOnlyForFirstMessage(true)
  consumer.assign([...ends.keys()].map((partition) => ({ topic: PREFIX + TOPIC, partition, offset: 0 })))
  let [count, first] = [0, 0]
  while (ends.size > 0) {
    const messages = await consume(consumer, 2000)
    if (first === 0 && messages.length > 0) first = performance.now()
    count += messages.length
    for (const m of messages) if (m.offset + 1 >= (ends.get(m.partition) ?? Infinity)) ends.delete(m.partition)
  }
  const rate = (count / (performance.now() - first)) * 1000
  await disconnect(consumer)
  return rate
}

/** Messages per second from the first one handed out to the last commit. */
async function drain(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-bench-'))
  const source = await openKafkaSource({ ...kafka, topics: [TOPIC], toEnd: true })
  const sink = await openKafkaSink(kafka)
  let [count, alerts, first, last] = [0, 0, 0, 0]
  const engine = hostEngine({
    source,
    sink,
    file: join(folder, 'state.duckdb'),
    rules: ['CR-01', 'CR-02', 'CR-05', 'CR-09', 'OP-08'],
    parameters: ['OP-08.senders=200'],
    keepEvents: false,
    findDelivered: () => Promise.resolve(new Set<string>()),
    onCommitted(commit) {
      if (first === 0) first = performance.now()
      last = performance.now()
      count += commit.received
      alerts += commit.revisions.length
    },
  })
  const started = performance.now()
  await engine.done
  await engine.stop()
  await source.close()
  await sink.close()
  rmSync(folder, { recursive: true, force: true })
  console.log(
    `  engine: ${count} messages, ${alerts} revisions, ${((last - started) / 1000).toFixed(1)} s, RSS ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB`,
  )
  return (count / (last - started)) * 1000
}

async function copyOnce(from: string, to: string): Promise<void> {
  if ([...(await endsOf(to)).values()].some((end) => end > 0)) return
  const consumer = await connectConsumer(kafka)
  const producer = await ConfirmingProducer.connect({ ...kafka, client: { 'linger.ms': 20, 'queue.buffering.max.messages': 1_000_000 } })
  const ends = await endsOf(from)
  consumer.setDefaultConsumeTimeout(100)
  consumer.assign([...ends.keys()].map((partition) => ({ topic: from, partition, offset: 0 })))
  while (ends.size > 0) {
    const messages = await consume(consumer, 10_000)
    for (const m of messages) if (m.offset + 1 >= (ends.get(m.partition) ?? Infinity)) ends.delete(m.partition)
    await producer.send(messages.map((m) => ({ topic: to, partition: m.partition, key: String(m.key), value: m.value as Buffer })))
  }
  await disconnect(consumer)
  await producer.close()
}

async function endsOf(topic: string): Promise<Map<number, number>> {
  const consumer = await connectConsumer(kafka)
  const ends = new Map<number, number>()
  for (let p = 0; p < PARTITIONS; p++) ends.set(p, (await watermarks(consumer, topic, p)).highOffset)
  await disconnect(consumer)
  for (const [p, end] of ends) if (end === 0) ends.delete(p)
  return ends
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

function spread(rates: number[]): string {
  return `${thousands(median(rates))}/s (${thousands(Math.min(...rates))}–${thousands(Math.max(...rates))})`
}

function thousands(rate: number | undefined): string {
  return `${((rate ?? 0) / 1000).toFixed(0)} k`
}
