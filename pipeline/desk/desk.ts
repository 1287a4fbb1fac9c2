/**
 * The desk: REST, the live feed, SQL and the dashboard. It meets the engine only at the alerts stream and the lake;
 * what a user may see is decided here, once, on the server.
 */
import { randomUUID } from 'node:crypto'
import fastify, { type FastifyInstance } from 'fastify'
import type { DeskLog } from '../contract/desk-log.ts'
import { LookthroughError, type PublishedAlert } from '../contract/index.ts'
import { entryOf, notTaken } from './audit/entry.ts'
import { type AuditRecord, openAuditRecord } from './audit/record.ts'
import { BrowserSessions } from './entitlements/browser-sessions.ts'
import type { BrowserSignIn } from './entitlements/browser-sign-in.ts'
import type { Issuer } from './entitlements/issuer.ts'
import { openPseudonyms, type Pseudonyms } from './entitlements/pseudonyms.ts'
import { type StaticUser, type Users, usersOf } from './entitlements/users.ts'
import { asyncApi } from './described/asyncapi.ts'
import { describe } from './described/openapi.ts'
import type { Durables } from './feed/durables.ts'
import { Feed } from './feed/feed.ts'
import type { FeedLimits } from './feed/places.ts'
import { openSockets } from './feed/socket.ts'
import { guard, userOf } from './http/access.ts'
import { actionRoutes } from './http/actions.ts'
import { adminRoutes } from './http/admin.ts'
import { auditRoute } from './http/audit.ts'
import { feedTestRoute } from './http/feed-test.ts'
import { alertRoutes } from './http/alerts.ts'
import { changesRoute } from './http/changes.ts'
import { type LookThrough, lookthroughRoute } from './http/lookthrough.ts'
import { eventRoutes, type GatewayOptions, type GatewayWatch } from './http/events.ts'
import { loginRoutes, sessionRoute } from './http/login.ts'
import { type Metrics, metricsRoute } from './http/metrics.ts'
import { pages } from './http/pages.ts'
import { sqlRoute } from './http/query.ts'
import { ruleRoutes, type RuleShelf } from './http/rules.ts'
import { webhookRoutes } from './http/webhooks.ts'
import { asOurs, fail } from './http/reply.ts'
import { streamRoute } from './http/stream.ts'
import { ticketRoute } from './http/tickets.ts'
import { Turns } from './http/turns.ts'
import { unmaskRoutes } from './http/unmask.ts'
import type { Witness } from './store/action-log.ts'
import { memoryLog } from './store/memory-log.ts'
import { openRecords, type Records } from './store/records.ts'
import type { WebhookReach } from './webhooks/guard.ts'
import { Webhooks } from './webhooks/webhooks.ts'

export type DeskOptions = {
  /** `127.0.0.1` unless given. */
  host?: string
  /** 0: whichever is free. */
  port: number
  /** Whose tokens stand in the configuration. */
  users: readonly StaticUser[]
  /** Whose signed tokens are taken; none: nobody's. */
  issuer?: Issuer
  /** By which browsers sign in; none: with a token alone. */
  signIn?: BrowserSignIn | undefined
  /** The file of what people did; none: it is forgotten with the process. */
  accessLog?: string
  /** The file of the keys by which persons have other names; none: they are forgotten with the process. */
  pseudonyms?: string
  /** Every revision from the beginning, then each as it comes, one that comes twice counting once, with the actions of this run alone; or the log of both. */
  alerts: AsyncIterable<PublishedAlert> | DeskLog
  /** The desk's own file; none: in memory. */
  store?: { file: string; memoryLimit?: string; keepMs?: number; onNotice?: (notice: LookthroughError) => void }
  publish: GatewayOptions['publish']
  rules: RuleShelf
  /** The folder with `tables/*.parquet`; none: no SQL. */
  lakeDirectory?: string
  /** Tells of an exposure's paths; none: `/v1/lookthrough` has nothing to tell. */
  lookThrough?: LookThrough
  dashboardDirectory?: string
  metrics?: Metrics
  /** Where durable subscriptions stand; none: in the desk's own file. */
  durables?: Durables
  /** Where webhooks may go beside public addresses over TLS. */
  webhooks?: WebhookReach
  /** How many readers of the feed there may be. */
  feedLimits?: Partial<FeedLimits>
  /** Told how many feed connections are open, and of each slow one cut off. */
  onFeed?: { connections(open: number): void; slow(): void }
  onEvents?: GatewayWatch
  /** Whether what stands behind the alerts is at work; while it is not, `/readyz` says 503. */
  isReady?: () => boolean
  about?: { version: string; startedAt: string; demo: boolean }
  log?: (line: Record<string, unknown>) => void
}

export type Desk = { url: string; port: number; close(): Promise<void> }

const BODY_BYTES = 16 << 20
/** Connections that wait to be taken in: all clients of the feed may come back at once. */
const BACKLOG = 4096
/** For a request to arrive in whole. */
const REQUEST_MS = 120_000

