/**
 * The engine on the riskbench workload: its five rules over one topic of payments, with all duties on (duplicates, evidence, outbox, one durable
 * transaction per commit tick), each alert in the benchmark's form on its alert topic. To be started by the benchmark's harness:
 *
 *     node bench.mjs lookthrough --lane A -- node dist/loadtest/riskbench/run.js A
 *
 * Prints FIRST at the first record received and DONE with the time of the last commit, when all alerts of it are delivered (bounded by the topic's end).
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PublishedAlert } from '../../pipeline/contract/index.ts'
import type { WireForm } from '../../pipeline/contract/source.ts'
import { hostEngine } from '../../pipeline/engine-host.ts'
import { ConfirmingProducer } from '../../pipeline/kafka/client.ts'
import { openKafkaSource } from '../../pipeline/kafka/source.ts'

const LANES: Record<string, { topic: string; form: WireForm }> = {
  A: { topic: 'riskbench.a', form: 'event' },
  B: { topic: 'riskbench.b', form: 'batch' },
  C: { topic: 'riskbench.c', form: 'arrow' },
  D: { topic: 'riskbench.d', form: 'event' },
}
const lane = LANES[process.argv[2] ?? 'A'] ?? { topic: 'riskbench.a', form: 'event' }
const brokers = process.env['RISKBENCH_BROKER'] ?? '127.0.0.1:9092'
const alertTopic = process.env['RISKBENCH_ALERTS'] ?? 'riskbench.alerts.lookthrough'

const folder = mkdtempSync(join(tmpdir(), 'lookthrough-riskbench-'))
const source = await openKafkaSource({
  brokers,
  topics: ['pay.payment'],
  names: { 'pay.payment': lane.topic },
  forms: { 'pay.payment': lane.form },
  control: false,
  toEnd: true,
})
const producer = await ConfirmingProducer.connect({ brokers })
let [first, last, received, alerts] = [0, 0, 0, 0]
const stages: Record<string, number> = {}
const engine = hostEngine({
  source: {
    ...source,
    async pull(max, waitMs) {
      const raw = await source.pull(max, waitMs)
      if (first === 0 && (raw?.count ?? 0) > 0) console.log(`FIRST ${(first = Date.now())}`)
      return raw
    },
    partitions: source.partitions,
    control: source.control,
    silent: () => source.silent(),
    writeControl: (records) => source.writeControl(records),
    release: (raw) => source.release?.(raw),
    close: () => source.close(),
  },
  sink: {
    async deliver(messages) {
      await producer.send(
        messages.map((m) => ({ topic: alertTopic, key: m.id, value: Buffer.from(JSON.stringify(riskbenchAlert(JSON.parse(m.body) as PublishedAlert))) })),
      )
    },
    close: () => producer.close(),
  },
  file: join(folder, 'state.duckdb'),
  rules: process.argv.slice(3),
  rulesDirectory: fileURLToPath(new URL('rules/', import.meta.url)),
  parameters: [],
  keepEvents: false,
  findDelivered: () => Promise.resolve(new Set<string>()),
  onCommitted(commit) {
    received += commit.received
    alerts += commit.revisions.length
    last = Date.now()
    for (const [stage, seconds] of Object.entries(commit.stages)) stages[stage] = (stages[stage] ?? 0) + seconds
  },
})
await engine.done
console.log(
  `DONE ${last} ${JSON.stringify({ received, alerts, stages: Object.fromEntries(Object.entries(stages).map(([k, v]) => [k, Number(v.toFixed(1))])) })}`,
)
await engine.stop()
await source.close()
await producer.close()
rmSync(folder, { recursive: true, force: true })
process.exit(0)

/** Amounts in minor units; rules on one payment use its time for both ends. */
function riskbenchAlert(alert: PublishedAlert): Record<string, unknown> {
  const units = (text: string | undefined) => (text === undefined ? undefined : Math.round(Number(text) * 100))
  const at = Date.parse(alert.at)
  const { count, sum, max, sd } = alert.values
  return {
    rule: alert.rule.code.replace('RB-0', 'Q'),
    key: alert.subject.id,
    windowStart: alert.window === null ? at : Date.parse(alert.window.start),
    windowEnd: alert.window === null ? at : Date.parse(alert.window.end),
    count: Number(count ?? 1),
    sum: units(sum),
    ...(max !== undefined && { max: units(max) }),
    ...(sd !== undefined && { sd: Number(sd) * 100 }),
  }
}
