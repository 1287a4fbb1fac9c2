/** The feed's WebSocket: who may open one, and the beat that keeps them all. */
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { streamOf } from '../entitlements/see.ts'
import { type DeskUser, tokenIn, type Users } from '../entitlements/users.ts'
import { languageOf } from '../http/reply.ts'
import { Connection, HEARTBEAT_MS } from './connection.ts'
import { EventFrames, FEED_PROTOCOL } from './frames.ts'
import type { AlertLog } from './log.ts'

export type FeedOptions = {
  server: Server
  users: Users
  log: AlertLog
  /** Told how many connections are open. */
  onConnections?: ((open: number) => void) | undefined
  /** Told of each reader that was cut off. */
  onSlow?: (() => void) | undefined
}

const PING_MS = 20_000
const MAX_FRAME_BYTES = 64 << 10
const MAX_CONNECTIONS = 2000
const MAX_CONNECTIONS_PER_USER = 100
const DRAIN_MS = 1000

/** Takes upgrades to `/v1/feed`; refuses with 401, 403 (another origin's page), 404 (any other address) or 429. */
export function openFeed(options: FeedOptions): { close(): Promise<void> } {
  const { server, users, log } = options
  const open = new Map<Connection, DeskUser>()
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: (offered) => (offered.has(FEED_PROTOCOL) ? FEED_PROTOCOL : false),
  })
  const upgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    if (pathOf(request) !== '/v1/feed') return refuse(socket, '404 Not Found')
    if (!isSameOrigin(request)) return refuse(socket, '403 Forbidden')
    const session = await users.authenticate(tokenIn(request.headers.authorization) ?? tokenInProtocol(request) ?? '').catch(() => null)
    if (session === null) return refuse(socket, '503 Service Unavailable')
    if (session === undefined) return refuse(socket, '401 Unauthorized')
    const { user } = session
    const his = [...open.values()].filter((other) => other.name === user.name).length
    if (open.size >= MAX_CONNECTIONS || his >= MAX_CONNECTIONS_PER_USER) return refuse(socket, '429 Too Many Requests')
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const connection = new Connection({ socket: ws, viewer: user, log, language: languageOf(request.headers['accept-language']), onSlow: options.onSlow })
      open.set(connection, user)
      options.onConnections?.(open.size)
      const deafen = session.onEnd((why) => connection.over(why))
      listen(user)
      ws.on('close', () => {
        deafen()
        open.delete(connection)
        options.onConnections?.(open.size)
      })
    })
  }
  const { listen, deafen } = broadcast(log, open)
  const timers = [every(HEARTBEAT_MS, open, (c) => c.heartbeat()), every(PING_MS, open, (c) => c.ping())]
  const onUpgrade = (...request: Parameters<typeof upgrade>) => void upgrade(...request)
  server.on('upgrade', onUpgrade)
  return {
    async close() {
      for (const timer of timers) clearInterval(timer)
      deafen()
      server.off('upgrade', onUpgrade)
      for (const connection of open.keys()) connection.draining()
      const until = Date.now() + DRAIN_MS
      while (open.size > 0 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 20))
      for (const connection of open.keys()) connection.terminate()
    },
  }
}

/** Hands each entry of each stream to that stream's connections, serialised once. */
function broadcast(log: AlertLog, open: ReadonlyMap<Connection, DeskUser>): { listen(user: DeskUser): void; deafen(): void } {
  const stops = new Map<string, () => void>()
  return {
    listen(user) {
      const [name, stream] = [streamOf(user), log.of(user)]
      if (stops.has(name)) return
      const stop = stream.listen((entry) => {
        const frames = new EventFrames(entry, { epoch: log.epoch, stream: name })
        for (const connection of open.keys()) if (connection.stream === stream) connection.live(frames)
      })
      stops.set(name, stop)
    },
    deafen() {
      for (const stop of stops.values()) stop()
    },
  }
}

function every(ms: number, open: ReadonlyMap<Connection, DeskUser>, what: (connection: Connection) => void): NodeJS.Timeout {
  return setInterval(() => {
    for (const connection of open.keys()) what(connection)
  }, ms)
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?', 1)[0] ?? ''
}

/** Browsers cannot set headers on a WebSocket, so there the token travels as a second subprotocol, `bearer.<base64url>`. */
function tokenInProtocol(request: IncomingMessage): string | undefined {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
  const bearer = offered.find((name) => name.startsWith('bearer.'))
  return bearer === undefined ? undefined : Buffer.from(bearer.slice('bearer.'.length), 'base64url').toString()
}

/** A page of another origin must not open the feed with a browser's standing. */
function isSameOrigin(request: IncomingMessage): boolean {
  const { origin, host } = request.headers
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
