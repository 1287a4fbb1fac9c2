/**
 * Feed v1 (`lookthrough.feed.v1+json`, docs/decisions/0029-feed-v1.md): every frame a client may send and every frame it gets, and the event
 * all channels carry. A JSON Schema each: the desk checks with them, the client's types and the AsyncAPI document are made from them.
 * Unknown fields and unknown frames are ignored, on both sides.
 */
import Type, { type Static } from 'typebox'
import { Alert, PublishedAlert } from './alert.ts'

export { FEED_CLOSE, FEED_PROTOCOL, type FeedClose } from './feed-close.ts'

/** The type of an alert's event. */
export const FEED_EVENT_TYPES = ['lookthrough.alert.opened', 'lookthrough.alert.updated', 'lookthrough.alert.resolved'] as const

const Names = Type.Union([Type.String(), Type.Array(Type.String(), { maxItems: 1000 })])
const Time = Type.String({ format: 'date-time' })
const Sequence = Type.Integer({ minimum: 0 })
const Cursor = Type.String({ minLength: 1, maxLength: 256, description: 'Opaque: a place in a stream. Keep it and give it back.' })
const Sid = Type.String({ minLength: 1, maxLength: 64, description: 'The name of a subscription, chosen by the client, unique within the connection.' })
const DurableName = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$', description: 'A subscription whose position the desk keeps.' })

/** Each names one value or several; a field left out lets everything through. A filter only leaves out: it never shows more than the user may see. */
export const AlertFilter = Type.Object({
  severity: Type.Optional(Type.Union([Names, Type.Object({ gte: Alert.properties.severity })], { description: 'Names, or {"gte":"orange"}: orange and red.' })),
  rule: Type.Optional(Type.Union(Names.anyOf, { description: 'A code or an id, or the beginning of one and `*`: `CR-*`, `credit/*`.' })),
  institution: Type.Optional(Names),
  state: Type.Optional(Names),
  subject: Type.Optional(Type.Union(Names.anyOf, { description: 'An id, or `kind:id`.' })),
})
export type AlertFilter = Static<typeof AlertFilter>

/** Where a subscription begins: the alerts as they stand; what comes; after a cursor; the entries of a time; where a durable one was acknowledged. */
export const FeedFrom = Type.Union([
  Type.Literal('snapshot'),
  Type.Literal('now'),
  Type.Object({ cursor: Cursor }),
  Type.Object({
    last: Type.String({ pattern: '^[1-9]\\d{0,5}[smhd]$', description: 'So long ago: 90s, 15m, 2h, 7d. By when the desk took entries in.' }),
  }),
  Type.Object({ since: Time }, { description: 'With all that the desk has taken in since, whatever the time of the alerts.' }),
  Type.Object({ durable: DurableName }),
])
export type FeedFrom = Static<typeof FeedFrom>

export const Subscribe = Type.Object({
  op: Type.Literal('subscribe'),
  sid: Sid,
  from: Type.Optional(FeedFrom),
  filter: Type.Optional(AlertFilter),
  conflate: Type.Optional(
    Type.Boolean({ default: true, description: 'Whether queued revisions of one alert may become the last one when this reader is slow.' }),
  ),
  onGap: Type.Optional(
    Type.Union([Type.Literal('snapshot'), Type.Literal('fail')], { default: 'snapshot', description: 'What to do with a cursor that leads nowhere.' }),
  ),
})
export type Subscribe = Static<typeof Subscribe>

export const Unsubscribe = Type.Object({ op: Type.Literal('unsubscribe'), sid: Sid })
/** Everything up to the cursor has arrived and is kept by the client. */
export const Acknowledge = Type.Object({ op: Type.Literal('ack'), sid: Sid, cursor: Cursor })
/** A token of the same user that takes the place of the one that is about to end. */
export const Authenticate = Type.Object({ op: Type.Literal('auth'), token: Type.String({ minLength: 1, maxLength: 16_384 }) })

export const ClientFrame = Type.Union([Subscribe, Unsubscribe, Acknowledge, Authenticate])
export type ClientFrame = Static<typeof ClientFrame>

/** One revision of an alert as a CloudEvent 1.0 in JSON (contract §3): the same on every channel. */
export const AlertEvent = Type.Object({
  specversion: Type.Literal('1.0'),
  id: Type.String({ description: '`<alert id>/<revision>`: the same wherever and however often it comes.' }),
  source: Type.String(),
  type: Type.Union([Type.Literal(FEED_EVENT_TYPES[0]), Type.Literal(FEED_EVENT_TYPES[1]), Type.Literal(FEED_EVENT_TYPES[2])]),
  subject: Type.String({ description: 'The id of the alert.' }),
  time: Time,
  datacontenttype: Type.Literal('application/json'),
  partitionkey: Type.String({ description: 'The institution.' }),
  data: PublishedAlert,
})
export type AlertEvent = Static<typeof AlertEvent>

