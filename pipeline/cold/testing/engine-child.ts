/**
 * An engine over its file in a process of its own, for tests that kill it or fill its disk: checks the file, reads a log of NDJSON from where the file
 * says, keeps the alerts in a file. Prints one line of JSON per notice, and one at the end. Usage: node engine-child.js '<ChildJob as JSON>'.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { OutboxMessage, RawBatch, Source } from '../../contract/source.ts'
import { batchOf } from '../../contract/source.ts'
import { runEngine } from '../../engine.ts'
import { Database } from '../../store/database.ts'
import { Maintenance, type MaintenanceOptions } from '../../store/maintenance.ts'
import { loadRules } from '../catalogue/catalogue.ts'
import { supervise } from '../run/supervise.ts'

export type ChildJob = {
  /** Folder of the state file. */
  state: string
  /** NDJSON of events: partition 0, the line is the offset. */
  log: string
  /** Where the alerts go, one canonical JSON per line: the alerts topic. */
  alerts: string
  /** Events per commit. */
  batch: number
  /** Wait this long before each batch, ms. */
  paceMs?: number
  maintenance?: MaintenanceOptions
  memoryLimit?: string
}

/** What the process prints, a line each. */
export type ChildLine =
  | { notice: string; text: string }
  | { state: 'running' | 'paused' }
  | { read: number }
  | { ended: { nextOffset: number; used: number; late: number; duplicate: number; dead: number } }
  | { failed: string }

const job = JSON.parse(process.argv[2] ?? '{}') as ChildJob
const lines = readFileSync(job.log).toString().trimEnd().split('\n')
const print = (line: ChildLine) => process.stdout.write(`${JSON.stringify(line)}\n`)

try {
  const engine = await supervise({
    file: join(job.state, 'state.duckdb'),
    memoryLimit: job.memoryLimit,
    canStartOver: () => Promise.resolve(true),
    onNotice: (notice) => print({ notice: notice.code, text: notice.message }),
    onState: (state) => print({ state }),
    waitMs: { first: 200, longest: 1000 },
    start: (facts) => Promise.resolve(start(facts.starts[0]?.nextOffset ?? 0)),
  })
  await engine.done
} catch (error) {
  print({ failed: error instanceof Error ? error.message : String(error) })
  process.exitCode = 1
}

function start(from: number): { done: Promise<void>; stop(): Promise<void> } {
  const stopping = new AbortController()
  const done = run(from, stopping.signal)
  return {
    done,
    async stop() {
      stopping.abort()
      await done.catch(() => undefined)
    },
  }
}

async function run(from: number, stop: AbortSignal): Promise<void> {
  const db = await Database.open(join(job.state, 'state.duckdb'), { walAutocheckpoint: '1TB' })
  try {
    const maintenance = new Maintenance(db, job.maintenance)
    const ledger = await runEngine({
      db,
      source: logFrom(from),
      rules: await loadRules(),
      pace: { maxEvents: job.batch, waitMs: 1 },
      stop,
      sink: { deliver: (messages) => Promise.resolve(deliver(messages)), close: () => Promise.resolve() },
      alreadyDelivered: () => Promise.resolve(delivered()),
      betweenCommits: () => maintenance.betweenCommits(),
    })
    await maintenance.finish()
    const { nextOffset, used, late, duplicate, dead } = ledger.at(0)
    db.close()
    print({ ended: { nextOffset, used, late, duplicate, dead } })
  } catch (error) {
    db.abandon()
    throw error
  }
}

/** In one write: what is there after a kill is whole lines. */
function deliver(messages: OutboxMessage[]): void {
  appendFileSync(job.alerts, messages.map((m) => `${m.body}\n`).join(''))
}

function delivered(): Set<string> {
  if (!existsSync(job.alerts)) return new Set()
  const bodies = readFileSync(job.alerts, 'utf8')
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
  return new Set(bodies.map((body) => JSON.parse(body) as { id: string; revision: number }).map((a) => `${a.id}/${a.revision}`))
}

function logFrom(from: number): Source {
  let at = from
  let ended = false
  const pull = async (max: number): Promise<RawBatch | null> => {
    if (ended) return null
    if (job.paceMs !== undefined) await new Promise((resolve) => setTimeout(resolve, job.paceMs))
    const slice = lines.slice(at, at + max)
    const first = at
    at += slice.length
    ended = at >= lines.length
    return batchOf(
      slice.map((line) => Buffer.from(line)),
      { first, ended },
    )
  }
  return {
    partitions: [{ topic: 'log', partition: 0 }],
    control: [],
    pull,
    silent: () => [],
    writeControl: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
}
