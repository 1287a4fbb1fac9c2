/** The feed's WebSocket: who may open one. */
import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { FEED_PROTOCOL } from '../../contract/feed.ts'
import { type DeskUser, tokenIn, type Users } from '../entitlements/users.ts'
import { languageOf } from '../http/reply.ts'
import { Connection, MAX_FRAME_BYTES } from './connection.ts'
import type { Feed } from './feed.ts'

/** Takes upgrades to `/v1/feed`; refuses with 401, 403 (another origin's page), 404 (any other address) or 429. Returns how to stop. */
export function openSockets(server: Server, users: Users, feed: Feed): () => void {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: (offered) => (offered.has(FEED_PROTOCOL) ? FEED_PROTOCOL : false),
  })
  const upgrade = (request: IncomingMessage, raw: Duplex, head: Buffer) => {
    raw.on('error', () => raw.destroy())
    if (pathOf(request) !== '/v1/feed') return refuse(raw, '404 Not Found')
    if (!isSameOrigin(request)) return refuse(raw, '403 Forbidden')
    const user = callerOf(request, users, feed)
    if (user === undefined) return refuse(raw, '401 Unauthorized')
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
        identify: (token) => users.find(token),
        language: languageOf(request.headers['accept-language']),
        onSlow: feed.onSlow,
      })
      feed.readers.add(connection)
      socket.on('close', () => feed.readers.delete(connection))
    })
  }
  server.on('upgrade', upgrade)
  return () => server.off('upgrade', upgrade)
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?', 1)[0] ?? ''
}

/** By the header, or, as browsers cannot set one on a WebSocket, by a second subprotocol: `bearer.<base64url>`, or `ticket.<ticket>`. */
function callerOf(request: IncomingMessage, users: Users, feed: Feed): DeskUser | undefined {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
  const after = (prefix: string) => offered.find((name) => name.startsWith(prefix))?.slice(prefix.length)
  const ticket = after('ticket.')
  if (ticket !== undefined) return feed.tickets.use(ticket)
  return users.find(tokenIn(request.headers.authorization) ?? Buffer.from(after('bearer.') ?? '', 'base64url').toString())
}

/** A page of another origin must not open the feed with a browser's standing. */
function isSameOrigin(request: IncomingMessage): boolean {
  const { origin, host } = request.headers
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
