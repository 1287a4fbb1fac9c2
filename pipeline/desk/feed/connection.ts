/**
 * One feed connection. A subscription first catches up (a snapshot, or the entries after a cursor) at the reader's pace, then goes live in the
 * same turn of the event loop in which nothing is left to catch up on: no gap, no double. `prev` is the sequence sent before on the subscription,
 * so filters never look like loss. A live reader that falls a mebibyte behind is let go with a cursor to come back with.
 */
import type { WebSocket } from 'ws'
import { ERRORS, fill, type Language, type PublishedAlert } from '../../contract/index.ts'
import { say } from '../../messages/index.ts'
import { streamOf, type Viewer } from '../entitlements/see.ts'
import type { SessionEnd } from '../entitlements/session.ts'
import { decodeCursor, encodeCursor, EventFrames, type Operation, parseOperation } from './frames.ts'
import { type AlertFilter, type AlertLog, type AlertStream, matches } from './log.ts'

export const HEARTBEAT_MS = 10_000
const MAX_BUFFERED_BYTES = 1 << 20
const CATCH_UP_BUFFERED_BYTES = 256 << 10
const SNAPSHOT_PART = 200
const MAX_SUBSCRIPTIONS = 16
const RETRY_AFTER_MS = 1500

type Subscription = {
  sid: string
  filter: AlertFilter
  /** Sequence last sent, and sequence last looked at: the filter may have let entries go by. */
  sent: number
  seen: number
  live: boolean
}

export type ConnectionOptions = { socket: WebSocket; viewer: Viewer; log: AlertLog; language: Language; onSlow?: (() => void) | undefined }

export class Connection {
  readonly stream: AlertStream
  readonly #place: { epoch: string; stream: string }
  readonly #socket: WebSocket
  readonly #language: Language
  readonly #onSlow: (() => void) | undefined
  readonly #subscriptions = new Map<string, Subscription>()
  #answered = true

  constructor({ socket, viewer, log, language, onSlow }: ConnectionOptions) {
    this.#socket = socket
    this.stream = log.of(viewer)
    this.#place = { epoch: log.epoch, stream: streamOf(viewer) }
    this.#language = language
    this.#onSlow = onSlow
    socket.on('pong', () => {
      this.#answered = true
    })
    socket.on('message', (data: Buffer) => this.#receive(data.toString()))
    socket.on('error', () => socket.terminate())
    this.#send({ type: 'hello', v: 1, heartbeatMs: HEARTBEAT_MS, serverTime: new Date().toISOString(), limits: { subscriptions: MAX_SUBSCRIPTIONS } })
  }

  /** A new entry of the stream. */
  live(frames: EventFrames): void {
    for (const subscription of this.#subscriptions.values()) {
      if (!subscription.live) continue
      if (matches(frames.entry.alert, subscription.filter)) {
        if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) return this.#tooSlow()
        this.#write(frames.frame(subscription.sid, subscription.sent))
        subscription.sent = frames.entry.seq
      }
      subscription.seen = frames.entry.seq
    }
  }

