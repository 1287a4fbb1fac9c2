/** One WebSocket of the feed: what its client asks for, and everything its subscriptions send. */
import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import { type ClientFrame, FEED_CLOSE, type FeedClose, type FeedTest, type ServerFrame, type Subscribe } from '../../contract/feed.ts'
import { ERRORS, type ErrorCode, type Facts, fill, type Language } from '../../contract/index.ts'
import { say } from '../../messages/index.ts'
import type { Session } from '../entitlements/session.ts'
import type { DeskUser } from '../entitlements/users.ts'
import type { Channel } from './channel.ts'
import { Acknowledgements, type Durables } from './durables.ts'
import { type EntryFrames, parseFrame, serverFrame } from './frames.ts'
import { startOf } from './start.ts'
import { MAX_QUEUED_BYTES, type Outlet, ROOM_BYTES, type Standing, Subscription } from './subscription.ts'
import { letGo, together } from './turn.ts'

export const HEARTBEAT_MS = 10_000
export const RETRY_AFTER_MS = 1500
export const MAX_FRAME_BYTES = 64 << 10
const MAX_SUBSCRIPTIONS = 16
/** Between two heartbeats; acknowledgements are not counted. */
const MAX_FRAMES = 200
const SUBSCRIBE_WITHIN_MS = 10_000

export type ConnectionOptions = {
  socket: WebSocket
  /** What the WebSocket runs over: the frames of events are written to it as they are. */
  raw: Socket
  user: DeskUser
  channel: Channel
  durables: Durables
  authenticate(token: string): Promise<Session | undefined>
  /** Told of the session that takes the place of the one before. */
  renewed(session: Session): void
  language: Language
  onSlow?: (() => void) | undefined
}

type Subscribed = { subscription: Subscription; acknowledgements: Acknowledgements | undefined }

export class Connection implements Outlet {
  held = 0
  readonly #options: ConnectionOptions
  readonly #socket: WebSocket
  readonly #raw: Socket
  readonly #subscriptions = new Map<string, Subscribed>()
  readonly #waiting: (() => void)[] = []
  readonly #deadline: NodeJS.Timeout
  #answered = true
  #frames = 0

