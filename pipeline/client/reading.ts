/** One reading of the feed, over as many connections as it takes. What is given out is committed (place kept, receipt sent) when the next is asked for. */
import type { PublishedAlert } from '../contract/alert.ts'
import { LookthroughError } from '../contract/errors.ts'
import type { FeedFrom, ServerFrame } from '../contract/feed.ts'
import { backoff, pause } from './backoff.ts'
import { Keeper, memoryCursor } from './cursors.ts'
import type { AlertsOptions, FeedAlert, FeedOptions } from './feed.ts'
import { Known } from './known.ts'
import { type End, Session } from './session.ts'
import { Tokens } from './tokens.ts'

type FrameOf<T extends ServerFrame['type']> = Extract<ServerFrame, { type: T }>

const SID = 'alerts'
const ACKNOWLEDGE_MS = 200
const TOKEN_ENDED = [401, 4401]

export class Reading {
  readonly #feed: FeedOptions
  readonly #wanted: AlertsOptions
  readonly #stop = new AbortController()
  readonly #tokens: Tokens
  readonly #keeper: Keeper
  readonly #known = new Known()
  /** Where to go on: everything up to it has been taken. */
  #cursor: string | undefined
  /** Sequence of the event before, on this connection; undefined: not known yet. */
  #last: number | undefined
  /** The place of the snapshot that is coming in. */
  #snapshotCursor: string | undefined
  #isSubscribed = false
  /** Whether all that stood at the beginning has come. */
  #isLive = false
  #attempt = 0
  /** A token was refused, and no connection has come about since. */
  #isRefused = false
  #connectedOnce = false
  #acknowledging: NodeJS.Timeout | undefined

  constructor(feed: FeedOptions, wanted: AlertsOptions) {
    this.#feed = feed
    this.#wanted = wanted
    this.#tokens = new Tokens(feed.token)
    this.#keeper = new Keeper(feed.cursors ?? memoryCursor())
  }

