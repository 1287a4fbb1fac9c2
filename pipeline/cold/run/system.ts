/** Engine and desk over one Kafka: what `start` and `run` have in common. */
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LookthroughError, type PublishedAlert } from '../../contract/index.ts'
import type { Sink } from '../../contract/source.ts'
import { type Desk, startDesk } from '../../desk/desk.ts'
import type { BrowserSignIn } from '../../desk/entitlements/browser-sign-in.ts'
import type { Issuer } from '../../desk/entitlements/issuer.ts'
import type { StaticUser } from '../../desk/entitlements/users.ts'
import type { FeedLimits } from '../../desk/feed/places.ts'
import type { Metrics } from '../../desk/http/metrics.ts'
import type { WebhookReach } from '../../desk/webhooks/guard.ts'
import { hostEngine } from '../../engine-host.ts'
import { holdsBeginning } from '../../kafka/beginning.ts'
import { ConfirmingProducer, type KafkaOptions } from '../../kafka/client.ts'
import { openDeskLog } from '../../kafka/desk-log.ts'
import { findDelivered, openKafkaSink } from '../../kafka/sink.ts'
import { withoutRepeats } from '../../kafka/repeats.ts'
import { lookForGrowth } from '../../kafka/growth.ts'
import { openKafkaSource } from '../../kafka/source.ts'
import type { RecoverOptions } from '../../store/recovery/recover.ts'
import type { FileFacts } from '../../store/recovery/verify.ts'
import { loadRules, selectRules } from '../catalogue/catalogue.ts'
import type { DeskConfig, StateConfig } from '../config/config.ts'
import { explainOverLake } from '../explain/over-lake.ts'
import { overridden, type WrittenOverride } from '../overrides/overrides.ts'
import { createTelemetry } from '../telemetry/metrics.ts'
import { openRuleBook } from './rule-book.ts'
import { type Running, supervise } from './supervise.ts'
import { unjudgedNotices } from './unjudged.ts'

export type SystemOptions = {
  kafka: KafkaOptions
  /** Folder of the engine's file, the desk's, and the lake. */
  data: string
  roles: readonly ('engine' | 'desk')[]
  rules: string[]
  parameters: string[]
  /** Values that institutions have of their own. */
  overrides?: readonly WrittenOverride[]
  desk: { host: string; port: number; feedLimits?: Partial<FeedLimits>; metricsAccess?: Metrics['access'] }
  users: StaticUser[]
  /** Whose signed tokens the desk takes beside those of `users`. */
  issuer?: Issuer | undefined
  /** By which browsers sign in there. */
  signIn?: BrowserSignIn | undefined
  state?: StateConfig
  /** Of the desk's file. */
  store?: DeskConfig['store']
  webhooks?: WebhookReach
  /** Between two looks at whether topics have more partitions, ms. */
  lookEveryMs?: number
  /**
   * Told that the engine's or the desk's file was broken and what was done (LT-2410, LT-2412), that the disk takes no writes (LT-2406), that topics grew
   * (LT-2408), that a change of rules was refused (LT-3010), or that a rule could not be judged (LT-3012).
   */
  onNotice?: (notice: LookthroughError) => void
  /** Told, while the state file is checked at start, how far that is. */
  onChecking?: NonNullable<RecoverOptions['onProgress']>
  onRevision?: (alert: PublishedAlert) => void
  log: (line: Record<string, unknown>) => void
}

export type System = { desk: Desk | undefined; engine: Running | undefined; stop(): Promise<void> }

const LOOK_EVERY_MS = 60_000
/** Whoever reports is told within this time that the log took nothing. */
const REPORT_MS = 15_000
/** A broker that comes back is found at once. */
const RECONNECT = { 'reconnect.backoff.max.ms': 1000 }
const DASHBOARD = fileURLToPath(new URL('../../../dashboard/', import.meta.url))

