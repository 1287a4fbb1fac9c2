/**
 * `GET /v1/alerts/stream`: the feed as server-sent events (WHATWG HTML §9.2). The id of an event is its cursor, so a browser's `Last-Event-ID`
 * goes on where it was; `event:` is the CloudEvent's type, `data:` the CloudEvent. A snapshot comes as events without an id, but for the last.
 * Comments are heartbeats; an id beside one moves a filtered reader on.
 */
import type { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyReply } from 'fastify'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { eventType } from '../../contract/alert-event.ts'
import { FEED_CLOSE, type FeedClose, FeedFrom } from '../../contract/feed.ts'
import { type Language, LookthroughError } from '../../contract/index.ts'
import { say } from '../../messages/index.ts'
import type { DeskUser } from '../entitlements/users.ts'
import type { Channel } from '../feed/channel.ts'
import { RETRY_AFTER_MS } from '../feed/connection.ts'
import type { Feed, FeedReader } from '../feed/feed.ts'
import { type EntryFrames, eventJson } from '../feed/frames.ts'
import { startOf } from '../feed/start.ts'
import { type Outlet, ROOM_BYTES, type Standing, Subscription } from '../feed/subscription.ts'
import { letGo, together } from '../feed/turn.ts'
import { sessionOf, viewerOf } from './access.ts'
import { FilterQuery, filterFrom } from './asked.ts'
import { SECURE } from './pages.ts'
import { languageOf } from './reply.ts'

const Query = Type.Object({
  ...FilterQuery,
  from: Type.Optional(Type.Union([Type.Literal('snapshot'), Type.Literal('now')])),
  cursor: Type.Optional(Type.String()),
  last: Type.Optional(Type.String()),
  since: Type.Optional(Type.String()),
  conflate: Type.Optional(Type.Union([Type.Literal('true'), Type.Literal('false')])),
  onGap: Type.Optional(Type.Union([Type.Literal('snapshot'), Type.Literal('fail')])),
})
const query = Compile(Query)
const beginning = Compile(FeedFrom)
const WHY = 'query: severity, rule, institution, state, subject, from (snapshot, now) or cursor or last (15m) or since, conflate, onGap'
/** Heartbeats with nothing taken in between, after which nobody is there. */
const MAX_STALLED = 12

export function streamRoute(v1: FastifyInstance, feed: Feed): void {
  // No HEAD: it would never end.
  v1.get('/alerts/stream', { exposeHeadRoute: false }, async (request, reply) => {
    const user = viewerOf(request)
    const asked: unknown = request.query
    const filter = query.Check(asked) ? filterFrom(asked) : undefined
    if (!query.Check(asked) || filter === undefined) throw new LookthroughError('LT-2113', { why: WHY })
    const resumed = request.headers['last-event-id']
    const cursor = typeof resumed === 'string' ? resumed : asked.cursor
    const places: unknown[] = [cursor && { cursor }, asked.last && { last: asked.last }, asked.since && { since: asked.since }, asked.from]
    const from = places.find((place) => place !== undefined && place !== '') ?? 'snapshot'
    if (!beginning.Check(from)) throw new LookthroughError('LT-2113', { why: WHY })
    const channel = feed.channels.of(user)
    const start = await startOf(channel, feed.durables, from, asked.onGap)
    if (start === undefined) throw new LookthroughError('LT-2145')
    // Whoever left meanwhile is told nothing.
    if (reply.raw.destroyed) return reply.hijack()
    const leave = feed.places.take(user)
    if (leave === undefined) throw new LookthroughError('LT-2141', { max: feed.places.limits.connectionsPerUser })
    const stream = new EventStream(open(reply), user, channel, feed, languageOf(request.headers['accept-language']))
    const part = feed.join(stream, sessionOf(request))
    const subscription = new Subscription({ channel, outlet: stream, filter, conflate: asked.conflate !== 'false' })
    reply.raw.once('close', () => {
      leave()
      part()
      stream.end()
    })
    await stream.carry(subscription, start.snapshot ? 'snapshot' : (start.after ?? channel.stream.seq))
    return reply
  })
}

