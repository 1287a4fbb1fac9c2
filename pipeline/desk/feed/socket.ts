/**
 * The feed over WebSocket: hello, then per subscription a snapshot or the entries after a cursor, then live. `prev` is the sequence sent before,
 * so a reader sees at once when one is missing. A reader that does not keep up is let go with a cursor to come back with.
 */
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { PublishedAlert } from '../../contract/index.ts'
import { streamOf, viewFor } from '../entitlements/see.ts'
import type { DeskUser, Users } from '../entitlements/users.ts'
import { type AlertFilter, type AlertLog, type Entry, matches } from './log.ts'

export type FeedOptions = { server: Server; users: Users; log: AlertLog; onConnections?: (open: number) => void; onSlow?: () => void }

const PROTOCOL = 'lookthrough.feed.v1+json'
const HEARTBEAT_MS = 10_000
const MAX_BUFFERED_BYTES = 1 << 20
const SNAPSHOT_PART = 200
const MAX_SUBSCRIPTIONS = 16

export function openFeed(options: FeedOptions): { close(): void } {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: 64 * 1024,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
  })
  const open = new Set<Connection>()
  const stopListening = options.log.listen((stream, entry) => {
    for (const connection of open) if (connection.stream === stream) connection.live(entry)
  })
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (new URL(request.url ?? '/', 'http://desk').pathname !== '/v1/feed') return refuse(socket, '404 Not Found')
    if (!sameOrigin(request)) return refuse(socket, '403 Forbidden')
    const user = options.users.find(tokenOf(request) ?? '')
    if (user === undefined) return refuse(socket, '401 Unauthorized')
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const connection = new Connection(ws, user, options)
      open.add(connection)
      options.onConnections?.(open.size)
      ws.on('close', () => {
        open.delete(connection)
        options.onConnections?.(open.size)
      })
    })
  }
  options.server.on('upgrade', upgrade)
  const timer = setInterval(() => {
    for (const connection of open) connection.heartbeat()
  }, HEARTBEAT_MS)
  return {
    close() {
      clearInterval(timer)
      stopListening()
      options.server.off('upgrade', upgrade)
      for (const connection of open) connection.bye(4503, 'draining', true)
      sockets.close()
    },
  }
}

type Subscription = { filter: AlertFilter; sent: number }

class Connection {
  readonly stream: string
  readonly #ws: WebSocket
  readonly #user: DeskUser
  readonly #options: FeedOptions
  readonly #subscriptions = new Map<string, Subscription>()
  #unanswered = 0