  constructor(options: ConnectionOptions) {
    const { socket, raw } = options
    this.#options = options
    this.#socket = socket
    this.#raw = raw
    this.#deadline = setTimeout(() => this.bye('noSubscription'), SUBSCRIBE_WITHIN_MS)
    raw.on('drain', () => this.#drained())
    socket.on('pong', () => {
      this.#answered = true
    })
    socket.on('message', (data: Buffer) => this.#receive(data.toString()))
    socket.on('error', () => socket.terminate())
    socket.on('close', () => this.#end())
    const limits = { subscriptions: MAX_SUBSCRIPTIONS, frameBytes: MAX_FRAME_BYTES, queuedBytes: MAX_QUEUED_BYTES, subscribeWithinMs: SUBSCRIBE_WITHIN_MS }
    this.#send({ type: 'hello', v: 1, heartbeatMs: HEARTBEAT_MS, serverTime: new Date().toISOString(), limits })
  }

  get user(): DeskUser {
    return this.#options.user
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }

  get queued(): number {
    if (this.#raw.writableLength >= ROOM_BYTES) letGo(this.#raw)
    return this.#raw.writableLength
  }

  room(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  snapshot(sid: string, items: readonly Standing[], part: number, last: boolean, seq: number): void {
    const head = serverFrame({ type: 'snapshot', sid, part, last, asOf: { seq }, items: [] })
    if (this.isOpen) this.#socket.send(`${head.slice(0, -']}'.length)}${items.map((item) => item.json).join(',')}]}`)
  }

  event(sid: string, frames: EntryFrames, prev: number, conflated: number): void {
    if (!this.isOpen) return
    together(this.#raw)
    this.#raw.write(frames.socketFrame(sid, prev, conflated))
  }

  live(sid: string, seq: number): void {
    this.#send({ type: 'live', sid, seq, cursor: this.#options.channel.cursor(seq) })
  }

  lagging(sid: string, queuedBytes: number, conflating: boolean): void {
    this.#send({ type: 'lagging', sid, queuedBytes, conflating })
  }

  tooSlow(): void {
    if (this.isOpen) this.#options.onSlow?.()
    this.bye('tooSlow')
  }

  /** Tells that all is well and how far each subscription has got. A reader that reads nothing at all is left alone: it is found out by `ping`. */
  heartbeat(): void {
    this.#frames = 0
    if (this.queued < ROOM_BYTES) this.#send({ type: 'heartbeat', cursors: this.#cursors(), serverTime: new Date().toISOString() })
  }

  /** Ends the connection when the last ping was not answered. */
  ping(): void {
    if (!this.#answered) return this.#socket.terminate()
    this.#answered = false
    this.#socket.ping()
  }

  test(frame: FeedTest): void {
    this.#send(frame)
  }

  bye(why: FeedClose): void {
    if (!this.isOpen) return
    const { code, retryable } = FEED_CLOSE[why]
    const reason = say(`desk.bye.${why}`, this.#options.language)
    this.#send({ type: 'bye', code, reason, retryable, retryAfterMs: retryable ? RETRY_AFTER_MS : 0, cursors: this.#cursors() })
    this.#socket.close(code, reason)
    this.#end()
  }

  terminate(): void {
    this.#socket.terminate()
  }

  #receive(text: string): void {
    if (!this.isOpen) return
    const frame = parseFrame(text)
    if (frame !== 'bad' && frame !== 'unknown' && frame.op === 'ack') return this.#acknowledge(frame)
    if (++this.#frames > MAX_FRAMES) return this.bye('tooMany')
    const why = 'op: subscribe, unsubscribe, ack, auth; /v1/asyncapi.json'
    if (frame === 'unknown') return this.#refuse('LT-2140', { why })
    if (frame === 'bad') {
      this.#refuse('LT-2140', { why })
      return this.bye('badFrame')
    }
    if (frame.op === 'unsubscribe') return this.#unsubscribe(frame.sid)
    // Cannot fail but by what it tells the client.
    void (frame.op === 'auth' ? this.#authenticate(frame.token) : this.#subscribe(frame))
  }

  async #subscribe({ sid, from, filter, conflate, onGap }: Subscribe): Promise<void> {
    const { channel, durables, user } = this.#options
    if (this.#subscriptions.has(sid)) return this.bye('sidInUse')
    if (this.#subscriptions.size >= MAX_SUBSCRIPTIONS) return this.#refuse('LT-2140', { why: `${MAX_SUBSCRIPTIONS} subscriptions` }, { sid })
    clearTimeout(this.#deadline)
    const subscription = new Subscription({ channel, outlet: this, sid, filter, conflate })
    const name = typeof from === 'object' && 'durable' in from ? from.durable : undefined
    const keep = name === undefined ? undefined : (seq: number) => durables.acknowledge(channel.name, name, seq, user.name, filter)
    this.#subscriptions.set(sid, { subscription, acknowledgements: keep && new Acknowledgements(keep) })
    try {
      const start = await startOf(channel, durables, from, onGap)
      if (this.#subscriptions.get(sid)?.subscription !== subscription) return
      if (start === undefined) return this.bye('cursorGone')
      const { after, snapshot } = start
      const { seq } = channel.stream
      const [recovered, replay] = [after !== undefined, seq - (after ?? seq)]
      this.#send({ type: 'subscribed', sid, epoch: channel.epoch, recovered, replay, cursor: channel.cursor(after ?? seq) })
      await subscription.begin(snapshot ? 'snapshot' : (after ?? seq))
    } catch {
      this.#unsubscribe(sid)
      this.#refuse('LT-2144', {}, { sid, temporary: true })
    }
  }

  #unsubscribe(sid: string): void {
    this.#subscriptions.get(sid)?.subscription.end()
    this.#subscriptions.delete(sid)
  }

  /** What was not sent cannot have arrived. */
  #acknowledge({ sid, cursor }: Extract<ClientFrame, { op: 'ack' }>): void {
    const { subscription, acknowledgements } = this.#subscriptions.get(sid) ?? {}
    const seq = this.#options.channel.seqOf(cursor)
    if (acknowledgements === undefined || seq === undefined || seq > (subscription?.at ?? -1)) return this.#refuse('LT-2142', {}, { sid })
    acknowledgements.take(seq).catch(() => this.#refuse('LT-2144', {}, { sid, temporary: true }))
  }

  async #authenticate(token: string): Promise<void> {
    const { user, authenticate, renewed } = this.#options
    const session = await authenticate(token)
    const found = session?.user
    const isSame = found?.name === user.name && found.role === user.role && found.institution === user.institution
    if (!isSame || session === undefined) return this.#refuse('LT-2143')
    if (this.isOpen) renewed(session)
  }

  #drained(): void {
    for (const [sid, subscribed] of this.#subscriptions) {
      if (subscribed.subscription.flush()) continue
      // The next time it is another's turn.
      this.#subscriptions.delete(sid)
      this.#subscriptions.set(sid, subscribed)
      break
    }
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  #end(): void {
    clearTimeout(this.#deadline)
    for (const sid of this.#subscriptions.keys()) this.#unsubscribe(sid)
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** Where to go on, by subscription: none while a snapshot is coming in. */
  #cursors(): Record<string, string> {
    const { channel } = this.#options
    return Object.fromEntries(
      [...this.#subscriptions].flatMap(
        ([
          sid,
          {
            subscription: { at },
          },
        ]) => (at === undefined ? [] : [[sid, channel.cursor(at)]]),
      ),
    )
  }

  #refuse(code: ErrorCode, facts: Facts = {}, { sid, temporary = false }: { sid?: string; temporary?: boolean } = {}): void {
    this.#send({ type: 'error', ...(sid !== undefined && { sid }), code, message: fill(ERRORS[code].what[this.#options.language], facts), temporary })
  }

  #send(frame: ServerFrame): void {
    if (this.isOpen) this.#socket.send(serverFrame(frame))
  }
}
