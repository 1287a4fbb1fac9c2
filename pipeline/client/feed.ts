/**
 * The client of the feed, for programs of banks and of the authority:
 *
 *     const feed = openFeed({ url: 'https://desk.example', token, cursors: fileCursor('place') })
 *     for await (const alert of feed.alerts({ filter: { severity: { gte: 'orange' } } })) await keep(alert)
 *
 * It comes back by itself after whatever may pass, goes on where it was, gives no revision twice, and passes no gap in silence.
 */
import type { PublishedAlert } from '../contract/alert.ts'
import type { Language } from '../contract/errors.ts'
import type { AlertEvent, AlertFilter, FeedFrom, FeedTest } from '../contract/feed.ts'
import type { CursorStore } from './cursors.ts'
import { Reading } from './reading.ts'
import type { End } from './session.ts'

export type FeedOptions = {
  /** Of the desk, `https://desk.example:7700`. */
  url: string
  /** A bearer token, or where to get one: asked at each connection, and shortly before a JWT ends. */
  token: string | (() => string | Promise<string>)
  /** Where the place is kept; none: in memory, for as long as the reading lasts. */
  cursors?: CursorStore
  /** Told when the place is no longer there to go on from: a snapshot of all alerts follows. */
  onGap?: (gap: Gap) => void
  onState?: (state: FeedState) => void
  /** Told of test events (`lookthrough feed test`). */
  onTest?: (event: FeedTest['event']) => void
  /** Of what the desk says to people. */
  language?: Language
}

export type AlertsOptions = {
  /** Where to begin when no place is kept yet: `snapshot` unless given. */
  from?: Exclude<FeedFrom, { durable: string }>
  filter?: AlertFilter
  /** The name of a subscription whose place the desk keeps. A revision is acknowledged (签收) when the next one is asked for. */
  durable?: string
  /** `false`: every revision, also where this reader is slow; it is then cut off sooner. */
  conflate?: boolean
  /** `fail`: end with LT-2182 instead of a snapshot where the place is gone. */
  onGap?: 'snapshot' | 'fail'
  /** Ends the reading, without an error. */
  signal?: AbortSignal
}

/** A revision of an alert. `kind`: `snapshot` for one that stood when the reading began or after a gap; such have no event and no cursor. */
export type FeedAlert = PublishedAlert & {
  kind: 'snapshot' | 'opened' | 'updated' | 'resolved'
  event: AlertEvent | null
  cursor: string | null
  /** So many older revisions of the alert were left out, because this reader was slow. */
  conflated: number
}

/** `cursor`: the place that is gone; null where the desk kept it (a durable subscription). */
export type Gap = { cursor: string | null; epoch: string }

export type FeedState =
  | { state: 'connecting'; attempt: number }
  | { state: 'replaying'; entries: number; recovered: boolean }
  | { state: 'live' }
  | { state: 'lagging'; queuedBytes: number; conflating: boolean }
  /** The connection ended; another attempt follows in `ms`. */
  | { state: 'waiting'; ms: number; end: End }

export type Feed = {
  /**
   * Ends only with the signal, or with an error: LT-2180 the token is refused, LT-2181 access was taken away, LT-2182 the place is gone,
   * LT-2183 the subscription was refused, LT-2184 the desk ended it otherwise for good.
   */
  alerts(options?: AlertsOptions): AsyncGenerator<FeedAlert, void, undefined>
}

export function openFeed(options: FeedOptions): Feed {
  return { alerts: (wanted = {}) => new Reading(options, wanted).alerts() }
}