function open(reply: FastifyReply): ServerResponse {
  reply.hijack()
  const headers = { ...SECURE, 'cache-control': 'no-store', 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' }
  reply.raw.writeHead(200, headers)
  reply.raw.write(`retry: ${RETRY_AFTER_MS}\n\n`)
  return reply.raw
}

class EventStream implements Outlet, FeedReader {
  held = 0
  readonly user: DeskUser
  readonly #response: ServerResponse
  readonly #channel: Channel
  readonly #feed: Feed
  readonly #language: Language
  readonly #waiting: (() => void)[] = []
  #subscription: Subscription | undefined
  #stalled = 0

  constructor(response: ServerResponse, user: DeskUser, channel: Channel, feed: Feed, language: Language) {
    this.user = user
    this.#response = response
    this.#channel = channel
    this.#feed = feed
    this.#language = language
    response.on('error', () => response.destroy())
    response.on('drain', () => {
      this.#stalled = 0
      this.#subscription?.flush()
      this.#wake()
    })
  }

  carry(subscription: Subscription, after: number | 'snapshot'): Promise<void> {
    this.#subscription = subscription
    return subscription.begin(after)
  }

  get isOpen(): boolean {
    return !this.#response.writableEnded && !this.#response.destroyed
  }

  get queued(): number {
    if (this.#response.writableLength >= ROOM_BYTES) letGo(this.#response)
    return this.#response.writableLength
  }

  room(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  snapshot(_sid: string, items: readonly Standing[], _part: number, last: boolean, seq: number): void {
    for (const { alert, json } of items) this.#write(`event: ${eventType(alert)}\ndata: ${eventJson(alert, json)}\n\n`)
    if (last) this.#write(`id: ${this.#channel.cursor(seq)}\n\n`)
  }

  event(_sid: string, frames: EntryFrames, _prev: number, conflated: number): void {
    if (conflated > 0) this.#write(`: ${conflated} older revisions left out\n`)
    this.#write(frames.streamBlock)
  }

  live(_sid: string, seq: number): void {
    const cursor = this.#channel.cursor(seq)
    this.#write(`id: ${cursor}\nevent: live\ndata: ${JSON.stringify({ cursor })}\n\n`)
  }

  lagging(_sid: string, queuedBytes: number, conflating: boolean): void {
    this.#write(`event: lagging\ndata: ${JSON.stringify({ queuedBytes, conflating })}\n\n`)
  }

  tooSlow(): void {
    if (this.isOpen) this.#feed.onSlow()
    this.bye('tooSlow')
  }

  heartbeat(): void {
    if (this.#stalled >= MAX_STALLED) return this.terminate()
    if (this.queued > 0) this.#stalled += 1
    else this.#write(`: ${new Date().toISOString()}\n${this.#id()}\n`)
  }

  bye(why: FeedClose): void {
    if (!this.isOpen) return
    const { code, retryable } = FEED_CLOSE[why]
    const told = { code, reason: say(`desk.bye.${why}`, this.#language), retryable, retryAfterMs: retryable ? RETRY_AFTER_MS : 0 }
    this.#write(`${this.#id()}event: bye\ndata: ${JSON.stringify(told)}\n\n`)
    letGo(this.#response)
    this.#response.end()
    this.end()
  }

  terminate(): void {
    this.#response.destroy()
  }

  end(): void {
    this.#subscription?.end()
    this.#wake()
  }

  #id(): string {
    const at = this.#subscription?.at
    return at === undefined ? '' : `id: ${this.#channel.cursor(at)}\n`
  }

  #write(block: string | Buffer): void {
    if (!this.isOpen) return
    together(this.#response)
    this.#response.write(block)
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
