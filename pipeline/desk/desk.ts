/**
 * The desk: REST, the live feed, SQL and the dashboard. It meets the engine only at the alerts topic and the lake;
 * what a user may see is decided here, once, on the server.
 */
import { createHash } from 'node:crypto'
import rateLimit from '@fastify/rate-limit'
import fastifyStatic from '@fastify/static'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { LookthroughError, type PublishedAlert } from '../contract/index.ts'
import { type DeskUser, type Users, usersOf } from './entitlements/users.ts'
import { AlertLog, type AlertFilter } from './feed/log.ts'
import { openFeed } from './feed/socket.ts'
import { type EventMessage, sortOut } from './http/events.ts'
import { fail } from './http/reply.ts'
import { runSql } from './sql/sql.ts'

export type DeskOptions = {
  host?: string
  port: number
  users: DeskUser[]
  /** Every revision from the beginning, then each as it comes. */
  alerts: AsyncIterable<PublishedAlert>
  /** Resolves once the broker has acknowledged all of them. */
  publish(events: EventMessage[]): Promise<void>
  /** Rule records as they are shown. */
  rules: readonly unknown[]
  lakeDirectory?: string
  dashboardDirectory?: string
  metrics?: { contentType: string; render(): Promise<string> }
  /** Told how many feed connections are open, and of each slow one cut off. */
  onFeed?: { connections(open: number): void; slow(): void }
  log?: (line: Record<string, unknown>) => void
}

export type Desk = { url: string; port: number; close(): Promise<void> }

const BODY_BYTES = 16 << 20
const PAGE = 1000

/** Throws LT-2101 when the port is taken. */
export async function startDesk(options: DeskOptions): Promise<Desk> {
  const app = fastify({ bodyLimit: BODY_BYTES, forceCloseConnections: true })
  const log = new AlertLog()
  const users = usersOf(options.users)
  await app.register(rateLimit, {
    global: true,
    max: 1200,
    timeWindow: '1 minute',
    keyGenerator: callerOf,
    allowList: (request) => request.url.startsWith('/v1/events') || !request.url.startsWith('/v1/'),
  })
  app.addHook('onSend', secure)
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500
    return fail(request, reply, status, status === 429 ? 'too_many' : status < 500 ? 'bad_request' : 'internal', status < 500 ? error.message : undefined)
  })
  health(app, options)
  api(app, options, log, users)
  await pages(app, options)
  const feed = openFeed({ server: app.server, users, log, ...(options.onFeed && { onConnections: options.onFeed.connections, onSlow: options.onFeed.slow }) })
  const host = options.host ?? '127.0.0.1'
  try {
    await listen(app, host, options.port)
  } catch (error) {
    feed.close()
    await app.close()
    throw error
  }
  const address = app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  void follow(options.alerts, log, options.log)
  return {
    url: `http://${host}:${port}`,
    port,
    async close() {
      feed.close()
      await app.close()
    },
  }
}

async function follow(alerts: AsyncIterable<PublishedAlert>, log: AlertLog, tell: DeskOptions['log']): Promise<void> {
  try {
    for await (const alert of alerts) log.add(alert)
  } catch (error) {
    tell?.({ level: 'error', message: 'the alerts stream ended', error: String(error) })
  }
}

function health(app: FastifyInstance, options: DeskOptions): void {
  app.get('/livez', () => ({ ok: true }))
  app.get('/readyz', () => ({ ok: true }))
  app.get('/metrics', async (_, reply) => {
    if (options.metrics === undefined) return reply.code(404).send()
    return reply.type(options.metrics.contentType).send(await options.metrics.render())
  })
}

