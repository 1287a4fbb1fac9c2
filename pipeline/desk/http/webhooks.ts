/** `/v1/webhooks`: the webhooks of the caller's own stream. A secret is shown once, when it is made. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { AlertFilter } from '../../contract/feed.ts'
import { type Language, LookthroughError } from '../../contract/index.ts'
import { say } from '../../messages/index.ts'
import { type AuditRecord, entryBy } from '../audit/record.ts'
import { streamOf } from '../entitlements/see.ts'
import { demand } from '../entitlements/roles.ts'
import type { Maker, Webhook } from '../webhooks/book.ts'
import type { Webhooks } from '../webhooks/webhooks.ts'
import { sessionOf, userOf } from './access.ts'
import { languageOf } from './reply.ts'

export const WebhookBody = Type.Object(
  { url: Type.String({ minLength: 1, maxLength: 2048 }), filter: Type.Optional(AlertFilter) },
  { additionalProperties: false },
)
const body = Compile(WebhookBody)

type One = { Params: { id: string } }

export function webhookRoutes(v1: FastifyInstance, webhooks: Webhooks, record: AuditRecord): void {
  const note = (request: FastifyRequest, act: 'add' | 'remove' | 'secret' | 'enable', webhook: string, url?: string) =>
    record.write(entryBy(userOf(request), { did: 'webhook', act, webhook, ...(url !== undefined && { url }) }))
  v1.get('/webhooks', (request) => ({ items: webhooks.of(streamFor(request)).map((webhook) => shown(webhook, languageFor(request))) }))
  v1.post('/webhooks', async (request, reply) => {
    const stream = streamFor(request)
    const asked: unknown = request.body
    if (!body.Check(asked)) throw new LookthroughError('LT-2113', { why: '{"url": "https://…", "filter": {"severity": {"gte": "orange"}}}' })
    const webhook = await webhooks.add(stream, makerIn(request), asked)
    await note(request, 'add', webhook.id, webhook.url)
    return reply.code(201).send({ ...shown(webhook, languageFor(request)), secret: webhook.secrets[0]?.secret })
  })
  v1.delete<One>('/webhooks/:id', async (request, reply) => {
    await webhooks.remove(streamFor(request), request.params.id)
    await note(request, 'remove', request.params.id)
    return reply.code(204).send()
  })
  v1.post<One>('/webhooks/:id/secret', async (request) => {
    const secret = await webhooks.rotate(streamFor(request), request.params.id)
    await note(request, 'secret', request.params.id)
    return { secret }
  })
  v1.post<One>('/webhooks/:id/enable', async (request) => {
    const webhook = await webhooks.enable(streamFor(request), request.params.id, makerIn(request))
    await note(request, 'enable', webhook.id)
    return shown(webhook, languageFor(request))
  })
  v1.post<One>('/webhooks/:id/test', (request) => webhooks.test(streamFor(request), request.params.id))
  v1.get<One>('/webhooks/:id/deliveries', async (request) => ({ items: await webhooks.deliveries(streamFor(request), request.params.id) }))
  v1.post<{ Params: { id: string; delivery: string } }>('/webhooks/:id/deliveries/:delivery/redeliver', (request) =>
    webhooks.redeliver(streamFor(request), request.params.id, request.params.delivery),
  )
}

/** Throws LT-2112. */
function streamFor(request: FastifyRequest): string {
  const user = userOf(request)
  demand(user, 'haveWebhooks')
  return streamOf(user)
}

function makerIn(request: FastifyRequest): Maker {
  const { user, token } = sessionOf(request)
  return { user: user.name, token }
}

function languageFor(request: FastifyRequest): Language {
  return languageOf(request.headers['accept-language'])
}

type Shown = Omit<Webhook, 'secrets' | 'stream' | 'position' | 'token'> & { message: string | null }

function shown({ secrets: _secrets, stream: _stream, position: _position, token: _token, ...webhook }: Webhook, language: Language): Shown {
  return { ...webhook, message: messageOf(webhook, language) }
}

/** Why nothing is sent, and what to do. */
function messageOf({ id, user, disabled }: Pick<Webhook, 'id' | 'user' | 'disabled'>, language: Language): string | null {
  if (disabled === null) return null
  const why = disabled === 'revoked' ? 'revoked' : disabled === '410' ? 'gone' : 'failed'
  return `${say(`desk.webhook.${why}`, language, { user })} ${say('desk.webhook.enable', language, { id })}`
}