/** Throws LT-2101 when the port is taken, LT-2104 when it cannot be listened on for another reason, and what opening the store throws. */
export async function startDesk(options: DeskOptions): Promise<Desk> {
  const tell = options.log ?? (() => undefined)
  const record = await openAuditRecord(options.accessLog)
  if (record.breaks.length > 0) tell({ level: 'error', message: 'the record of who did what was changed by another hand', entries: record.breaks.slice(0, 20) })
  const pseudonyms = await openPseudonyms(options.pseudonyms)
  const users = usersOf(options.users, { ...(options.issuer !== undefined && { issuer: options.issuer }), revoked: record.revoked })
  const browsers = options.signIn === undefined ? undefined : new BrowserSessions(options.signIn.origin)
  const records = await openRecords({
    file: ':memory:',
    ...options.store,
    log: 'write' in options.alerts ? options.alerts : memoryLog(options.alerts),
    witness: witnessOf(record),
    onFailure: (error) => tell({ level: 'error', message: 'the alerts stream broke off', error: String(error) }),
  })
  const webhooks = await Webhooks.open({
    ...records,
    reach: options.webhooks,
    revocations: users.revocations,
    onFailure: (error) => tell({ level: 'error', message: 'a webhook is not served any more', error: String(error) }),
  })
  const feed = new Feed({
    log: records.alerts,
    durables: options.durables ?? records.durables,
    limits: options.feedLimits,
    onConnections: options.onFeed?.connections,
    onSlow: options.onFeed?.slow,
  })
  const app = fastify({ bodyLimit: BODY_BYTES, requestTimeout: REQUEST_MS, forceCloseConnections: true, genReqId: () => randomUUID() })
  app.setErrorHandler((error: Error, request, reply) => {
    const ours = asOurs(error, BODY_BYTES)
    if (ours.code === 'LT-2116') tell({ level: 'error', message: 'request failed', url: request.url, error: error.stack, ref: request.id })
    return fail(request, reply, ours)
  })
  await pages(app, {
    dashboardDirectory: options.dashboardDirectory,
    isReady: () => records.isFollowing && (options.isReady?.() ?? true),
  })
  const host = options.host ?? '127.0.0.1'
  if (options.metrics !== undefined) await metricsRoute(app, options.metrics, host, users, browsers)
  await app.register((v1) => api(v1, options, { users, browsers, record, pseudonyms, records, feed, webhooks }), { prefix: '/v1' })
  const closeDoor = openSockets(app.server, { users, browsers, feed })
  const close = async () => {
    await records.stop()
    closeDoor()
    await feed.close()
    await app.close()
    await webhooks.stop()
    await records.close()
    await record.close()
  }
  try {
    await listen(app, host, options.port)
  } catch (error) {
    await close()
    throw error
  }
  // Not before: with a taken port nothing has been begun that would have to be stopped.
  await records.follow()
  const address = app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, port, close }
}

/** Who may come in, what they did, and by what names they know others. */
type Walls = { users: Users; browsers: BrowserSessions | undefined; record: AuditRecord; pseudonyms: Pseudonyms }
/** What they come for. */
type Wares = { records: Records; feed: Feed; webhooks: Webhooks }

async function api(v1: FastifyInstance, options: DeskOptions, { users, browsers, record, pseudonyms, records, feed, webhooks }: Walls & Wares): Promise<void> {
  const tell = options.log ?? (() => undefined)
  await guard(v1, users, browsers)
  await describe(v1)
  v1.get('/asyncapi.json', (request) => asyncApi(request.host))
  // A route, not a handler for what is not found: the dashboard's files would be looked through before that one.
  v1.all('/*', (request, reply) => fail(request, reply, new LookthroughError('LT-2111')))
  v1.get('/me', (request) => {
    const { name, role, institution } = userOf(request)
    return { name, role, institution }
  })
  v1.get('/about', () => options.about ?? {})
  sessionRoute(v1, browsers !== undefined)
  if (options.signIn !== undefined && browsers !== undefined) loginRoutes(v1, { signIn: options.signIn, browsers, users, record })
  ruleRoutes(v1, options.rules, record, tell)
  alertRoutes(v1, records)
  actionRoutes(v1, records)
  streamRoute(v1, feed)
  changesRoute(v1, feed)
  feedTestRoute(v1, feed)
  ticketRoute(v1, feed.tickets)
  webhookRoutes(v1, webhooks, record)
  adminRoutes(v1, users, record, tell)
  auditRoute(v1, record, records.actions)
  await eventRoutes(v1, { publish: options.publish, log: tell, watch: options.onEvents })
  const turns = new Turns()
  const { lakeDirectory } = options
  sqlRoute(v1, { lakeDirectory, pseudonyms, turns, record, log: tell })
  unmaskRoutes(v1, { lakeDirectory, pseudonyms, record, turns })
  lookthroughRoute(v1, { lookThrough: options.lookThrough, turns, record, log: tell })
}

function witnessOf(record: AuditRecord): Witness {
  return {
    asked: (actions) => record.write(...actions.map(entryOf)),
    notTaken: (actions) => record.write(...notTaken(actions)),
  }
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port, backlog: BACKLOG })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') throw new LookthroughError('LT-2101', { host, port, other: port + 1 }, error)
    throw new LookthroughError('LT-2104', { host, port, why: message }, error)
  }
}