export const Hello = Type.Object({
  type: Type.Literal('hello'),
  v: Type.Literal(1),
  heartbeatMs: Type.Integer({ description: 'A heartbeat comes this often; after three without any, come back with the cursor.' }),
  serverTime: Time,
  limits: Type.Object({
    subscriptions: Type.Integer(),
    frameBytes: Type.Integer({ description: 'The longest frame a client may send.' }),
    queuedBytes: Type.Integer({ description: 'What the desk holds for a reader that does not take it; more, and it ends with 4413.' }),
    subscribeWithinMs: Type.Integer(),
  }),
})
export const Subscribed = Type.Object({
  type: Type.Literal('subscribed'),
  sid: Sid,
  epoch: Type.String(),
  recovered: Type.Boolean({ description: 'Whether it goes on exactly where the cursor or the durable subscription stood. If not, a snapshot follows.' }),
  replay: Type.Integer({ minimum: 0, description: 'Entries to look at before `live`; the filter may leave some out.' }),
  cursor: Cursor,
})
export const Snapshot = Type.Object({
  type: Type.Literal('snapshot'),
  sid: Sid,
  part: Type.Integer({ minimum: 1 }),
  last: Type.Boolean(),
  asOf: Type.Object({ seq: Sequence }),
  items: Type.Array(PublishedAlert),
})
export const Event = Type.Object({
  type: Type.Literal('event'),
  sid: Sid,
  seq: Sequence,
  prev: Type.Integer({
    minimum: 0,
    description: 'The sequence last sent on this subscription. Another than the last that arrived: something was lost on the way.',
  }),
  cursor: Cursor,
  conflated: Type.Optional(Type.Integer({ minimum: 1, description: 'So many older revisions of this alert were left out.' })),
  event: AlertEvent,
})
export const Live = Type.Object({ type: Type.Literal('live'), sid: Sid, seq: Sequence, cursor: Cursor })
export const Heartbeat = Type.Object({ type: Type.Literal('heartbeat'), cursors: Type.Record(Type.String(), Cursor), serverTime: Time })
export const Lagging = Type.Object({ type: Type.Literal('lagging'), sid: Sid, queuedBytes: Type.Integer(), conflating: Type.Boolean() })
export const FeedError = Type.Object({
  type: Type.Literal('error'),
  sid: Type.Optional(Sid),
  code: Type.String({ pattern: '^LT-\\d{4}$' }),
  message: Type.String(),
  temporary: Type.Boolean({ description: 'Whether the same may succeed later.' }),
})
export const Bye = Type.Object({
  type: Type.Literal('bye'),
  code: Type.Integer({ minimum: 4400, maximum: 4599, description: 'The code the socket then closes with.' }),
  reason: Type.String(),
  retryable: Type.Boolean(),
  retryAfterMs: Type.Integer({ minimum: 0 }),
  cursors: Type.Record(Type.String(), Cursor, { description: 'By sid: where to go on.' }),
})

/** What `POST /v1/feed/test` sends to the caller's own connections: of no stream, kept nowhere, counted nowhere. */
export const FeedTest = Type.Object({
  type: Type.Literal('test'),
  event: Type.Object({
    specversion: Type.Literal('1.0'),
    id: Type.String(),
    source: Type.String(),
    type: Type.Literal('lookthrough.feed.test'),
    time: Time,
    datacontenttype: Type.Literal('application/json'),
    data: Type.Object({ says: Type.Object({ zh: Type.String(), en: Type.String() }) }),
  }),
})
export type FeedTest = Static<typeof FeedTest>

export const ServerFrame = Type.Union([Hello, Subscribed, Snapshot, Event, Live, Heartbeat, Lagging, FeedError, Bye, FeedTest])
export type ServerFrame = Static<typeof ServerFrame>

/** `GET /v1/alerts/changes`: what came after the cursor. Without a cursor (or with one that leads nowhere, `recovered: false`), the alerts as they stand. */
export const AlertChanges = Type.Object({
  items: Type.Array(AlertEvent),
  cursor: Cursor,
  more: Type.Boolean({ description: 'Whether more is there already: ask again at once.' }),
  recovered: Type.Boolean(),
})
export type AlertChanges = Static<typeof AlertChanges>

/** `POST /v1/feed/tickets`: offer it as the second subprotocol, `ticket.<ticket>`. One use. */
export const FeedTicket = Type.Object({ ticket: Type.String(), expiresInSeconds: Type.Integer() })
export type FeedTicket = Static<typeof FeedTicket>