  /** Tells that all is well and how far this connection has got. A reader that reads nothing at all is left alone: it is found out by `ping`. */
  heartbeat(): void {
    if (this.#socket.bufferedAmount <= MAX_BUFFERED_BYTES)
      this.#send({ type: 'heartbeat', seq: this.#seen(), cursor: this.#cursor(), serverTime: new Date().toISOString() })
  }

  /** Ends the connection when the last ping was not answered. */
  ping(): void {
    if (!this.#answered) return this.#socket.terminate()
    this.#answered = false
    this.#socket.ping()
  }

  bye(code: number, reason: string, retryable = true): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    this.#send({ type: 'bye', code, reason, retryable, ...(retryable && { retryAfterMs: RETRY_AFTER_MS }), cursor: this.#cursor() })
    this.#subscriptions.clear()
    this.#socket.close(code, reason)
  }

  draining(): void {
    this.bye(4503, say('desk.bye.draining', this.#language))
  }

  /** The session behind it has ended. */
  over(why: SessionEnd): void {
    this.bye(why === 'expired' ? 4401 : 4403, say(`desk.bye.${why}`, this.#language), false)
  }

  terminate(): void {
    this.#socket.terminate()
  }

  #tooSlow(): void {
    this.#onSlow?.()
    this.bye(4413, say('desk.bye.slow', this.#language))
  }

  #receive(text: string): void {
    const operation = parseOperation(text)
    if (operation === undefined) return this.#refuse('op is subscribe or unsubscribe, with a sid; from is "snapshot", "now" or {cursor}')
    if (operation.op === 'unsubscribe') return void this.#subscriptions.delete(operation.sid)
    if (this.#subscriptions.has(operation.sid)) return this.#refuse('this sid is in use', operation.sid)
    if (this.#subscriptions.size >= MAX_SUBSCRIPTIONS) return this.#refuse(`at most ${MAX_SUBSCRIPTIONS} subscriptions`, operation.sid)
    this.#subscribe(operation)
  }

  #subscribe({ sid, from = 'snapshot', filter = {} }: Extract<Operation, { op: 'subscribe' }>): void {
    const { stream } = this
    const asked = typeof from === 'object' ? decodeCursor(from.cursor, this.#place) : undefined
    const resumed = asked !== undefined && stream.after(asked, 0) !== undefined ? asked : undefined
    const start = resumed ?? stream.seq
    // Whoever asks with a cursor that leads nowhere gets everything: never a part.
    const snapshot = resumed === undefined && from !== 'now' ? stream.latest(filter) : undefined
    const subscription: Subscription = { sid, filter, sent: start, seen: start, live: false }
    this.#subscriptions.set(sid, subscription)
    const cursor = encodeCursor({ ...this.#place, seq: start })
    this.#send({ type: 'subscribed', sid, epoch: this.#place.epoch, recovered: resumed !== undefined, replay: stream.seq - start, cursor })
    // Cannot fail: it writes to the socket, and a socket that breaks closes the connection.
    void this.#catchUp(subscription, snapshot)
  }

  async #catchUp(subscription: Subscription, snapshot: PublishedAlert[] | undefined): Promise<void> {
    const { sid, filter } = subscription
    const asOf = { seq: subscription.seen }
    for (let from = 0; snapshot !== undefined && this.#holds(subscription) && from < Math.max(1, snapshot.length); from += SNAPSHOT_PART) {
      const last = from + SNAPSHOT_PART >= snapshot.length
      const items = snapshot.slice(from, from + SNAPSHOT_PART)
      await this.#paced(JSON.stringify({ type: 'snapshot', sid, part: from / SNAPSHOT_PART + 1, last, asOf, items }))
    }
    while (this.#holds(subscription) && subscription.seen < this.stream.seq) {
      const missed = this.stream.after(subscription.seen, SNAPSHOT_PART)
      if (missed === undefined) return this.#tooSlow()
      for (const entry of missed) {
        if (!this.#holds(subscription)) return
        if (matches(entry.alert, filter)) {
          const frame = new EventFrames(entry, this.#place).frame(sid, subscription.sent)
          subscription.sent = entry.seq
          subscription.seen = entry.seq
          await this.#paced(frame)
        } else subscription.seen = entry.seq
      }
    }
    if (!this.#holds(subscription)) return
    subscription.live = true
    this.#send({ type: 'live', sid, seq: subscription.seen, cursor: encodeCursor({ ...this.#place, seq: subscription.seen }) })
  }

  #holds(subscription: Subscription): boolean {
    return this.#socket.readyState === this.#socket.OPEN && this.#subscriptions.get(subscription.sid) === subscription
  }

  /** How far every subscription has got: what a cursor may promise. */
  #seen(): number {
    return this.#subscriptions.size === 0 ? this.stream.seq : Math.min(...[...this.#subscriptions.values()].map((s) => s.seen))
  }

  #cursor(): string {
    return encodeCursor({ ...this.#place, seq: this.#seen() })
  }

  #refuse(why: string, sid = ''): void {
    this.#send({ type: 'error', sid, code: 'LT-2140', message: fill(ERRORS['LT-2140'].what[this.#language], { why }), temporary: false })
  }

  #send(frame: Record<string, unknown>): void {
    this.#write(JSON.stringify(frame))
  }

  #write(frame: string | Buffer): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(frame, { binary: false })
  }

  /** Writes, and waits until the reader has taken it where much is waiting already. */
  #paced(frame: string | Buffer): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.bufferedAmount < CATCH_UP_BUFFERED_BYTES) {
        this.#write(frame)
        resolve()
      } else this.#socket.send(frame, { binary: false }, () => resolve())
    })
  }
}
