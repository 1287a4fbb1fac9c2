/** The feed's WebSocket: who may open one. */
import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { FEED_PROTOCOL } from '../../contract/feed.ts'
import { LookthroughError } from '../../contract/index.ts'
import type { BrowserSessions } from '../entitlements/browser-sessions.ts'
import { may } from '../entitlements/roles.ts'
import type { Session } from '../entitlements/session.ts'
import { tokenIn, type Users } from '../entitlements/users.ts'
import { languageOf } from '../http/reply.ts'
import { Connection, MAX_FRAME_BYTES } from './connection.ts'
import type { Feed } from './feed.ts'

type Door = { users: Users; browsers: BrowserSessions | undefined; feed: Feed }

/** Takes upgrades to `/v1/feed`; refuses with 401, 403 (another origin's page), 404 (any other address), 429, or 503 while an issuer's keys cannot be had. Returns how to stop. */
export function openSockets(server: Server, door: Door): () => void {
  const { users, feed } = door
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: (offered) => (offered.has(FEED_PROTOCOL) ? FEED_PROTOCOL : false),
  })
  const upgrade = async (request: IncomingMessage, raw: Duplex, head: Buffer) => {
    raw.on('error', () => raw.destroy())
    if (pathOf(request) !== '/v1/feed') return refuse(raw, '404 Not Found')
    if (!isSameOrigin(request)) return refuse(raw, '403 Forbidden')
    const session = await callerOf(request, door).catch(statusOf)
    if (typeof session === 'string') return refuse(raw, session)
    if (session === undefined || !may(session.user.role, 'see')) return refuse(raw, '401 Unauthorized')
    const { user } = session
    const leave = feed.places.take(user)
    if (leave === undefined) return refuse(raw, '429 Too Many Requests')
    raw.once('close', leave)
    sockets.handleUpgrade(request, raw, head, (socket) => {
      const connection = new Connection({
        socket,
        // An HTTP server hands over the socket it accepted.
        raw: raw as Socket,
        user,
        channel: feed.channels.of(user),
        durables: feed.durables,
        authenticate: (token) => users.authenticate(token).catch(() => undefined),
        renewed(next) {
          leaveFeed()
          leaveFeed = feed.join(connection, next)
        },
        language: languageOf(request.headers['accept-language']),
        onSlow: feed.onSlow,
      })
      let leaveFeed = feed.join(connection, session)
      socket.on('close', () => leaveFeed())
    })
  }
  const onUpgrade = (...asked: Parameters<typeof upgrade>) => void upgrade(...asked)
  server.on('upgrade', onUpgrade)
  return () => server.off('upgrade', onUpgrade)
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?', 1)[0] ?? ''
}

/** By the header, or, as browsers cannot set one on a WebSocket, by a second subprotocol: `bearer.<base64url>`, or `ticket.<ticket>`; else by the cookie. */
async function callerOf(request: IncomingMessage, { users, browsers, feed }: Door): Promise<Session | undefined> {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
  const after = (prefix: string) => offered.find((name) => name.startsWith(prefix))?.slice(prefix.length)
  const ticket = after('ticket.')
  if (ticket !== undefined) return feed.tickets.use(ticket)
  const bearer = after('bearer.')
  if (request.headers.authorization === undefined && bearer === undefined) return browsers?.callerOf(request.headers, { isChange: true })
  return users.authenticate(tokenIn(request.headers.authorization) ?? Buffer.from(bearer ?? '', 'base64url').toString())
}

/** A page of another origin must not open the feed with a browser's standing. */
function isSameOrigin(request: IncomingMessage): boolean {
  const { origin, host } = request.headers
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)
}

function statusOf(error: unknown): string {
  return error instanceof LookthroughError && error.code === 'LT-2105' ? '403 Forbidden' : '503 Service Unavailable'
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
