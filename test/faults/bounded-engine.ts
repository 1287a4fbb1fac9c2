/**
 * An engine in a process of its own that reads a log on Kafka to where it ends now, in batches of a given size, over a file it can be killed on: what it
 * says goes into a file. Usage: node bounded-engine.js '<BoundedJob as JSON>'.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { loadRules } from '../../pipeline/cold/catalogue/catalogue.ts'
import type { KafkaOptions } from '../../pipeline/kafka/client.ts'
import { openKafkaSource } from '../../pipeline/kafka/source.ts'
import { runEngine } from '../../pipeline/engine.ts'
import { Database } from '../../pipeline/store/database.ts'
import { verify } from '../../pipeline/store/recovery/verify.ts'

/** `alerts`: where the revisions go, one canonical JSON per line: the alerts topic. */
export type BoundedJob = { kafka: KafkaOptions; file: string; alerts: string; batch: number }

const job = JSON.parse(process.argv[2] ?? '{}') as BoundedJob
const db = await Database.open(job.file)
const { starts } = await verify(db, () => undefined)
const source = await openKafkaSource({ ...job.kafka, starts, toEnd: true })
await runEngine({
  db,
  source,
  rules: await loadRules(),
  pace: { maxEvents: job.batch, waitMs: 50 },
  sink: {
    deliver: (messages) => Promise.resolve(appendFileSync(job.alerts, messages.map((m) => `${m.body}\n`).join(''))),
    close: () => Promise.resolve(),
  },
  alreadyDelivered: () => Promise.resolve(delivered()),
})
db.close()
process.exit(0)

function delivered(): Set<string> {
  if (!existsSync(job.alerts)) return new Set()
  const lines = readFileSync(job.alerts, 'utf8').split('\n').slice(0, -1)
  return new Set(lines.map((line) => JSON.parse(line) as { id: string; revision: number }).map((a) => `${a.id}/${a.revision}`))
}
