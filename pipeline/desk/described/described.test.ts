import { Parser } from '@asyncapi/parser'
import { validate } from '@readme/openapi-parser'
import { Compile } from 'typebox/compile'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { browserSignIn } from '../entitlements/browser-sign-in.ts'
import { remoteKeys } from '../entitlements/issuer.ts'
import { alertOf, connect, openDesk, USERS } from '../testing/world.ts'

let desk: Awaited<ReturnType<typeof openDesk>>
beforeAll(async () => {
  const signIn = { clientId: 'desk', redirectUri: 'https://desk.example/v1/callback' }
  const keys = remoteKeys('https://issuer.example/keys')
  desk = await openDesk([alertOf(1)], { signIn: browserSignIn({ issuer: 'https://issuer.example', audience: 'a', signIn }, keys) })
})
afterAll(() => desk.close())

const get = async (path: string) => {
  const response = await fetch(`${desk.url}/v1/${path}`, { headers: { authorization: `Bearer ${USERS.analyst.token}` } })
  return (await response.json()) as Record<string, unknown>
}

test('openapi.json is one by its own parser, and describes the addresses of the desk', async () => {
  const document = await get('openapi.json')
  const paths = document['paths'] as Record<string, Record<string, { responses: Record<string, unknown> }>>
  expect(await validate(structuredClone(document) as never)).toMatchObject({ valid: true })
  expect(Object.keys(paths)).toEqual(
    expect.arrayContaining(['/v1/alerts', '/v1/alerts/{id}', '/v1/alerts/{id}/actions', '/v1/receipts', '/v1/events', '/v1/sql', '/v1/audit']),
  )
  for (const path of ['/v1/session', '/v1/login', '/v1/callback'])
    expect(paths[path]?.['get']).toMatchObject({ security: expect.arrayContaining([{}]) as unknown })
  expect(paths['/v1/*']).toBeUndefined()
  const schema = (path: string, status: string) =>
    (paths[path]?.['get']?.responses[status] as { content?: Record<string, { schema: object }> } | undefined)?.content?.['application/json']?.schema ?? {}
  expect(Compile(schema('/v1/session', '200')).Errors(await get('session'))).toEqual([])
  expect(Compile(schema('/v1/alerts', '200')).Errors(await get('alerts'))).toEqual([])
  expect(Compile(schema('/v1/alerts/{id}', '200')).Errors(await get(`alerts/${alertOf(1).id}`))).toEqual([])
  expect(Compile(schema('/v1/alerts/{id}', 'default')).Errors(await get('alerts/none'))).toEqual([])
})

test('asyncapi.json is one by its own parser, and what the feed says is as it says', async () => {
  const document = await get('asyncapi.json')
  const { diagnostics } = await new Parser().parse(structuredClone(document) as never)
  expect(diagnostics.filter((d) => d.severity === 0).map((d) => `${d.path.join('.')}: ${d.message}`)).toEqual([])
  const { channels, components } = document as {
    channels: Record<string, { address: string }>
    components: { messages: Record<string, { payload: object; headers?: { properties: object } }> }
  }
  expect(Object.values(channels).map((c) => c.address)).toEqual(
    expect.arrayContaining(['/v1/feed', '/v1/alerts/stream', 'lookthrough.alerts', 'lookthrough.actions', 'credit.loan']),
  )
  const onKafka = components.messages['alerts-revision']
  expect(Object.keys(onKafka?.headers?.properties ?? {}).sort()).toEqual([
    'ce_id',
    'ce_partitionkey',
    'ce_source',
    'ce_specversion',
    'ce_subject',
    'ce_time',
    'ce_type',
    'content-type',
  ])
  expect(Compile(onKafka?.payload ?? {}).Errors(alertOf(1))).toEqual([])
  const client = await connect(desk.url, USERS.analyst.token)
  client.send({ op: 'subscribe', sid: 's' })
  await client.until(() => client.of('live').length > 0)
  client.socket.close()
  expect(client.frames.map((f) => f.type)).toEqual(['hello', 'subscribed', 'snapshot', 'live'])
  for (const frame of client.frames) expect(Compile(components.messages[`feed-${frame.type}`]?.payload ?? {}).Errors(frame)).toEqual([])
})
