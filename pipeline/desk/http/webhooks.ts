/** `/v1/webhooks`: the webhooks of the caller's own stream. A secret is shown once, when it is made. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { AlertFilter } from '../../contract/feed.ts'
import { LookthroughError } from '../../contract/index.ts'
import { type AuditRecord, entryBy } from '../audit/record.ts'
import { streamOf } from '../entitlements/see.ts'
import { demand } from '../entitlements/roles.ts'
import type { Webhook } from '../webhooks/book.ts'
import type { Webhooks } from '../webhooks/webhooks.ts'
import { userOf } from './access.ts'

export const WebhookBody = Type.Object(
  { url: Type.String({ minLength: 1, maxLength: 2048 }), filter: Type.Optional(AlertFilter) },
  { additionalProperties: false },
)
const body = Compile(WebhookBody)

type One = { Params: { id: string } }

export function webhookRoutes(v1: FastifyInstance, webhooks: Webhooks, record: AuditRecord): void {
  const note = (request: FastifyRequest, act: 'add' | 'remove' | 'secret' | 'enable', webhook: string, url?: string) =>
    record.write(entryBy(userOf(request), { did: 'webhook', act, webhook, ...(url !== undefined && { url }) }))
  v1.get('/webhooks', (request) => ({ items: webhooks.of(streamFor(request)).map(shown) }))
  v1.post('/webhooks', async (request, reply) => {
    const stream = streamFor(request)
    const asked: unknown = request.body
    if (!body.Check(asked)) throw new LookthroughError('LT-2113', { why: '{"url": "https://…", "filter": {"severity": {"gte": "orange"}}}' })
    const webhook = await webhooks.add(stream, userOf(request).name, asked)
    await note(request, 'add', webhook.id, webhook.url)
    return reply.code(201).send({ ...shown(webhook), secret: webhook.secrets[0]?.secret })
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
    const webhook = await webhooks.enable(streamFor(request), request.params.id)
    await note(request, 'enable', webhook.id)
    return shown(webhook)
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

function shown({ secrets: _secrets, stream: _stream, position: _position, ...webhook }: Webhook): Omit<Webhook, 'secrets' | 'stream' | 'position'> {
  return webhook
}
