/** `/v1/asyncapi.json`: AsyncAPI 3.0 of what is sent and received beside requests and answers, made from the schemas it is checked with. */
import Type, { type TSchema } from 'typebox'
import { Acknowledge as ActionAcknowledge, Comment, Receipt } from '../../contract/action.ts'
import * as feed from '../../contract/feed.ts'
import { EVENT_TYPES, STREAMS } from '../../contract/index.ts'

type Message = { name: string; title: string; payload: TSchema; headers?: TSchema }

const FRAMES = {
  client: { subscribe: feed.Subscribe, unsubscribe: feed.Unsubscribe, ack: feed.Acknowledge, auth: feed.Authenticate },
  server: {
    hello: feed.Hello,
    subscribed: feed.Subscribed,
    snapshot: feed.Snapshot,
    event: feed.Event,
    live: feed.Live,
    heartbeat: feed.Heartbeat,
    lagging: feed.Lagging,
    error: feed.FeedError,
    bye: feed.Bye,
    test: feed.FeedTest,
  },
}

const ACTIONS = { acknowledge: ActionAcknowledge, comment: Comment, receipt: Receipt }

/** A CloudEvent around this data. */
function cloudEvent(type: string, data: TSchema): TSchema {
  return Type.Object({
    specversion: Type.Literal('1.0'),
    id: Type.String(),
    source: Type.String(),
    type: Type.Literal(type),
    subject: Type.Optional(Type.String()),
    time: Type.String({ format: 'date-time' }),
    data,
  })
}

/** A CloudEvent in binary mode: what is not its data stands in the headers. */
function binary({ properties }: typeof feed.AlertEvent): { payload: TSchema; headers: TSchema } {
  const { data, datacontenttype, ...attributes } = properties
  const headers = Object.fromEntries(Object.entries(attributes).map(([name, schema]) => [`ce_${name}`, schema]))
  return { payload: data, headers: Type.Object({ 'content-type': datacontenttype, ...headers }) }
}

type Channel = { address: string; title: string; servers: string[]; send: Message[]; receive: Message[] }

/** From where the desk stands: it sends what a client gets. */
const CHANNELS: Record<string, Channel> = {
  feed: {
    address: '/v1/feed',
    title: `WebSocket, subprotocol ${feed.FEED_PROTOCOL}`,
    servers: ['socket'],
    send: messages('feed', FRAMES.server),
    receive: messages('feed', FRAMES.client),
  },
  stream: { address: '/v1/alerts/stream', title: 'Server-sent events', servers: ['http'], send: messages('stream', { alert: feed.AlertEvent }), receive: [] },
  alerts: {
    address: 'lookthrough.alerts',
    title: 'Kafka: every alert revision, a CloudEvent in binary mode; key: the alert id; retained',
    servers: ['kafka'],
    send: [{ name: 'alerts-revision', title: 'revision', ...binary(feed.AlertEvent) }],
    receive: [],
  },
  actions: {
    address: 'lookthrough.actions',
    title: 'Kafka: what people did about alerts; key: the alert id; retained',
    servers: ['kafka'],
    send: messages('actions', Object.fromEntries(Object.entries(ACTIONS).map(([kind, schema]) => [kind, cloudEvent(`lookthrough.action.${kind}`, schema)]))),
    receive: [],
  },
  ...Object.fromEntries(
    EVENT_TYPES.map((type): [string, Channel] => [
      type.replace('.', '-'),
      {
        address: type,
        title: `Kafka: ${type}; key: ${STREAMS[type].key}`,
        servers: ['kafka'],
        send: [],
        receive: messages(type, { event: cloudEvent(type, STREAMS[type].data) }),
      },
    ]),
  ),
}

function messages(channel: string, schemas: Record<string, TSchema>): Message[] {
  return Object.entries(schemas).map(([name, payload]) => ({ name: `${channel.replace('.', '-')}-${name}`, title: name, payload }))
}

/** `host`: where the desk is asked. */
export function asyncApi(host: string): Record<string, unknown> {
  const channels = Object.entries(CHANNELS)
  const all = channels.flatMap(([, { send, receive }]) => [...send, ...receive])
  const document = {
    asyncapi: '3.0.0',
    info: {
      title: 'Lookthrough',
      version: '1',
      description: '穿透式监管 · look-through supervision. Unknown fields and unknown messages are ignored, on both sides.',
    },
    defaultContentType: 'application/json',
    servers: {
      socket: { host, protocol: 'ws', security: [{ $ref: '#/components/securitySchemes/token' }] },
      http: { host, protocol: 'http', security: [{ $ref: '#/components/securitySchemes/token' }] },
      kafka: { host: '{brokers}', protocol: 'kafka', variables: { brokers: { description: 'The brokers of the installation; topics may have a prefix.' } } },
    },
    channels: Object.fromEntries(channels.map(([name, channel]) => [name, channelOf(channel)])),
    operations: Object.fromEntries(channels.flatMap(([name, channel]) => operationsOf(name, channel))),
    components: {
      messages: Object.fromEntries(all.map((message) => [message.name, { ...message, contentType: 'application/json' }])),
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  }
  // Schemas as plain JSON: what the library keeps beside them is left out.
  return JSON.parse(JSON.stringify(document)) as Record<string, unknown>
}

function channelOf({ address, title, servers, send, receive }: Channel): Record<string, unknown> {
  const refs = [...send, ...receive].map(({ name }) => [name, { $ref: `#/components/messages/${name}` }])
  return { address, title, servers: servers.map((name) => ({ $ref: `#/servers/${name}` })), messages: Object.fromEntries(refs) as Record<string, unknown> }
}

function operationsOf(name: string, { send, receive }: Channel): [string, Record<string, unknown>][] {
  const operation = (action: 'send' | 'receive', of: Message[]): [string, Record<string, unknown>][] =>
    of.length === 0
      ? []
      : [
          [
            `${action}-${name}`,
            { action, channel: { $ref: `#/channels/${name}` }, messages: of.map((message) => ({ $ref: `#/channels/${name}/messages/${message.name}` })) },
          ],
        ]
  return [...operation('send', send), ...operation('receive', receive)]
}