  async *alerts(): AsyncGenerator<FeedAlert, void, undefined> {
    const { signal } = this.#wanted
    const stop = () => this.#stop.abort()
    if (signal?.aborted === true) return
    signal?.addEventListener('abort', stop)
    try {
      if (this.#wanted.durable === undefined) this.#cursor = await this.#feed.cursors?.load()
      while (!this.#stop.signal.aborted) {
        const session = await this.#connect()
        if (session !== undefined) yield* this.#through(session)
        if (!this.#stop.signal.aborted) await this.#comeBack(session?.end ?? { code: 0, reason: 'no token', retryable: true, retryAfterMs: 0 })
      }
    } finally {
      signal?.removeEventListener('abort', stop)
      this.#stop.abort()
      await this.#keeper.settled()
    }
  }

  /** Undefined when there was no token to be had this time. */
  async #connect(): Promise<Session | undefined> {
    this.#feed.onState?.({ state: 'connecting', attempt: this.#attempt })
    const { url, language } = this.#feed
    let token: string
    try {
      token = await this.#tokens.get()
    } catch (error) {
      // Before the first connection it is a fault of the set-up; later, of the issuer, who may come back.
      if (!this.#connectedOnce) throw error
      return undefined
    }
    const session = new Session({ url, token, language, signal: this.#stop.signal })
    this.#tokens.renewFor(session, token)
    return session
  }

  async *#through(session: Session): AsyncGenerator<FeedAlert, void, undefined> {
    this.#last = undefined
    this.#snapshotCursor = undefined
    this.#isSubscribed = false
    this.#isLive = false
    try {
      for (let frame = await session.next(); frame !== undefined; frame = await session.next()) {
        if (frame.type === 'hello') this.#subscribe(session)
        else if (frame.type === 'snapshot') yield* this.#snapshot(frame, session)
        else if (frame.type === 'event') {
          // Something was lost on the way: come back with the cursor.
          if (this.#last !== undefined && frame.prev !== this.#last) return
          yield* this.#event(frame, session)
        } else if (frame.type === 'error') {
          if (!this.#isSubscribed && this.#isRefusal(frame)) return
        } else this.#told(frame, session)
      }
    } finally {
      this.#acknowledge(session)
      this.#tokens.forget()
      session.close()
    }
  }

  #subscribe(session: Session): void {
    this.#connectedOnce = true
    this.#isRefused = false
    const { filter, conflate, onGap } = this.#wanted
    session.send({
      op: 'subscribe',
      sid: SID,
      from: this.#from(),
      ...(filter !== undefined && { filter }),
      ...(conflate !== undefined && { conflate }),
      ...(onGap !== undefined && { onGap }),
    })
  }

  #from(): FeedFrom {
    const { durable, from = 'snapshot' } = this.#wanted
    if (durable !== undefined) return { durable }
    return this.#cursor === undefined ? from : { cursor: this.#cursor }
  }

  *#snapshot({ items, last, asOf }: FrameOf<'snapshot'>, session: Session): Generator<FeedAlert, void, undefined> {
    for (const alert of items) if (this.#known.isNew(alert)) yield given(alert, { kind: 'snapshot' })
    if (!last) return
    this.#last = asOf.seq
    if (this.#snapshotCursor !== undefined) this.#commit(this.#snapshotCursor, session)
  }

  *#event({ event, cursor, seq, conflated = 0 }: FrameOf<'event'>, session: Session): Generator<FeedAlert, void, undefined> {
    this.#last = seq
    this.#attempt = 0
    const kind = event.type.slice(event.type.lastIndexOf('.') + 1) as FeedAlert['kind']
    if (this.#known.isNew(event.data)) yield given(event.data, { kind, event, cursor, conflated })
    this.#commit(cursor, session)
  }

  /** Frames that carry no alert. */
  #told(frame: ServerFrame, session: Session): void {
    const { onState, onTest } = this.#feed
    if (frame.type === 'subscribed') this.#subscribed(frame, session)
    else if (frame.type === 'live') {
      this.#attempt = 0
      this.#isLive = true
      onState?.({ state: 'live' })
      this.#commit(frame.cursor, session)
    } else if (frame.type === 'heartbeat') {
      const cursor = frame.cursors[SID]
      if (cursor !== undefined && this.#isLive) this.#commit(cursor, session)
    } else if (frame.type === 'lagging') onState?.({ state: 'lagging', queuedBytes: frame.queuedBytes, conflating: frame.conflating })
    else if (frame.type === 'test') onTest?.(frame.event)
  }

  /** Whether the subscription came to nothing, for now; throws when for good. Other errors leave it as it is. */
  #isRefusal({ sid, code, message, temporary }: FrameOf<'error'>): boolean {
    if (sid === SID && !temporary) throw new LookthroughError('LT-2183', { why: `${code} ${message}` })
    return sid === SID
  }

  #subscribed({ recovered, replay, epoch, cursor }: FrameOf<'subscribed'>, session: Session): void {
    this.#isSubscribed = true
    if (!recovered && this.#cursor !== undefined) this.#feed.onGap?.({ cursor: this.#wanted.durable === undefined ? (this.#cursor ?? null) : null, epoch })
    this.#feed.onState?.({ state: 'replaying', entries: replay, recovered })
    // A place for now. Elsewhere it holds only once the snapshot, should one come, has been taken.
    if (this.#from() === 'now') this.#commit(cursor, session)
    else this.#snapshotCursor = cursor
  }

  #commit(cursor: string, session: Session): void {
    if (cursor === this.#cursor) return
    this.#cursor = cursor
    this.#keeper.keep(cursor)
    if (this.#wanted.durable !== undefined) this.#acknowledging ??= setTimeout(() => this.#acknowledge(session), ACKNOWLEDGE_MS)
  }

  #acknowledge(session: Session): void {
    if (this.#acknowledging === undefined || this.#cursor === undefined) return
    clearTimeout(this.#acknowledging)
    this.#acknowledging = undefined
    session.send({ op: 'ack', sid: SID, cursor: this.#cursor })
  }

  /** Waits for the next attempt, or throws what ends the reading for good. */
  async #comeBack(end: End): Promise<void> {
    const isRefused = TOKEN_ENDED.includes(end.code)
    const another = isRefused && this.#tokens.canRenew && !this.#isRefused
    if (!end.retryable && !another) throw endError(end, this.#feed.url)
    this.#isRefused = isRefused
    const ms = backoff(this.#attempt++, end.retryAfterMs)
    this.#feed.onState?.({ state: 'waiting', ms, end })
    await pause(ms, this.#stop.signal)
  }
}

function given(alert: PublishedAlert, over: Pick<FeedAlert, 'kind'> & Partial<FeedAlert>): FeedAlert {
  return { ...alert, event: null, cursor: null, conflated: 0, ...over }
}

function endError({ code, reason }: End, url: string): LookthroughError {
  if (TOKEN_ENDED.includes(code)) return new LookthroughError('LT-2180', { url })
  if (code === 4403 || code === 403) return new LookthroughError('LT-2181', { url, why: reason || String(code) })
  if (code === 4410) return new LookthroughError('LT-2182', { url })
  return new LookthroughError('LT-2184', { url, code, why: reason })
}
