import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JWTPayload } from 'jose'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Desk, startDesk } from '../desk.ts'
import { NAMES, openIssuer } from '../testing/issuer.ts'
import { alertOf, connect, openLog, USERS } from '../testing/world.ts'
import { issuerOf, remoteKeys } from './issuer.ts'

let folder = ''
let issuer: Awaited<ReturnType<typeof openIssuer>>
let key: Awaited<ReturnType<typeof issuer.addKey>>
let desk: Desk | undefined
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lookthrough-sign-in-'))
  issuer = await openIssuer()
  key = await issuer.addKey('ES256')
})
afterEach(async () => {
  await desk?.close()
  desk = undefined
})
afterAll(async () => {
  await issuer.goAway()
  await rm(folder, { recursive: true, force: true })
})

async function open(accessLog?: string) {
  const log = openLog([alertOf(1), alertOf(2, { institution: 'B0007' })])
  desk = await startDesk({
    port: 0,
    users: Object.values(USERS),
    issuer: issuerOf(NAMES, remoteKeys(issuer.jwksUri)),
    alerts: log.alerts,
    publish: () => Promise.resolve(),
    rules: { list: () => [] },
    ...(accessLog !== undefined && { accessLog }),
  })
  return { url: desk.url, push: log.push }
}

const bank = (sub: string, over: JWTPayload = {}) => issuer.sign(key, { sub, role: 'desk', institution: 'B0007', ...over })
const call = (path: string, token: string, body?: unknown) =>
  fetch(`${desk?.url}/v1${path}`, {
    headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  })
const status = async (path: string, token: string, body?: unknown) => (await call(path, token, body)).status
/** Signed in and told everything so far. */
async function follow(url: string, token: string) {
  const client = await connect(url, token)
  client.send({ op: 'subscribe', sid: 's' })
  await client.until(() => client.of('live').length === 1)
  return client
}

test('an issuer’s token signs in beside those of the configuration, as a bank nobody named before', { timeout: 60_000 }, async () => {
  const { url, push } = await open()
  const token = await bank('li')
  expect(await (await call('/me', token)).json()).toEqual({ name: 'li', role: 'desk', institution: 'B0007' })
  expect(((await (await call('/alerts', token)).json()) as { items: { id: string }[] }).items.map((a) => a.id)).toEqual([alertOf(2).id])
  const client = await follow(url, token)
  push(alertOf(3), alertOf(4, { institution: 'B0007' }))
  await client.until(() => client.of('event').length === 1)
  expect(client.of('event')[0]).toMatchObject({ seq: 2, event: { subject: alertOf(4).id } })
  expect(await status('/me', USERS.b1.token)).toBe(200)
  expect(await status('/me', await issuer.sign(key, { sub: USERS.supervisor.name, role: 'supervisor' }))).toBe(401)
})

test('the feed closes with 4401 when the token’s time is over', { timeout: 60_000 }, async () => {
  const { url } = await open()
  const now = Math.floor(Date.now() / 1000)
  const [short, long] = [await follow(url, await bank('li', { exp: now + 3 })), await follow(url, await bank('li', { exp: now + 300 }))]
  await short.until(() => short.closed() !== undefined, 20_000)
  expect([short.closed(), short.of('bye')[0]]).toMatchObject([4401, { code: 4401, retryable: false }])
  expect(Date.now()).toBeGreaterThanOrEqual((now + 3) * 1000)
  expect(long.closed()).toBeUndefined()
})

test('a token or a user taken back is out at once, everywhere, and after a restart', { timeout: 120_000 }, async () => {
  const file = join(folder, 'access.ndjson')
  const { url } = await open(file)
  const past = Math.floor(Date.now() / 1000) - 60
  const tokens = { li: await bank('li', { iat: past, jti: 'one' }), liToo: await bank('li', { iat: past, jti: 'two' }), wu: await bank('wu') }
  const clients = {
    li: await follow(url, tokens.li),
    liToo: await follow(url, tokens.liToo),
    wu: await follow(url, tokens.wu),
    b1: await follow(url, USERS.b1.token),
  }

  expect(await status('/admin/revoke', USERS.admin.token, { jti: 'one' })).toBe(204)
  await clients.li.until(() => clients.li.closed() !== undefined)
  expect([clients.li.closed(), clients.li.of('bye')[0]?.['retryable']]).toEqual([4403, false])
  expect([clients.liToo.closed(), await status('/me', tokens.li), await status('/me', tokens.liToo)]).toEqual([undefined, 401, 200])

  for (const name of ['li', USERS.b1.name]) expect(await status('/admin/revoke', USERS.admin.token, { name })).toBe(204)
  for (const client of [clients.liToo, clients.b1]) await client.until(() => client.closed() !== undefined)
  expect([clients.liToo.closed(), clients.b1.closed(), clients.wu.closed()]).toEqual([4403, 4403, undefined])

  await desk?.close()
  await appendFile(file, '{"at":"torn')
  await open(file)
  const after = await Promise.all([tokens.li, tokens.liToo, tokens.wu, USERS.b1.token, USERS.b2.token].map((token) => status('/me', token)))
  expect(after).toEqual([401, 401, 200, 401, 200])
  expect(await status('/me', await bank('li', { iat: Math.floor(Date.now() / 1000) + 2 }))).toBe(200)

  expect(await status('/admin/revoke', USERS.admin.token, { jti: 'three' })).toBe(204)
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '' && !line.startsWith('{"at":"torn'))
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject(
    ['one', 'li', USERS.b1.name, 'three'].map((of) => ({ by: 'admin', did: 'revoke', of })),
  )
})

test('only an administrator takes tokens back, and is told what is missing', { timeout: 60_000 }, async () => {
  await open()
  for (const user of [USERS.supervisor, USERS.analyst, USERS.b1]) expect(await status('/admin/revoke', user.token, { name: 'li' })).toBe(403)
  for (const body of [{}, { name: '' }, { name: 'a', jti: 'b' }, { user: 'a' }]) expect(await status('/admin/revoke', USERS.admin.token, body)).toBe(400)
})

test('while the issuer cannot be reached nobody is told that the token is wrong', { timeout: 60_000 }, async () => {
  const { url } = await open()
  const token = await bank('li')
  await issuer.goAway()
  const answer = await call('/me', token)
  expect([answer.status, answer.headers.get('retry-after'), ((await answer.json()) as { error: { code: string } }).error.code]).toEqual([503, '5', 'LT-2117'])
  await expect(connect(url, token)).rejects.toThrow('503')
  expect([await status('/me', USERS.b1.token), await status('/me', 'wrong')]).toEqual([200, 401])
  await issuer.comeBack()
  expect(await status('/me', token)).toBe(200)
})
