/** Every address of `/v1` in a sentence, with what goes in and comes out: what `/v1/openapi.json` is made from, by `METHOD address`. */
import Type, { type TSchema } from 'typebox'
import { Acknowledge, Comment } from '../../contract/action.ts'
import { AlertChanges, AlertFilter, FeedTicket } from '../../contract/feed.ts'
import { EVENT_TYPES, PublishedAlert } from '../../contract/index.ts'
import { ActionBody } from '../http/actions.ts'
import { RevokeBody } from '../http/admin.ts'
import { AuditQuery } from '../http/audit.ts'
import { FilterQuery } from '../http/asked.ts'
import { LogoutAnswer, SessionAnswer } from '../http/login.ts'
import { RuleBody } from '../http/rules.ts'
import { UnmaskBody } from '../http/unmask.ts'
import { WebhookBody } from '../http/webhooks.ts'

export type Described = {
  summary: string
  tags: [string]
  querystring?: TSchema
  params?: TSchema
  body?: TSchema
  headers?: TSchema
  response?: Record<number, TSchema>
  /** What it can be asked by; by a token unless said. */
  security?: Record<string, never[]>[]
}

const Id = Type.Object({ id: Type.String() })
const Shown = Type.Object({ ...PublishedAlert.properties, state: Type.Union(['new', 'acknowledged', 'resolved'].map((s) => Type.Literal(s))) })
const Seen = { by: Type.Object({ user: Type.Optional(Type.String()), role: Type.String(), institution: Type.Union([Type.String(), Type.Null()]) }) }
const Action = Type.Union([Type.Object({ ...Acknowledge.properties, ...Seen }), Type.Object({ ...Comment.properties, ...Seen })])
const Position = Type.Object({ topic: Type.String(), partition: Type.Integer(), offset: Type.Integer() })
const Institution = Type.Union([Type.String(), Type.Null()])
const Once = Type.Object({ 'idempotency-key': Type.Optional(Type.String({ description: 'The same key and body again have the same outcome, once.' })) })
const Webhook = Type.Object({
  id: Type.String(),
  user: Type.String(),
  url: Type.String(),
  filter: AlertFilter,
  disabled: Type.Union([Type.String(), Type.Null()], {
    description: 'Why nothing is sent any more: `revoked` (access of its user was), `410` (the receiver said so), or how many attempts failed.',
  }),
  message: Type.Union([Type.String(), Type.Null()], { description: 'The same in words, and what to do.' }),
  createdAt: Type.String({ format: 'date-time' }),
})
const Delivery = Type.Object({
  id: Type.String(),
  event: Type.String({ description: 'The `webhook-id` it was sent under: `<alert>/<revision>`.' }),
  seq: Type.Union([Type.Integer(), Type.Null()]),
  attempt: Type.Integer(),
  at: Type.String({ format: 'date-time' }),
  status: Type.Optional(Type.Integer()),
  error: Type.Optional(Type.String()),
  retryAfterMs: Type.Optional(Type.Integer()),
  ms: Type.Integer(),
})
const CloudEvent = Type.Object({
  specversion: Type.Literal('1.0'),
  id: Type.String(),
  source: Type.String(),
  type: Type.Union(EVENT_TYPES.map((type) => Type.Literal(type))),
  time: Type.String({ format: 'date-time' }),
  institution: Type.String(),
  data: Type.Object({}, { additionalProperties: true }),
})

