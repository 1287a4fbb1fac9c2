/** R13: the same events through 1, 4 and 12 partitions, in batches of 1 (or `smallest`), 100 and 10,000, killed in between or not: one digest. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { digestOf, type Event, type PublishedAlert } from '../../pipeline/contract/index.ts'
import { ConfirmingProducer } from '../../pipeline/kafka/client.ts'
import { addressOf } from '../../pipeline/kafka/produce.ts'
import { ensureTopics } from '../../pipeline/kafka/topics.ts'
import { scenarioEvents } from '../../pipeline/scenario/steps.ts'
import type { BoundedJob } from './bounded-engine.ts'
import { seeded, type Suite } from './suite.ts'
import { sleep } from './verdict.ts'

/** Below the lateness bound, ms: how far an event may come after later ones. */
const DISORDER_MS = 4900
const PARTITIONS = [1, 4, 12]

export const orders: Suite = async (broker, { storyMs = 10_000, kills = 2, seed = 7, every = 1, smallest = 1 }) => {
  const events = disordered([...scenarioEvents(seed, Date.UTC(2026, 10, 2, 1), storyMs)], seed)
  const random = seeded(seed)
  const digests = new Map<string, string[]>()
  let [alerts, killed, n] = [0, 0, 0]
  for (const partitions of PARTITIONS) {
    const kafka = { brokers: broker.brokers, prefix: `orders${partitions}.` }
    await ensureTopics({ ...kafka, partitions })
    const producer = await ConfirmingProducer.connect(kafka)
    await producer.send(events.map((e) => ({ topic: kafka.prefix + e.type, key: addressOf(e)?.key ?? '', value: Buffer.from(JSON.stringify(e)) })))
    await producer.close()
    for (const batch of [smallest, 100, 10_000]) {
      for (const toKill of [0, kills]) {
        // Every fifth: all numbers of partitions, all sizes of batches, killed and not.
        if (n++ % every !== 0) continue
        const run = await bounded(kafka, batch, toKill, random)
        alerts = run.alerts.length
        killed += run.killed
        const digest = digestOf(run.alerts)
        digests.set(digest, [...(digests.get(digest) ?? []), `${partitions} partitions in ${batch}s${run.killed > 0 ? `, killed ${run.killed} times` : ''}`])
      }
    }
  }
  const runs = [...digests.values()].flat().length
  return {
    figures: { events: events.length, runs, kills: killed, revisions: alerts, digest: [...digests.keys()].join(' ') },
    differences: digests.size === 1 && alerts > 0 ? [] : [...digests].map(([digest, of]) => `${digest}: ${of.join('; ')}`),
  }
}

/** Starts the engine over a new file, kills it `kills` times on its way, and lets it come to its end. */
async function bounded(kafka: BoundedJob['kafka'], batch: number, kills: number, random: () => number): Promise<{ alerts: PublishedAlert[]; killed: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-orders-'))
  const job: BoundedJob = { kafka, file: join(folder, 'state.duckdb'), alerts: join(folder, 'alerts.ndjson'), batch }
  let killed = 0
  for (let life = 0; ; life++) {
    const code = await once(job, life < kills ? 800 + random() * 1500 : Infinity)
    if (code === 0) break
    if (code !== null) throw new Error(`the engine ended with ${code}`)
    killed++
  }
  const lines = existsSync(job.alerts) ? readFileSync(job.alerts, 'utf8').trimEnd().split('\n') : []
  rmSync(folder, { recursive: true, force: true })
  return { alerts: lines.map((line) => JSON.parse(line) as PublishedAlert), killed }
}

/** The exit code; null when it was killed. */
async function once(job: BoundedJob, killAfterMs: number): Promise<number | null> {
  // From compiled code in any case: the tests run from source.
  const program = fileURLToPath(new URL('../../', import.meta.url)).replace(/dist\/$/, '')
  const child = spawn(process.execPath, [join(program, 'dist/test/faults/bounded-engine.js'), JSON.stringify(job)], { stdio: ['ignore', 'ignore', 'inherit'] })
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  if (Number.isFinite(killAfterMs)) {
    await Promise.race([exited, sleep(killAfterMs)])
    child.kill('SIGKILL')
  }
  return exited
}

/** The same events, one in twenty of them later than those up to the lateness bound after it. */
function disordered(events: Event[], seed: number): Event[] {
  const random = seeded(seed)
  return events
    .map((event) => ({ event, due: Date.parse(event.time) + (random() < 0.05 ? random() * DISORDER_MS : 0) }))
    .sort((a, b) => a.due - b.due)
    .map(({ event }) => event)
}
