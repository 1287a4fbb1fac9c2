/**
 * The desk: REST, the live feed, SQL and the dashboard. It meets the engine only at the alerts stream and the lake;
 * what a user may see is decided here, once, on the server.
 */
import { randomUUID } from 'node:crypto'
import fastify, { type FastifyInstance } from 'fastify'
import { LookthroughError, type PublishedAlert } from '../contract/index.ts'
import { type DeskUser, type Users, usersOf } from './entitlements/users.ts'
import { AlertLog } from './feed/log.ts'
import { Feed } from './feed/feed.ts'
import { openSockets } from './feed/socket.ts'
import type { Durables } from './feed/durables.ts'
import type { FeedLimits } from './feed/places.ts'
import { guard, userOf } from './http/access.ts'
import { feedTestRoute } from './http/feed-test.ts'
import { alertRoutes } from './http/alerts.ts'
import { changesRoute } from './http/changes.ts'
import { type LookThrough, lookthroughRoute } from './http/lookthrough.ts'
import { eventRoutes, type GatewayOptions, type GatewayWatch } from './http/events.ts'
import { pages } from './http/pages.ts'
import { sqlRoute } from './http/query.ts'
import { asOurs, fail } from './http/reply.ts'
import { streamRoute } from './http/stream.ts'
import { ticketRoute } from './http/tickets.ts'
import { Turns } from './http/turns.ts'

export type DeskOptions = {
  /** `127.0.0.1` unless given. */
  host?: string
  /** 0: whichever is free. */
  port: number
  users: DeskUser[]
  /** Every revision from the beginning, then each as it comes. One that comes twice counts once. */
  alerts: AsyncIterable<PublishedAlert>
  publish: GatewayOptions['publish']
  /** Rule records, served as they are. */
  rules: readonly unknown[]
  /** The folder with `tables/*.parquet`; none: no SQL. */
  lakeDirectory?: string
  /** Tells of an exposure's paths; none: `/v1/lookthrough` has nothing to tell. */
  lookThrough?: LookThrough
  dashboardDirectory?: string
  metrics?: { contentType: string; render(): Promise<string> }
  /** Where durable subscriptions stand; none: in memory. */
  durables?: Durables
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

/** Throws LT-2101 when the port is taken, LT-2104 when it cannot be listened on for another reason. */
export async function startDesk(options: DeskOptions): Promise<Desk> {
  const tell = options.log ?? (() => undefined)
  const users = usersOf(options.users)
  const log = new AlertLog(options.users)
  const feed = new Feed({
    log,
    durables: options.durables,
    limits: options.feedLimits,
    onConnections: options.onFeed?.connections,
    onSlow: options.onFeed?.slow,
  })
  let following: Following | undefined
  const app = fastify({ bodyLimit: BODY_BYTES, requestTimeout: REQUEST_MS, forceCloseConnections: true, genReqId: () => randomUUID() })
  app.setErrorHandler((error: Error, request, reply) => {
    const ours = asOurs(error, BODY_BYTES)
    if (ours.code === 'LT-2116') tell({ level: 'error', message: 'request failed', url: request.url, error: error.stack, ref: request.id })
    return fail(request, reply, ours)
  })
  await pages(app, {
    dashboardDirectory: options.dashboardDirectory,
    metrics: options.metrics,
    isReady: () => following !== undefined && following.failure === undefined && (options.isReady?.() ?? true),
  })
  await app.register((v1) => api(v1, options, users, log, feed), { prefix: '/v1' })
  const closeDoor = openSockets(app.server, users, feed)
  const host = options.host ?? '127.0.0.1'
  const close = async () => {
    following?.stop()
    closeDoor()
    await feed.close()
    await app.close()
  }
  try {
    await listen(app, host, options.port)
  } catch (error) {
    await close()
    throw error
  }
  // Not before: with a taken port nothing has been begun that would have to be stopped.
  following = follow(options.alerts, log, tell)
  const address = app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, port, close }
}

async function api(v1: FastifyInstance, options: DeskOptions, users: Users, log: AlertLog, feed: Feed): Promise<void> {
  const tell = options.log ?? (() => undefined)
  await guard(v1, users)
  // A route, not a handler for what is not found: the dashboard's files would be looked through before that one.
  v1.all('/*', (request, reply) => fail(request, reply, new LookthroughError('LT-2111')))
  v1.get('/me', (request) => {
    const { name, role, institution } = userOf(request)
    return { name, role, institution }
  })
  v1.get('/about', () => options.about ?? {})
  v1.get('/rules', () => options.rules)
  alertRoutes(v1, log)
  streamRoute(v1, feed)
  changesRoute(v1, feed)
  feedTestRoute(v1, feed)
  ticketRoute(v1, feed.tickets)
  await eventRoutes(v1, { publish: options.publish, log: tell, watch: options.onEvents })
  const turns = new Turns()
  sqlRoute(v1, options.lakeDirectory, turns, tell)
  lookthroughRoute(v1, options.lookThrough, turns, tell)
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

type Following = { failure: unknown; stop(): void }

/** Reads the alerts until told to stop. The iterator is let go of without waiting: it may be in the middle of waiting for the next one. */
function follow(alerts: AsyncIterable<PublishedAlert>, log: AlertLog, tell: (line: Record<string, unknown>) => void): Following {
  const iterator = alerts[Symbol.asyncIterator]()
  let stopped = false
  const following: Following = {
    failure: undefined,
    stop() {
      stopped = true
      iterator.return?.().catch(() => undefined)
    },
  }
  const read = async () => {
    for (let next = await iterator.next(); !stopped && next.done !== true; next = await iterator.next()) log.add(next.value)
  }
  read().catch((error: unknown) => {
    if (stopped) return
    following.failure = error
    tell({ level: 'error', message: 'the alerts stream broke off', error: String(error) })
  })
  return following
}
