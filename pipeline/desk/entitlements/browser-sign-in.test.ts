import { WebSocket } from 'ws'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FEED_PROTOCOL } from '../../contract/feed.ts'
import { type Desk, startDesk } from '../desk.ts'
import { CLIENT, freePort, openOidc } from '../testing/oidc.ts'
import { alertOf, openLog, USERS } from '../testing/world.ts'
import { BrowserSessions } from './browser-sessions.ts'
import { browserSignIn, type SignInOptions } from './browser-sign-in.ts'
import { issuerOf, remoteKeys } from './issuer.ts'
import { openSession } from './session.ts'
import { Revocations } from './revocations.ts'

let oidc: Awaited<ReturnType<typeof openOidc>>
let desk: Desk
beforeEach(async () => {
  oidc = await openOidc()
  desk = await open()
})
afterEach(async () => {
  await desk.close()
  await oidc.close()
})

async function open(over: Partial<SignInOptions> = {}) {
  const port = await freePort()
  const keys = remoteKeys(oidc.jwksUri)
  const signIn = { clientId: CLIENT.clientId, redirectUri: `http://127.0.0.1:${port}/v1/callback`, ...over }
  return startDesk({
    port,
    users: Object.values(USERS),
    issuer: issuerOf(oidc.names, keys),
    signIn: browserSignIn({ ...oidc.names, signIn }, keys),
    alerts: openLog([alertOf(1)]).alerts,
    publish: () => Promise.resolve(),
    rules: { list: () => [] },
  })
}