export const ROUTES: Record<string, Described> = {
  'GET /v1/me': {
    summary: 'Who the caller is.',
    tags: ['desk'],
    response: { 200: Type.Object({ name: Type.String(), role: Type.String(), institution: Institution }) },
  },
  'GET /v1/session': {
    summary: 'Whether browsers can sign in at an issuer, and who the caller is; needs no token.',
    tags: ['desk'],
    response: { 200: SessionAnswer },
    security: [{}, { cookie: [] }, { token: [] }],
  },
  'GET /v1/login': { summary: 'Sends a browser to the issuer.', tags: ['desk'], response: { 303: Type.Null() }, security: [{}] },
  'GET /v1/callback': {
    summary: 'Where the issuer sends it back: sets the cookie of the session.',
    tags: ['desk'],
    querystring: Type.Object({ code: Type.Optional(Type.String()), state: Type.Optional(Type.String()), error: Type.Optional(Type.String()) }),
    response: { 303: Type.Null() },
    security: [{}],
  },
  'POST /v1/logout': {
    summary: 'Ends the session of the cookie, with all it has open.',
    tags: ['desk'],
    response: { 200: LogoutAnswer },
    security: [{}, { cookie: [] }],
  },
  'GET /v1/about': { summary: 'What runs here.', tags: ['desk'], response: { 200: Type.Object({}, { additionalProperties: true }) } },
  'GET /v1/rules': { summary: 'The rules as they are judged.', tags: ['desk'], response: { 200: Type.Array(Type.Object({}, { additionalProperties: true })) } },
  'GET /v1/openapi.json': { summary: 'This document.', tags: ['desk'], response: { 200: Type.Object({}, { additionalProperties: true }) } },
  'GET /v1/asyncapi.json': {
    summary: 'What is sent and received beside requests and answers: the feed, the event stream, the Kafka topics (AsyncAPI 3.0).',
    tags: ['desk'],
    response: { 200: Type.Object({}, { additionalProperties: true }) },
  },
  'GET /v1/alerts': {
    summary: 'The alerts the caller may see, each in its last revision, newest first, a page at a time.',
    tags: ['alerts'],
    querystring: Type.Object({
      ...FilterQuery,
      limit: Type.Optional(Type.String({ pattern: '^[1-9]\\d{0,3}$' })),
      cursor: Type.Optional(Type.String({ description: '`next` of the page before.' })),
    }),
    response: { 200: Type.Object({ items: Type.Array(Shown), next: Type.Optional(Type.String()) }) },
  },
  'GET /v1/alerts/:id': {
    summary: 'One alert with all its revisions, and what was done about it.',
    tags: ['alerts'],
    params: Id,
    response: { 200: Type.Object({ ...Shown.properties, revisions: Type.Array(PublishedAlert), actions: Type.Array(Action) }) },
  },
  'GET /v1/alerts/:id/evidence': {
    summary: 'The events the last revision rests on, and where they lie in the log.',
    tags: ['alerts'],
    params: Id,
    response: {
      200: Type.Object({
        id: Type.String(),
        revision: Type.Integer(),
        evidence: Type.Array(Type.Object({ event: Type.String(), position: Type.Union([Position, Type.Null()]) })),
        evidenceCount: Type.Integer(),
      }),
    },
  },
  'POST /v1/alerts/:id/actions': {
    summary: 'Acknowledge an alert, or comment on it. Answered once the action log has it for good.',
    tags: ['alerts'],
    params: Id,
    headers: Once,
    body: ActionBody,
    response: { 201: Action, 200: Action },
  },
  'GET /v1/receipts': {
    summary: 'Who has received which revision of an alert when; for the authority.',
    tags: ['alerts'],
    querystring: Type.Object({ alert: Type.String() }),
    response: {
      200: Type.Object({
        items: Type.Array(
          Type.Object({
            revision: Type.Integer(),
            stream: Type.String(),
            subscription: Type.String(),
            by: Type.Object({ user: Type.String(), institution: Institution }),
            at: Type.String({ format: 'date-time' }),
          }),
        ),
      }),
    },
  },
  'GET /v1/alerts/stream': {
    summary: 'The feed as server-sent events; `Last-Event-ID` is the cursor. See asyncapi.json.',
    tags: ['feed'],
    querystring: Type.Object({
      ...FilterQuery,
      from: Type.Optional(Type.String()),
      cursor: Type.Optional(Type.String()),
      last: Type.Optional(Type.String()),
      since: Type.Optional(Type.String()),
      conflate: Type.Optional(Type.String()),
      onGap: Type.Optional(Type.String()),
    }),
  },
  'GET /v1/alerts/changes': {
    summary: 'The feed by long poll: what came after the cursor, waited for as long as asked.',
    tags: ['feed'],
    querystring: Type.Object({
      ...FilterQuery,
      cursor: Type.Optional(Type.String()),
      wait: Type.Optional(Type.String({ description: '25s' })),
      limit: Type.Optional(Type.String()),
      onGap: Type.Optional(Type.String()),
    }),
    response: { 200: AlertChanges },
  },
  'POST /v1/feed/tickets': {
    summary: 'A ticket for `/v1/feed`, of one use, for a browser that can send no token.',
    tags: ['feed'],
    response: { 200: FeedTicket },
  },
  'POST /v1/feed/test': {
    summary: 'A test event to the open WebSockets of the caller’s own stream.',
    tags: ['feed'],
    response: { 202: Type.Object({ id: Type.String(), connections: Type.Integer() }) },
  },
  'POST /v1/rules': {
    summary: 'Have a rule hold, or hold no more, from an event time on; answered once the engine has accepted or refused it. For approvers and admins.',
    tags: ['desk'],
    body: RuleBody,
    response: { 200: Type.Object({ code: Type.String(), version: Type.String(), hash: Type.String(), effective: Type.String({ format: 'date-time' }) }) },
  },
  'POST /v1/unmask': {
    summary: 'Who a person is, or what stands behind a token, with a reason that goes on record. For supervisors and approvers.',
    tags: ['desk'],
    body: UnmaskBody,
    response: { 200: Type.Object({ persons: Type.Array(Type.Object({ party: Type.String(), fields: Type.Object({}, { additionalProperties: true }) })) }) },
  },
  'POST /v1/admin/revoke': {
    summary: 'What a user was given until now, or one token, holds no longer.',
    tags: ['desk'],
    body: RevokeBody,
  },
  'POST /v1/admin/pseudonyms': {
    summary: 'Tokens for persons are made by a new key from now on.',
    tags: ['desk'],
    response: { 200: Type.Object({ key: Type.String() }) },
  },
  'GET /v1/audit': {
    summary: 'What people did, from one time to another, in a chain of hashes; NDJSON or CSV. For auditors and supervisors.',
    tags: ['desk'],
    querystring: AuditQuery,
  },
  'GET /v1/webhooks': { summary: 'The webhooks of the caller’s stream.', tags: ['webhooks'], response: { 200: Type.Object({ items: Type.Array(Webhook) }) } },
  'POST /v1/webhooks': {
    summary: 'Have the alerts brought to an address, from now on, in order and at least once; signed by Standard Webhooks. The secret is shown here alone.',
    tags: ['webhooks'],
    body: WebhookBody,
    response: { 201: Type.Object({ ...Webhook.properties, secret: Type.String() }) },
  },
  'DELETE /v1/webhooks/:id': {
    summary: 'Nothing is sent any more, and its deliveries are forgotten.',
    tags: ['webhooks'],
    params: Id,
    response: { 204: Type.Null() },
  },
  'POST /v1/webhooks/:id/secret': {
    summary: 'A new secret; the one before signs beside it for 24 hours.',
    tags: ['webhooks'],
    params: Id,
    response: { 200: Type.Object({ secret: Type.String() }) },
  },
  'POST /v1/webhooks/:id/enable': {
    summary: 'Go on where it was disabled; from then on the caller answers for it.',
    tags: ['webhooks'],
    params: Id,
    response: { 200: Webhook },
  },
  'POST /v1/webhooks/:id/test': { summary: 'Send `lookthrough.test` once, now.', tags: ['webhooks'], params: Id, response: { 200: Delivery } },
  'GET /v1/webhooks/:id/deliveries': {
    summary: 'What was sent and what came of it, the last 200, newest first.',
    tags: ['webhooks'],
    params: Id,
    response: { 200: Type.Object({ items: Type.Array(Delivery) }) },
  },
  'POST /v1/webhooks/:id/deliveries/:delivery/redeliver': {
    summary: 'Send it again, now.',
    tags: ['webhooks'],
    params: Type.Object({ ...Id.properties, delivery: Type.String() }),
    response: { 200: Delivery },
  },
  'POST /v1/events': {
    summary: 'Events in: one, an array, NDJSON or Arrow. 202 once every in-sync replica has them.',
    tags: ['events'],
    headers: Once,
    body: Type.Union([CloudEvent, Type.Array(CloudEvent)]),
    response: {
      202: Type.Object({ accepted: Type.Integer(), rejected: Type.Integer(), events: Type.Array(Type.Object({}, { additionalProperties: true })) }),
    },
  },
  'POST /v1/sql': {
    summary: 'One SELECT over the tables, as far as the caller may see them.',
    tags: ['tables'],
    body: Type.Object({ sql: Type.String({ minLength: 1, maxLength: 100_000 }), limit: Type.Optional(Type.Integer({ minimum: 1 })) }),
    response: {
      200: Type.Object({
        columns: Type.Array(Type.Object({ name: Type.String(), type: Type.String() })),
        rows: Type.Array(Type.Array(Type.Unknown())),
        truncated: Type.Boolean(),
      }),
    },
  },
  'GET /v1/lookthrough': {
    summary: 'By which paths an institution is exposed to an obligor, now or as it was.',
    tags: ['tables'],
    querystring: Type.Object({ institution: Type.String(), party: Type.String(), at: Type.Optional(Type.String({ format: 'date-time' })) }),
    response: { 200: Type.Object({}, { additionalProperties: true }) },
  },
}