/** Starts the desk first, so that a taken port is said before anything else runs; before that, overrides that do not hold. Throws LookthroughErrors. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const all = await loadRules()
  overridden(all, all, options.overrides ?? [])
  await mkdir(options.data, { recursive: true })
  const telemetry = createTelemetry()
  const closers: (() => Promise<void>)[] = []
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  try {
    let engineState: 'running' | 'paused' = 'running'
    const onState = (state: 'running' | 'paused') => {
      engineState = state
      telemetry.engine(state)
    }
    const desk = options.roles.includes('desk') ? await openDesk(options, telemetry, closers, () => engineState === 'running') : undefined
    const engine = options.roles.includes('engine') ? await openEngine(options, telemetry, closers, onState) : undefined
    return { desk, engine, stop: closeAll }
  } catch (error) {
    await closeAll()
    throw error
  }
}

async function openDesk(
  options: SystemOptions,
  telemetry: ReturnType<typeof createTelemetry>,
  closers: (() => Promise<void>)[],
  isReady: () => boolean,
): Promise<Desk> {
  const producer = await ConfirmingProducer.connect(
    { ...options.kafka, client: { ...RECONNECT, ...options.kafka.client } },
    { 'message.timeout.ms': REPORT_MS },
  )
  closers.push(() => producer.close())
  const book = await openRuleBook(options.kafka, selectRules(await loadRules(), options.rules, options.parameters))
  closers.push(() => book.close())
  const prefix = options.kafka.prefix ?? ''
  const lake = join(options.data, 'lake')
  const desk = await startDesk({
    ...options.desk,
    users: options.users,
    ...(options.issuer !== undefined && { issuer: options.issuer }),
    signIn: options.signIn,
    accessLog: join(options.data, 'access.ndjson'),
    pseudonyms: join(options.data, 'pseudonyms.json'),
    rules: book,
    alerts: openDeskLog(options.kafka, producer),
    store: { ...options.store, file: join(options.data, 'desk.duckdb'), ...(options.onNotice !== undefined && { onNotice: options.onNotice }) },
    publish: (events) => producer.send(events.map((e) => ({ topic: prefix + e.type, key: e.key, value: e.value }))),
    lakeDirectory: lake,
    lookThrough: (asked, signal) => explainOverLake(lake, asked, signal),
    ...(existsSync(DASHBOARD) && { dashboardDirectory: DASHBOARD }),
    metrics: { ...telemetry, access: options.desk.metricsAccess },
    ...(options.webhooks !== undefined && { webhooks: options.webhooks }),
    isReady,
    onFeed: telemetry.feed,
    onEvents: telemetry.gateway,
    log: options.log,
  })
  closers.push(() => desk.close())
  return desk
}

async function openEngine(
  options: SystemOptions,
  telemetry: ReturnType<typeof createTelemetry>,
  closers: (() => Promise<void>)[],
  onState: (state: 'running' | 'paused') => void,
): Promise<Running> {
  const { kafka, data, state = {} } = options
  const sink = await openKafkaSink(kafka)
  closers.push(() => sink.close())
  const engine = await supervise({
    file: join(data, 'state.duckdb'),
    memoryLimit: state.memory,
    canStartOver: () => holdsBeginning(kafka),
    onNotice(notice) {
      if (notice.code === 'LT-2408') telemetry.grown()
      options.onNotice?.(notice)
    },
    onProgress: (progress) => options.onChecking?.(progress),
    onState,
    start: (facts) => startEngine(options, telemetry, sink, facts),
  })
  closers.push(() => engine.stop())
  return engine
}

/** One life of the engine: from the offsets its file names, until it ends or fails. */
async function startEngine(options: SystemOptions, telemetry: ReturnType<typeof createTelemetry>, sink: Sink, facts: FileFacts): Promise<Running> {
  const { kafka, data, rules, parameters, overrides = [], state = {} } = options
  const opening = openKafkaSource({ ...kafka, starts: facts.starts })
  const [source, once] = await Promise.all([opening, withoutRepeats(sink, kafka, facts)]).catch(async (error: unknown) => {
    await opening.then((s) => s.close()).catch(() => undefined)
    throw error
  })
  try {
    telemetry.onScrape(() => ({ lag: source.lag() }))
    const notice = unjudgedNotices((n) => options.onNotice?.(n))
    const engine = hostEngine({
      file: join(data, 'state.duckdb'),
      rules,
      parameters,
      overrides: [...overrides],
      keepEvents: false,
      lake: join(data, 'lake'),
      ...(state.memory !== undefined && { memoryLimit: state.memory }),
      ...(state.temporary !== undefined && { temporaryLimit: state.temporary }),
      maintenance: {
        ...(state.snapshotMinutes !== undefined && { snapshotMs: state.snapshotMinutes * 60_000 }),
        ...(state.snapshots !== undefined && { keep: state.snapshots }),
      },
      source,
      sink: once,
      findDelivered: (pending) => findDelivered(kafka, pending),
      onCommitted(commit) {
        telemetry.committed(commit)
        for (const revision of commit.revisions) options.onRevision?.(revision)
      },
      onDecided({ offset }, decision) {
        telemetry.ruleChange(decision.accepted ? 'accepted' : decision.reason)
        if (!decision.accepted)
          options.onNotice?.(new LookthroughError('LT-3010', { code: `lookthrough.rules/${offset}`, reason: decision.reason, why: decision.why }))
      },
      onUnjudged(unjudged) {
        telemetry.unjudged(unjudged)
        notice(unjudged)
      },
      onMaintained: telemetry.maintained,
    })
    const growth = lookForGrowth(source, options.lookEveryMs ?? LOOK_EVERY_MS)
    let stopped: Promise<void> | undefined
    const stop = async () => {
      // A closed client cannot be asked any more.
      telemetry.onScrape(() => ({ lag: new Map() }))
      await growth.stop()
      await engine.stop()
      await source.close()
    }
    return { done: Promise.race([engine.done, growth.found]), stop: () => (stopped ??= stop()) }
  } catch (error) {
    await source.close()
    throw error
  }
}