type Headers = Record<string, string>
const call = (path: string, headers: Headers = {}, method = 'GET', body?: unknown) =>
  fetch(`${desk.url}/v1${path}`, {
    method,
    redirect: 'manual',
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
const cookieOf = (answer: Response) => answer.headers.getSetCookie().find((c) => !c.includes('Max-Age=0'))
const pairOf = (cookie = '') => cookie.split(';')[0] ?? ''
const codeOf = async (answer: Response) => ((await answer.json()) as { error: { code: string } }).error.code

/** To the issuer and to where it would send the browser back. */
async function leave(headers: Headers = {}) {
  const login = await call('/login', headers)
  const back = (await fetch(login.headers.get('location') ?? '')).headers.get('x-back') ?? ''
  return { cookie: pairOf(cookieOf(login)), login, back: back.slice(`${desk.url}/v1`.length) }
}
/** All the way: the answer that signs in. */
async function signIn() {
  const { cookie, back } = await leave()
  return call(back, { cookie })
}
const signedIn = async () => pairOf(cookieOf(await signIn()))

/** Opens the feed; the close code of one that was opened, or the status of one that was refused. */
function openFeed(headers: Headers) {
  const socket = new WebSocket(`${desk.url.replace('http', 'ws')}/v1/feed`, FEED_PROTOCOL, { headers })
  const opened = new Promise<number | 'open'>((resolve) => {
    socket.once('open', () => resolve('open'))
    socket.once('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
    socket.once('error', () => undefined)
  })
  return { socket, opened, closed: new Promise<number>((resolve) => socket.once('close', resolve)) }
}

test('a browser signs in at the issuer, is known by a cookie, and signs out with all it has open', async () => {
  expect(await (await call('/session')).json()).toEqual({ signIn: true, user: null, expiresAt: null })
  const { login, cookie, back } = await leave()
  expect(cookieOf(login)).toMatch(/^lookthrough-sign-in=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600$/)
  expect(Object.fromEntries(oidc.told.authorize)).toMatchObject({ response_type: 'code', scope: 'openid profile', code_challenge_method: 'S256' })
  const answer = await call(back, { cookie })
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/'])
  expect(cookieOf(answer)).toMatch(/^lookthrough-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
  const session = { cookie: pairOf(cookieOf(answer)) }
  expect(await (await call('/me', session)).json()).toEqual({ name: 'wu', role: 'supervisor', institution: null })
  expect(await (await call('/session', session)).json()).toMatchObject({ user: { name: 'wu' }, expiresAt: expect.stringMatching(/Z$/) as string })

  const feed = openFeed({ ...session, origin: desk.url })
  expect(await feed.opened).toBe('open')
  const out = await call('/logout', { ...session, origin: desk.url }, 'POST')
  const { address } = (await out.json()) as { address: string }
  expect([new URL(address).pathname, Object.fromEntries(new URL(address).searchParams)]).toEqual([
    '/end',
    { post_logout_redirect_uri: `${desk.url}/`, client_id: CLIENT.clientId },
  ])
  expect(await feed.closed).toBe(4401)
  expect((await call('/me', session)).status).toBe(401)
})

describe('nobody is signed in', () => {
  const refusedBy = async (answer: Response) => {
    expect(cookieOf(answer)).toBeUndefined()
    return [answer.status, await codeOf(answer)]
  }

  test('by an answer to another browser, with another state, for another nonce, for another client, twice, or after a refusal', async () => {
    const one = await leave()
    const other = await leave()
    expect(await refusedBy(await call(one.back))).toEqual([400, 'LT-2119'])
    expect(await refusedBy(await call(one.back, { cookie: other.cookie }))).toEqual([400, 'LT-2119'])
    const swapped = new URLSearchParams({ code: new URLSearchParams(one.back.split('?')[1]).get('code') ?? '', state: stateOf(other.back) })
    expect(await refusedBy(await call(`/callback?${swapped.toString()}`, { cookie: other.cookie }))).toEqual([400, 'LT-2119'])
    for (const claims of [{ nonce: 'another' }, { aud: 'another' }, { iss: 'https://issuer.example' }, { exp: 1_700_000_000 }]) {
      oidc.way.claims = { sub: 'wu', role: 'supervisor', ...claims }
      expect(await refusedBy(await signIn())).toEqual([400, 'LT-2119'])
    }
    oidc.way.claims = { sub: 'wu', role: 'supervisor' }
    const twice = await leave()
    expect((await call(twice.back, { cookie: twice.cookie })).status).toBe(303)
    expect(await refusedBy(await call(twice.back, { cookie: twice.cookie }))).toEqual([400, 'LT-2119'])
    oidc.way.refusal = 'access_denied'
    expect(await refusedBy(await signIn())).toEqual([400, 'LT-2119'])
  })

  test('whom the desk gives no role, or whose name is one of the configuration; a person is told on the page', async () => {
    for (const claims of [
      { sub: 'wu', role: undefined },
      { sub: 'wu', role: 'desk' },
      { sub: USERS.admin.name, role: 'admin' },
    ]) {
      oidc.way.claims = claims
      expect(await refusedBy(await signIn())).toEqual([403, 'LT-2106'])
    }
    const { cookie, back } = await leave()
    const page = await call(back, { cookie, accept: 'text/html,*/*' })
    expect([page.status, page.headers.get('location'), cookieOf(page)]).toEqual([303, '/#sign-in=LT-2106', undefined])
  })

  test('while the issuer is away', async () => {
    await oidc.close()
    const answer = await call('/login')
    expect([answer.status, answer.headers.get('retry-after'), await codeOf(answer)]).toEqual([503, '5', 'LT-2118'])
  })
})

test('a session is over with its token, and when an administrator takes it back', async () => {
  oidc.way.claims = { sub: 'wu', role: 'supervisor', exp: Math.floor(Date.now() / 1000) + 4 }
  const short = { cookie: await signedIn() }
  oidc.way.claims = { sub: 'li', role: 'desk', institution: 'B0001' }
  const long = { cookie: await signedIn() }
  const feeds = [short, long].map((cookie) => openFeed({ ...cookie, origin: desk.url }))
  expect(await Promise.all(feeds.map(({ opened }) => opened))).toEqual(['open', 'open'])
  expect(await feeds[0]?.closed).toBe(4401)
  expect([(await call('/me', short)).status, (await call('/me', long)).status]).toEqual([401, 200])
  const revoked = await call('/admin/revoke', { authorization: `Bearer ${USERS.admin.token}` }, 'POST', { name: 'li' })
  expect([revoked.status, await feeds[1]?.closed, (await call('/me', long)).status]).toEqual([204, 4403, 401])
})

test('what changes something, and the feed, is taken by cookie from the desk’s own pages alone', async () => {
  const session = { cookie: await signedIn() }
  const act = (headers: Headers) => call(`/alerts/${alertOf(1).id}/actions`, { ...session, ...headers }, 'POST', { action: 'acknowledge' })
  for (const headers of [
    {},
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: desk.url.replace('http', 'https') },
    { 'sec-fetch-site': 'same-site' },
  ]) {
    const answer = await act(headers as Headers)
    expect([answer.status, await codeOf(answer)]).toEqual([403, 'LT-2105'])
  }
  expect((await call('/logout', { ...session, origin: 'http://evil.example' }, 'POST')).status).toBe(403)
  expect((await call('/alerts', { ...session, origin: 'http://evil.example' })).status).toBe(403)
  const detail = (await (await call(`/alerts/${alertOf(1).id}`, session)).json()) as { actions: unknown[] }
  expect(detail.actions).toEqual([])
  expect([(await act({ origin: desk.url })).status, (await act({ 'sec-fetch-site': 'same-origin' })).status]).toEqual([201, 201])

  for (const headers of [{}, { origin: 'http://evil.example' }]) expect(await openFeed({ ...session, ...headers }).opened).toBe(403)
  const authorization = `Bearer ${USERS.b1.token}`
  expect(await (await call('/me', { ...session, authorization })).json()).toMatchObject({ name: USERS.b1.name })
  expect((await call('/me', { ...session, authorization: 'Bearer wrong' })).status).toBe(401)
})

test('a client with a secret shows it as the issuer takes it', async () => {
  await desk.close()
  desk = await open({ clientSecret: CLIENT.clientSecret })
  expect((await signIn()).status).toBe(303)
  expect([oidc.told.token.get('client_secret'), oidc.told.authorization]).toEqual([CLIENT.clientSecret, undefined])
  await desk.close()
  oidc.methods.token_endpoint_auth_methods_supported = ['client_secret_basic']
  desk = await open({ clientSecret: CLIENT.clientSecret })
  expect((await signIn()).status).toBe(303)
  expect([oidc.told.token.get('client_secret'), oidc.told.authorization]).toEqual([null, expect.stringMatching(/^Basic /)])
})

test('over https the cookie is for this host and protected ways alone; of many sessions of a user the oldest goes', () => {
  const browsers = new BrowserSessions('https://desk.example')
  const user = { name: 'wu', role: 'supervisor' as const, institution: null }
  const opened = Array.from({ length: 21 }, () => browsers.open(openSession({ user, issuedAt: null, expiresAt: null, tokenId: undefined }, new Revocations())))
  expect(opened[0]).toMatch(/^__Host-lookthrough-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/)
  const known = opened.map((cookie) => browsers.callerOf({ cookie: `a=b; ${pairOf(cookie)}` }, { isChange: false })?.user.name)
  expect(known).toEqual([undefined, ...Array.from({ length: 20 }, () => 'wu')])
})

function stateOf(back: string): string {
  return new URLSearchParams(back.split('?')[1]).get('state') ?? ''
}
