/**
 * Keeps one feed connection: snapshot, then live; after a break it goes on from the last cursor.
 * A silent or gappy connection is given up and made anew, with backoff from 0.5 to 30 s and full jitter.
 */
import { ApiError, fetchPerson } from '../api.ts'
import type { Token } from '../session.ts'
import { bearerProtocol, FEED_PROTOCOL, type Frame, type From, parseFrame } from './frames.ts'
import type { FeedStore } from './store.ts'

const FIRST_BACKOFF_MS = 500
const LAST_BACKOFF_MS = 30_000
/** Not worth trying again: bad request, token, forbidden, version. */
const TERMINAL = new Set([4400, 4401, 4403, 4426])
const REFUSED = new Set([4401, 4403])
/** Our own close codes: no frame for three heartbeats, and a hole between two events. */
const SILENT = 4900
const GAP = 4901
const SID = 'main'

export class FeedConnection {
  readonly #token: Token
  readonly #store: FeedStore
  #socket: WebSocket | undefined
  #timer = 0
  #watch = 0
  #stopped = false
  #cursor: string | undefined
  /** Whether what the cursor points behind is all here: not so while a snapshot is coming in. */
  #settled = false
  #subscribedCursor: string | undefined
  #inSnapshot = false
  #lastSeq: number | undefined
  #attempt = 0
  #gaps = 0
  #resuming = false
  #received = 0
  #retryAfterMs: number | undefined
  #wasLive = false

  constructor(token: Token, store: FeedStore) {
    this.#token = token
    this.#store = store
  }

  start(): void {
    this.#stopped = false
    this.#connect()
  }

