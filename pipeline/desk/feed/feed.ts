/** The feed: its streams, and everybody who reads them, on whatever channel; the beat that keeps them all, and their end when the desk stops. */
import type { FeedClose, FeedTest } from '../../contract/feed.ts'
import type { Session } from '../entitlements/session.ts'
import type { DeskUser } from '../entitlements/users.ts'
import { Channels } from './channel.ts'
import { HEARTBEAT_MS } from './connection.ts'
import type { Durables } from './durables.ts'
import type { AlertLog } from './log.ts'
import { FEED_LIMITS, type FeedLimits, Places } from './places.ts'
import { Tickets } from './tickets.ts'

export type FeedReader = {
  readonly user: DeskUser
  /** Tells that all is well. */
  heartbeat?(): void
  /** Finds out whether anybody is still there. */
  ping?(): void
  /** Takes a test event, where the channel has a form for it. */
  test?(frame: FeedTest): void
  /** Ends it, with where to go on. */
  bye(why: FeedClose): void
  /** Ends it at once. */
  terminate(): void
}

export type FeedOptions = {
  log: AlertLog
  durables: Durables
  limits?: Partial<FeedLimits> | undefined
  /** Told how many readers there are. */
  onConnections?: ((open: number) => void) | undefined
  /** Told of each reader that was cut off. */
  onSlow?: (() => void) | undefined
}

const PING_MS = 20_000
const DRAIN_MS = 1000

export class Feed {
  readonly channels: Channels
  readonly durables: Durables
  readonly places: Places
  readonly tickets = new Tickets()
  readonly onSlow: () => void
  /** Who is reading now. */
  readonly readers = new Set<FeedReader>()
  readonly #timers: NodeJS.Timeout[]

  constructor({ log, durables, limits = {}, onConnections, onSlow }: FeedOptions) {
    this.channels = new Channels(log)
    this.durables = durables
    this.places = new Places({ ...FEED_LIMITS, ...limits }, onConnections)
    this.onSlow = onSlow ?? (() => undefined)
    this.#timers = [this.#every(HEARTBEAT_MS, (reader) => reader.heartbeat?.()), this.#every(PING_MS, (reader) => reader.ping?.())]
  }

  /** Reads from now on, at most as long as its session lasts; returns how to leave. */
  join(reader: FeedReader, session: Session): () => void {
    this.readers.add(reader)
    const deafen = session.onEnd((why) => reader.bye(why === 'expired' ? 'tokenEnded' : 'revoked'))
    return () => {
      deafen()
      this.readers.delete(reader)
    }
  }

  /** Tells everybody where to go on, and ends when they are gone or have had their second. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    for (const reader of this.readers) reader.bye('draining')
    const until = Date.now() + DRAIN_MS
    while (this.readers.size > 0 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 20))
    for (const reader of this.readers) reader.terminate()
    this.channels.close()
  }

  #every(ms: number, what: (reader: FeedReader) => void): NodeJS.Timeout {
    return setInterval(() => {
      for (const reader of this.readers) what(reader)
    }, ms)
  }
}
