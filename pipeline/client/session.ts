/**
 * One WebSocket to the desk's feed, its frames in order, as fast as the reader takes them: with many waiting the socket is read no further, so that
 * a slow reader is the desk's to see and never fills memory here. Silence for three heartbeats ends it.
 */
import { WebSocket } from 'ws'
import { LookthroughError } from '../contract/errors.ts'
import { FEED_CLOSE, FEED_PROTOCOL } from '../contract/feed-close.ts'
import type { ClientFrame, ServerFrame } from '../contract/feed.ts'

/** How a connection ended. `code`: of the close (4400…4503), 1006 for a connection that broke, or the HTTP status that refused it. */
export type End = { code: number; reason: string; retryable: boolean; retryAfterMs: number }

export type SessionOptions = { url: string; token: string; language?: string | undefined; signal: AbortSignal }

const HANDSHAKE_MS = 10_000
const FIRST_FRAME_MS = 10_000
const MISSED_HEARTBEATS = 3
const MAX_WAITING = 1000
const RETRYABLE = new Map<number, boolean>(Object.values(FEED_CLOSE).map(({ code, retryable }) => [code, retryable]))

export class Session {
  readonly #socket: WebSocket
  readonly #waiting: ServerFrame[] = []
  readonly #stop: () => void
  readonly #signal: AbortSignal
  #refused: { status: number; retryAfterMs: number } | undefined
  #why: string | undefined
  #bye: Extract<ServerFrame, { type: 'bye' }> | undefined
  #end: End | undefined
  #deadlineMs = FIRST_FRAME_MS
  #deadline: NodeJS.Timeout | undefined
  #wake = () => undefined as void

  /** `url`: of the desk (`https://desk.example:7700`), or of its feed. */
  constructor({ url, token, language, signal }: SessionOptions) {
    const headers = { authorization: `Bearer ${token}`, ...(language !== undefined && { 'accept-language': language }) }
    this.#socket = new WebSocket(feedAddress(url), FEED_PROTOCOL, { headers, handshakeTimeout: HANDSHAKE_MS, perMessageDeflate: false })
    this.#signal = signal
    // No more frames; the socket stays open for a last acknowledgement until `close`.
    this.#stop = () => this.#ended(1000, '')
    signal.addEventListener('abort', this.#stop)
    this.#socket.on('open', () => this.#alive())
    this.#socket.on('ping', () => this.#alive())
    this.#socket.on('message', (data: Buffer) => this.#receive(data.toString()))
    this.#socket.on('unexpected-response', (request, response) => {
      this.#refused = { status: response.statusCode ?? 0, retryAfterMs: 1000 * (Number(response.headers['retry-after']) || 0) }
      request.destroy()
      this.#ended(this.#refused.status, '')
    })
    this.#socket.on('error', (error) => {
      this.#why ??= error.message
    })
    this.#socket.on('close', (code, reason) => this.#ended(code, reason.toString()))
  }

  /** The next frame; undefined once the connection has ended and all that came is taken. */
  async next(): Promise<ServerFrame | undefined> {
    while (this.#waiting.length === 0 && this.#end === undefined) await new Promise<void>((resolve) => (this.#wake = resolve))
    const frame = this.#waiting.shift()
    if (this.#socket.isPaused && this.#waiting.length < MAX_WAITING / 2) {
      this.#socket.resume()
      this.#alive()
    }
    return frame
  }

  send(frame: ClientFrame): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame))
  }

  /** Defined once `next` has given undefined. */
  get end(): End {
    return this.#end ?? { code: 1006, reason: '', retryable: true, retryAfterMs: 0 }
  }

  close(): void {
    this.#socket.close(1000)
    // Whoever does not answer the close within a moment is not waited for.
    setTimeout(() => this.#socket.terminate(), 500).unref()
    this.#ended(1000, '')
  }

  #receive(text: string): void {
    this.#alive()
    const frame = parseFrame(text)
    if (frame === undefined) return this.#break('a frame that is no JSON object')
    if (frame.type === 'hello') this.#deadlineMs = MISSED_HEARTBEATS * frame.heartbeatMs
    if (frame.type === 'bye') this.#bye = frame
    this.#waiting.push(frame)
    if (this.#waiting.length >= MAX_WAITING && !this.#socket.isPaused) {
      this.#socket.pause()
      clearTimeout(this.#deadline)
    }
    this.#wake()
  }

  #alive(): void {
    clearTimeout(this.#deadline)
    if (this.#end === undefined) this.#deadline = setTimeout(() => this.#break(`nothing for ${this.#deadlineMs} ms`), this.#deadlineMs)
  }

  #break(why: string): void {
    this.#why = why
    this.#socket.terminate()
    this.#ended(1006, why)
  }

  #ended(code: number, reason: string): void {
    if (this.#end !== undefined) return
    const told = this.#bye ?? { code, reason: reason || (this.#why ?? ''), retryable: isRetryable(code), retryAfterMs: this.#refused?.retryAfterMs ?? 0 }
    this.#end = { code: told.code, reason: told.reason, retryable: told.retryable, retryAfterMs: told.retryAfterMs }
    clearTimeout(this.#deadline)
    this.#signal.removeEventListener('abort', this.#stop)
    this.#wake()
  }
}

/** The address of a desk's feed. Throws LT-2102 for what is no address. */
export function feedAddress(url: string): string {
  if (!URL.canParse(url)) throw new LookthroughError('LT-2102', { url })
  const address = new URL(url)
  address.protocol = address.protocol.replace('http', 'ws')
  if (!address.pathname.endsWith('/feed')) address.pathname = `${address.pathname.replace(/\/$/, '')}/v1/feed`
  return address.href
}

/** Of a close code, or of the HTTP status of a refusal: too many and what is the server's own may pass, all other refusals stay. */
function isRetryable(code: number): boolean {
  if (code >= 300 && code < 600) return code === 429 || code >= 500
  return RETRYABLE.get(code) ?? true
}

/** A frame of the desk, of a known type or not; undefined for what is none. */
export function parseFrame(text: string): ServerFrame | undefined {
  try {
    const frame = JSON.parse(text) as ServerFrame | null
    return typeof frame === 'object' && frame !== null && typeof frame.type === 'string' ? frame : undefined
  } catch {
    return undefined
  }
}
