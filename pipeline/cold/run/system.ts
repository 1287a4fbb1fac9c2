/** Engine and desk over one Kafka: what `start` and `run` have in common. */
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PublishedAlert } from '../../contract/index.ts'
import { type Desk, startDesk } from '../../desk/desk.ts'
import type { DeskUser } from '../../desk/entitlements/users.ts'
import { hostEngine, type RunningEngine } from '../../engine-host.ts'
import { ConfirmingProducer, type KafkaOptions } from '../../kafka/client.ts'
import { findDelivered, openKafkaSink, readAlerts } from '../../kafka/sink.ts'
import { openKafkaSource } from '../../kafka/source.ts'
import { Database } from '../../store/database.ts'
import { readStarts } from '../../store/restore.ts'
import { loadRules } from '../catalogue/catalogue.ts'
import { createTelemetry } from '../telemetry/metrics.ts'

export type SystemOptions = {
  kafka: KafkaOptions
  /** Folder of the engine's file and the lake. */
  data: string
  roles: readonly ('engine' | 'desk')[]
  rules: string[]
  parameters: string[]
  desk: { host: string; port: number }
  users: DeskUser[]
  onRevision?: (alert: PublishedAlert) => void
  log: (line: Record<string, unknown>) => void
}

export type System = { desk: Desk | undefined; engine: RunningEngine | undefined; stop(): Promise<void> }

const DASHBOARD = fileURLToPath(new URL('../../../dashboard/', import.meta.url))

/** Starts the desk first, so that a taken port is said before anything else runs. Throws LookthroughErrors. */
export async function startSystem(options: SystemOptions): Promise<System> {
  await mkdir(options.data, { recursive: true })
  const telemetry = createTelemetry()
  const closers: (() => Promise<void>)[] = []
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  try {
    const desk = options.roles.includes('desk') ? await openDesk(options, telemetry, closers) : undefined
    const engine = options.roles.includes('engine') ? await openEngine(options, telemetry, closers) : undefined
    return { desk, engine, stop: closeAll }
  } catch (error) {
    await closeAll()
    throw error
  }
}

async function openDesk(options: SystemOptions, telemetry: ReturnType<typeof createTelemetry>, closers: (() => Promise<void>)[]): Promise<Desk> {
  const producer = await ConfirmingProducer.connect(options.kafka)
  closers.push(() => producer.close())
  const prefix = options.kafka.prefix ?? ''
  const reading = new AbortController()
  const desk = await startDesk({
    ...options.desk,
    users: options.users,
    rules: await loadRules(),
    alerts: readAlerts(options.kafka, { follow: true, signal: reading.signal }),
    publish: (events) => producer.send(events.map((e) => ({ topic: prefix + e.type, key: e.key, value: e.value }))),
    lakeDirectory: join(options.data, 'lake'),
    ...(existsSync(DASHBOARD) && { dashboardDirectory: DASHBOARD }),
    metrics: telemetry,
    onFeed: telemetry.feed,
    log: options.log,
  })
  closers.push(async () => {
    reading.abort()
    await desk.close()
  })
  return desk
}

async function openEngine(options: SystemOptions, telemetry: ReturnType<typeof createTelemetry>, closers: (() => Promise<void>)[]): Promise<RunningEngine> {
  const { kafka, data, rules, parameters } = options
  const file = join(data, 'state.duckdb')
  const source = await openKafkaSource({ ...kafka, starts: await startsOf(file) })
  closers.push(() => source.close())
  const sink = await openKafkaSink(kafka)
  closers.push(() => sink.close())
  telemetry.onScrape(() => ({ lag: source.lag() }))
  const engine = hostEngine({
    file,
    rules,
    parameters,
    keepEvents: false,
    lake: join(data, 'lake'),
    source,
    sink,
    findDelivered: (pending) => findDelivered(kafka, pending),
    onCommitted(commit) {
      telemetry.committed(commit)
      for (const revision of commit.revisions) options.onRevision?.(revision)
    },
  })
  closers.push(() => engine.stop())
  return engine
}

/** Where the engine's file says to go on; the file is let go of again before the engine thread takes it. */
async function startsOf(file: string): Promise<{ topic: string; partition: number; nextOffset: number }[]> {
  if (!existsSync(file)) return []
  const db = await Database.open(file)
  try {
    return await readStarts(db)
  } finally {
    db.close()
  }
}