  constructor(ws: WebSocket, user: DeskUser, options: FeedOptions) {
    this.#ws = ws
    this.#user = user
    this.#options = options
    this.stream = streamOf(user)
    ws.on('pong', () => (this.#unanswered = 0))
    ws.on('message', (data) => this.#receive(String(data)))
    ws.on('error', () => ws.terminate())
    this.#send({ type: 'hello', v: 1, heartbeatMs: HEARTBEAT_MS, serverTime: new Date().toISOString() })
  }

  live(entry: Entry): void {
    const alert = viewFor(this.#user, entry.alert)
    if (alert === undefined) return
    for (const [sid, subscription] of this.#subscriptions) if (matches(alert, subscription.filter)) this.#event(sid, subscription, entry.seq, alert)
  }

  heartbeat(): void {
    if (++this.#unanswered > 2) return this.#ws.terminate()
    this.#ws.ping()
    const seq = this.#options.log.end(this.#user)
    this.#send({ type: 'heartbeat', seq, cursor: encodeCursor(this.stream, seq), serverTime: new Date().toISOString() })
  }

  bye(code: number, reason: string, retryable: boolean): void {
    const sent = Math.max(0, ...[...this.#subscriptions.values()].map((s) => s.sent))
    this.#send({ type: 'bye', code, reason, retryable, retryAfterMs: 1500, cursor: encodeCursor(this.stream, sent) })
    this.#subscriptions.clear()
    this.#ws.close(code, reason)
    // A reader that reads nothing never sees the close frame; it is cut off after a while.
    setTimeout(() => this.#ws.terminate(), 5000).unref()
  }

  #receive(text: string): void {
    let message: { op?: string; sid?: string; from?: unknown; filter?: AlertFilter }
    try {
      message = JSON.parse(text) as typeof message
    } catch {
      return this.#fail('', 'not_json', 'a frame is one JSON object')
    }
    const sid = typeof message?.sid === 'string' ? message.sid : ''
    if (message?.op === 'unsubscribe') this.#subscriptions.delete(sid)
    else if (message?.op !== 'subscribe') this.#fail(sid, 'unknown_op', 'op is subscribe or unsubscribe')
    else if (sid === '' || this.#subscriptions.has(sid)) this.#fail(sid, 'bad_sid', 'sid is missing or in use')
    else if (this.#subscriptions.size >= MAX_SUBSCRIPTIONS) this.#fail(sid, 'too_many', `at most ${MAX_SUBSCRIPTIONS} subscriptions`)
    else this.#subscribe(sid, message.from ?? 'snapshot', isFilter(message.filter) ? message.filter : {})
  }

  /** Everything up to here goes out before the subscription is entered, in one turn of the event loop: no gap, no double. */
  #subscribe(sid: string, from: unknown, filter: AlertFilter): void {
    const { log } = this.#options
    const end = log.end(this.#user)
    const cursor = typeof from === 'object' && from !== null ? decodeCursor((from as { cursor?: unknown }).cursor, this.stream) : undefined
    if (typeof from === 'object' && (cursor === undefined || cursor > end))
      return this.#fail(sid, 'cursor_invalid', 'this cursor is not of your stream; subscribe from a snapshot')
    if (cursor === undefined && from !== 'snapshot' && from !== 'now') return this.#fail(sid, 'bad_from', "from is 'snapshot', 'now' or {cursor}")
    const subscription: Subscription = { filter, sent: cursor ?? end }
    this.#send({
      type: 'subscribed',
      sid,
      recovered: cursor !== undefined,
      replay: cursor === undefined ? 0 : end - cursor,
      cursor: encodeCursor(this.stream, subscription.sent),
    })
    if (cursor !== undefined) {
      for (const entry of log.after(this.#user, cursor)) if (matches(entry.alert, filter)) this.#event(sid, subscription, entry.seq, entry.alert)
    } else if (from === 'snapshot') this.#snapshot(sid, log.latest(this.#user, filter).items)
    this.#subscriptions.set(sid, subscription)
    this.#send({ type: 'live', sid, seq: end })
  }

  #snapshot(sid: string, items: PublishedAlert[]): void {
    const parts = Math.max(1, Math.ceil(items.length / SNAPSHOT_PART))
    for (let part = 1; part <= parts; part++)
      this.#send({ type: 'snapshot', sid, part, last: part === parts, items: items.slice((part - 1) * SNAPSHOT_PART, part * SNAPSHOT_PART) })
  }

  #event(sid: string, subscription: Subscription, seq: number, alert: PublishedAlert): void {
    const { sent } = subscription
    subscription.sent = seq
    this.#send({ type: 'event', sid, seq, prev: sent, cursor: encodeCursor(this.stream, seq), event: cloudEvent(alert) })
  }

  #fail(sid: string, code: string, message: string): void {
    this.#send({ type: 'error', sid, code, message, temporary: false })
  }

  #send(frame: Record<string, unknown>): void {
    if (this.#ws.readyState !== this.#ws.OPEN) return
    if (frame['type'] === 'event' && this.#ws.bufferedAmount > MAX_BUFFERED_BYTES) {
      this.#options.onSlow?.()
      return this.bye(4413, 'slow consumer', true)
    }
    this.#ws.send(JSON.stringify(frame))
  }
}

/** The alert as a CloudEvent (contract §3). */
export function cloudEvent(alert: PublishedAlert): Record<string, unknown> {
  const kind = alert.state === 'resolved' ? 'resolved' : alert.revision === 1 ? 'opened' : 'updated'
  return {
    specversion: '1.0',
    id: `${alert.id}/${alert.revision}`,
    source: '/lookthrough',
    type: `lookthrough.alert.${kind}`,
    subject: alert.id,
    time: alert.at,
    datacontenttype: 'application/json',
    partitionkey: alert.institution,
    data: alert,
  }
}

function encodeCursor(stream: string, seq: number): string {
  return Buffer.from(JSON.stringify([stream, seq])).toString('base64url')
}

/** A cursor of another stream is no cursor. */
function decodeCursor(cursor: unknown, stream: string): number | undefined {
  try {
    const [of, seq] = JSON.parse(Buffer.from(String(cursor), 'base64url').toString()) as unknown[]
    return of === stream && typeof seq === 'number' && Number.isInteger(seq) && seq >= 0 ? seq : undefined
  } catch {
    return undefined
  }
}

function isFilter(filter: unknown): filter is AlertFilter {
  return filter !== null && typeof filter === 'object' && Object.values(filter).every((v) => typeof v === 'string')
}

function tokenOf(request: IncomingMessage): string | undefined {
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  const protocol = (request.headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((p) => p.trim())
    .find((p) => p.startsWith('bearer.'))
  return bearer ?? (protocol === undefined ? undefined : Buffer.from(protocol.slice(7), 'base64url').toString())
}

/** A page of another origin must not open the feed with a browser's standing. */
function sameOrigin(request: IncomingMessage): boolean {
  const { origin, host } = request.headers
  if (origin === undefined) return true
  try {
    return new URL(origin).host === host
  } catch {
    return false
  }
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