  stop(): void {
    this.#stopped = true
    window.clearTimeout(this.#timer)
    window.clearTimeout(this.#watch)
    this.#socket?.close(1000)
  }

  /** Does not wait for the countdown. */
  reconnectNow(): void {
    window.clearTimeout(this.#timer)
    if (this.#socket === undefined && !this.#stopped) this.#connect()
  }

  #connect(): void {
    this.#store.setConnection({ phase: 'connecting', retryAt: undefined, closedWhy: undefined, attempt: this.#attempt })
    const url = new URL('/v1/feed', location.href)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    const socket = new WebSocket(url, this.#token === undefined ? [FEED_PROTOCOL] : [FEED_PROTOCOL, bearerProtocol(this.#token)])
    this.#socket = socket
    let opened = false
    this.#listen()
    socket.onopen = () => {
      opened = true
      this.#subscribe()
    }
    socket.onmessage = (message: MessageEvent<unknown>) => {
      if (socket !== this.#socket) return
      const frame = parseFrame(message.data)
      if (frame === undefined) return
      this.#listen()
      this.#store.setConnection({ lastFrameAt: Date.now() })
      this.#take(frame)
    }
    socket.onclose = (event) => {
      if (socket !== this.#socket) return
      this.#socket = undefined
      window.clearTimeout(this.#watch)
      if (this.#stopped) return
      if (TERMINAL.has(event.code)) this.#end(event.code, event.reason)
      else if (opened) this.#wait()
      else void this.#waitUnlessRefused()
    }
  }

  #subscribe(): void {
    const from: From = this.#cursor === undefined || this.#gaps > 2 ? 'snapshot' : { cursor: this.#cursor }
    this.#lastSeq = undefined
    this.#received = 0
    this.#resuming = from !== 'snapshot'
    this.#settled = this.#resuming
    this.#inSnapshot = false
    this.#store.setConnection({ phase: 'loading', loaded: 0 })
    this.#socket?.send(JSON.stringify({ op: 'subscribe', sid: SID, from }))
  }

  #take(frame: Frame): void {
    switch (frame.type) {
      case 'hello':
        if (frame.heartbeatMs !== undefined) this.#store.setConnection({ heartbeatMs: frame.heartbeatMs })
        this.#listen()
        break
      case 'subscribed':
        if (frame.recovered === false) this.#resuming = false
        this.#subscribedCursor = frame.cursor
        break
      case 'snapshot':
        this.#resuming = false
        this.#store.addSnapshot(frame.items, !this.#inSnapshot, frame.last)
        this.#inSnapshot = !frame.last
        this.#settled = frame.last
        break
      case 'live':
        this.#settled = true
        this.#moveCursor(frame.cursor ?? this.#cursor ?? this.#subscribedCursor)
        this.#live()
        break
      case 'event':
        this.#event(frame)
        break
      case 'error':
        this.#error(frame)
        break
      case 'bye':
        this.#retryAfterMs = frame.retryAfterMs
        this.#moveCursor(frame.cursors?.[SID])
        if (!frame.retryable) this.#end(frame.code, frame.reason)
        break
      case 'heartbeat':
        this.#moveCursor(frame.cursors?.[SID])
    }
  }

  #moveCursor(cursor: string | undefined): void {
    if (this.#settled && cursor !== undefined) this.#cursor = cursor
  }

  #live(): void {
    this.#attempt = 0
    const notice = this.#resuming ? ({ kind: 'resumed', count: this.#received } as const) : ({ kind: 'reloaded' } as const)
    this.#store.setConnection({ phase: 'live', attempt: 0, ...(this.#wasLive && { notice }) })
    this.#wasLive = true
    this.#store.markReady()
  }

  /** `prev` names the event before this one on this subscription, so a hole shows whatever was filtered. */
  #event(frame: Extract<Frame, { type: 'event' }>): void {
    if (this.#lastSeq !== undefined && frame.prev !== null && frame.prev !== this.#lastSeq) {
      this.#gaps += 1
      this.#retryAfterMs = 0
      this.#drop(GAP)
      return
    }
    this.#lastSeq = frame.seq
    this.#moveCursor(frame.cursor)
    this.#received += 1
    if (this.#store.connection().phase === 'live') this.#gaps = 0
    this.#store.addRevision(frame.event.data)
  }

  /** A cursor the server no longer knows is dropped for a new snapshot; any other refusal ends the connection. */
  #error(frame: Extract<Frame, { type: 'error' }>): void {
    if (/cursor/i.test(String(frame.code)) || Number(frame.code) === 4410) {
      this.#cursor = undefined
      this.#subscribe()
    } else if (this.#store.connection().phase !== 'live') this.#store.setConnection({ closedWhy: `${frame.code} ${frame.message}` })
  }

  #listen(): void {
    window.clearTimeout(this.#watch)
    this.#watch = window.setTimeout(() => this.#drop(SILENT), 3 * this.#store.connection().heartbeatMs)
  }

  /** Gives the socket up at once: a dead peer may take minutes to answer a closing handshake. */
  #drop(code: number): void {
    const socket = this.#socket
    this.#socket = undefined
    window.clearTimeout(this.#watch)
    socket?.close(code)
    this.#wait()
  }

  #wait(): void {
    const ceiling = Math.min(LAST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.#attempt)
    const delay = this.#retryAfterMs ?? Math.random() * ceiling
    this.#attempt += 1
    this.#retryAfterMs = undefined
    this.#store.setConnection({ phase: 'waiting', attempt: this.#attempt, retryAt: Date.now() + delay, notice: undefined })
    this.#timer = window.setTimeout(() => this.#connect(), delay)
  }

  /** A browser does not say why a handshake failed, so the token is asked about over HTTP. */
  async #waitUnlessRefused(): Promise<void> {
    this.#wait()
    try {
      await fetchPerson(this.#token)
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.#end(4401, error.message)
    }
  }

  #end(code: number, reason: string): void {
    this.#stopped = true
    window.clearTimeout(this.#timer)
    window.clearTimeout(this.#watch)
    const socket = this.#socket
    this.#socket = undefined
    socket?.close(1000)
    this.#store.setConnection({ phase: 'closed', retryAt: undefined, closedWhy: `${code} ${reason}`.trim(), refused: REFUSED.has(code) })
  }
}
