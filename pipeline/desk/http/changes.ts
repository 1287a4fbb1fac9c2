/**
 * `GET /v1/alerts/changes?cursor=&wait=25s&limit=500`: the feed for those whom nothing but requests gets through to. Answers at once when
 * something is there, else when something comes or the wait is over. Without a cursor: the alerts as they stand, and the cursor to go on with.
 */
import type { FastifyInstance, FastifyReply } from 'fastify'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { LookthroughError } from '../../contract/index.ts'
import type { DeskUser } from '../entitlements/users.ts'
import type { Channel } from '../feed/channel.ts'
import type { Feed, FeedReader } from '../feed/feed.ts'
import { type EntryFrames, eventJson } from '../feed/frames.ts'
import { startOf } from '../feed/start.ts'
import { type Outlet, ROOM_BYTES, type Standing, Subscription } from '../feed/subscription.ts'
import { userOf } from './access.ts'
import { FilterQuery, filterFrom } from './asked.ts'

const Query = Type.Object({
  ...FilterQuery,
  cursor: Type.Optional(Type.String()),
  wait: Type.Optional(Type.String({ pattern: '^[0-9]{1,2}s?$' })),
  limit: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,3}$' })),
  onGap: Type.Optional(Type.Union([Type.Literal('snapshot'), Type.Literal('fail')])),
})
const query = Compile(Query)
const WHY = 'query: cursor, wait (0s to 60s), limit (1 to 1000), onGap (snapshot, fail), severity, rule, institution, state, subject'
const WAIT_SECONDS = 25
const MAX_WAIT_SECONDS = 60
const LIMIT = 500
const MAX_LIMIT = 1000

export function changesRoute(v1: FastifyInstance, feed: Feed): void {
  v1.get('/alerts/changes', { exposeHeadRoute: false }, async (request, reply) => {
    const user = userOf(request)
    const asked: unknown = request.query
    const filter = query.Check(asked) ? filterFrom(asked) : undefined
    if (!query.Check(asked) || filter === undefined) throw new LookthroughError('LT-2113', { why: WHY })
    const channel = feed.channels.of(user)
    const start = await startOf(channel, feed.durables, asked.cursor ? { cursor: asked.cursor } : 'snapshot', asked.onGap)
    if (start === undefined) throw new LookthroughError('LT-2145')
    const leave = feed.places.take(user)
    if (leave === undefined) throw new LookthroughError('LT-2141', { max: feed.places.limits.connectionsPerUser })
    const waitMs = Math.min(MAX_WAIT_SECONDS, Number.parseInt(asked.wait ?? String(WAIT_SECONDS))) * 1000
    const waiting = new Waiting(user, channel, Math.min(MAX_LIMIT, Number(asked.limit ?? LIMIT)))
    feed.readers.add(waiting)
    const onClose = () => waiting.answer()
    reply.raw.once('close', onClose)
    try {
      return await waiting.collect(new Subscription({ channel, outlet: waiting, filter }), start.after, waitMs, reply)
    } finally {
      reply.raw.off('close', onClose)
      feed.readers.delete(waiting)
      leave()
    }
  })
}

/** A request that is answered once it has something to say. */
class Waiting implements Outlet, FeedReader {
  held = 0
  isOpen = true
  readonly user: DeskUser
  readonly #channel: Channel
  readonly #limit: number
  readonly #items: string[] = []
  #events = 0
  #isLive = false
  /** Everything was asked for: also nothing is an answer. */
  #isAll = false
  #resolve = (): void => undefined

  constructor(user: DeskUser, channel: Channel, limit: number) {
    this.user = user
    this.#channel = channel
    this.#limit = limit
  }

  /** `after` a sequence, or with everything as it stands. */
  async collect(subscription: Subscription, after: number | undefined, waitMs: number, reply: FastifyReply): Promise<FastifyReply> {
    this.#isAll = after === undefined
    const told = new Promise<void>((resolve) => (this.#resolve = resolve))
    await subscription.begin(after ?? 'snapshot')
    const timer = setTimeout(() => this.answer(), waitMs)
    await told
    clearTimeout(timer)
    const at = subscription.at ?? after ?? 0
    subscription.end()
    const more = at < this.#channel.stream.seq
    const rest = JSON.stringify({ cursor: this.#channel.cursor(at), more, recovered: after !== undefined })
    return reply.type('application/json; charset=utf-8').send(`{"items":[${this.#items.join(',')}],${rest.slice(1)}`)
  }

  /** Answers with what is there. */
  answer(): void {
    this.isOpen = false
    this.#resolve()
  }

  /** Full once it has as many entries as were asked for. */
  get queued(): number {
    return this.#events < this.#limit ? 0 : ROOM_BYTES
  }

  room(): Promise<void> {
    this.answer()
    return Promise.resolve()
  }

  /** All of it, whatever the limit: it cannot be gone on with from the middle. */
  snapshot(_sid: string, items: readonly Standing[]): void {
    for (const { alert, json } of items) this.#items.push(eventJson(alert, json))
  }

  event(_sid: string, frames: EntryFrames): void {
    this.#items.push(frames.json)
    this.#events += 1
    // What comes in the same turn goes with it.
    if (this.#isLive && this.#events === 1) setImmediate(() => this.answer())
  }

  live(): void {
    this.#isLive = true
    if (this.#isAll || this.#events > 0) this.answer()
  }

  tooSlow(): void {
    this.answer()
  }

  bye(): void {
    this.answer()
  }

  terminate(): void {
    this.answer()
  }
}