function api(app: FastifyInstance, options: DeskOptions, log: AlertLog, users: Users): void {
  const route = (method: 'GET' | 'POST', url: string, answer: (request: FastifyRequest, reply: FastifyReply, user: DeskUser) => unknown) =>
    app.route({
      method,
      url,
      handler: async (request, reply) => {
        const user = users.find(/^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '')
        return user === undefined ? fail(request, reply, 401, 'unauthorized') : answer(request, reply, user)
      },
    })
  route('GET', '/v1/me', (_request, _reply, { name, role, institution }) => ({ name, role, institution }))
  route('GET', '/v1/rules', () => options.rules)
  route('GET', '/v1/alerts', (request, _reply, user) => {
    const { limit, offset, ...filter } = request.query as AlertFilter & { limit?: string; offset?: string }
    const [from, count] = [Math.max(0, Number(offset ?? 0) || 0), Math.min(PAGE, Math.max(1, Number(limit ?? 100) || 100))]
    const { items } = log.latest(user, filter)
    return { items: items.slice(from, from + count), total: items.length, ...(from + count < items.length && { next: from + count }) }
  })
  route('GET', '/v1/alerts/:id', (request, reply, user) => {
    const revisions = log.revisions(user, (request.params as { id: string }).id)
    return revisions.length === 0 ? fail(request, reply, 404, 'not_found') : { ...revisions.at(-1), revisions }
  })
  route('GET', '/v1/alerts/:id/evidence', (request, reply, user) => {
    const last = log.revisions(user, (request.params as { id: string }).id).at(-1)
    return last === undefined
      ? fail(request, reply, 404, 'not_found')
      : { evidence: last.evidence, evidenceCount: last.evidenceCount, positions: last.positions ?? [] }
  })
  route('POST', '/v1/events', async (request, reply, user) => {
    const { messages, rejected } = sortOut(request.body, user)
    if (messages.length === 0) return fail(request, reply, 400, 'nothing_accepted', rejected)
    try {
      await options.publish(messages)
    } catch (error) {
      return fail(request, reply.header('retry-after', '5'), 503, 'unavailable', error instanceof LookthroughError ? error.message : undefined)
    }
    return reply.code(202).send({ accepted: messages.length, rejected })
  })
  sql(route, options)
  app.setNotFoundHandler((request, reply) => {
    if (request.url.startsWith('/v1/') || options.dashboardDirectory === undefined || request.method !== 'GET') return fail(request, reply, 404, 'not_found')
    return reply.sendFile('index.html')
  })
}

const MAX_QUERIES = 2

function sql(
  route: (method: 'POST', url: string, answer: (request: FastifyRequest, reply: FastifyReply, user: DeskUser) => unknown) => void,
  options: DeskOptions,
): void {
  const running = new Map<string, number>()
  route('POST', '/v1/sql', async (request, reply, user) => {
    const { sql: text, limit } = (request.body ?? {}) as { sql?: unknown; limit?: unknown }
    if (typeof text !== 'string' || options.lakeDirectory === undefined)
      return fail(request, reply, 400, 'bad_request', 'body: {"sql": "select …", "limit": 1000}')
    const mine = running.get(user.name) ?? 0
    if (mine >= MAX_QUERIES) return fail(request, reply.header('retry-after', '2'), 429, 'too_many')
    running.set(user.name, mine + 1)
    const abort = new AbortController()
    reply.raw.on('close', () => abort.abort())
    const started = Date.now()
    const record = { message: 'query', user: user.name, sql: text }
    try {
      const viewer = { institution: user.role === 'desk' ? (user.institution ?? '') : null }
      const result = await runSql({
        sql: text,
        ...(typeof limit === 'number' && { limit }),
        lakeDirectory: options.lakeDirectory,
        viewer,
        signal: abort.signal,
      })
      options.log?.({ ...record, outcome: 'ok', rows: result.rows.length, ms: Date.now() - started })
      return result
    } catch (error) {
      const why = error instanceof LookthroughError ? { code: error.code, message: error.message } : undefined
      options.log?.({ ...record, outcome: why?.code ?? 'failed', ms: Date.now() - started })
      return fail(request, reply, why === undefined ? 500 : 400, 'query_failed', why)
    } finally {
      running.set(user.name, (running.get(user.name) ?? 1) - 1)
    }
  })
}

async function pages(app: FastifyInstance, options: DeskOptions): Promise<void> {
  if (options.dashboardDirectory !== undefined) await app.register(fastifyStatic, { root: options.dashboardDirectory })
}

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

function secure(_request: FastifyRequest, reply: FastifyReply, payload: unknown, done: (error: null, payload: unknown) => void): void {
  reply.headers({
    'content-security-policy': CSP,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
  })
  if (reply.request.url.startsWith('/v1/')) reply.header('cache-control', 'no-store')
  done(null, payload)
}

/** Requests are limited per token, not per address: a bank may sit behind one. The token itself is not kept. */
function callerOf(request: FastifyRequest): string {
  return createHash('sha256')
    .update(request.headers.authorization ?? request.ip)
    .digest('hex')
    .slice(0, 16)
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw new LookthroughError('LT-2101', { host, port, other: port + 1 }, error)
    throw error
  }
}
