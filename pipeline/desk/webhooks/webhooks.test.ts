import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterEach, describe, expect, test } from 'vitest'
import { Revocations } from '../entitlements/revocations.ts'
import { openRecords } from '../store/records.ts'
import { type FileLog, fileLog } from '../testing/file-log.ts'
import { alertOf, openDesk, USERS } from '../testing/world.ts'
import { Reach } from './guard.ts'
import { Webhooks } from './webhooks.ts'

const HERE = { http: true, allow: ['127.0.0.0/8', '::1'] }
const BANK = 'institution/B0001'
const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

type Came = { id: string; body: string; headers: IncomingHttpHeaders }

/** A receiver that answers as told, then 204, and keeps what came. */
async function receiver(...answers: { status: number; headers?: Record<string, string> }[]) {
  const came: Came[] = []
  const server: Server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      came.push({ id: String(request.headers['webhook-id']), body, headers: request.headers })
      const { status, headers } = answers.shift() ?? { status: 204, headers: {} }
      response.writeHead(status, headers).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => server.close())
  const { port } = server.address() as AddressInfo
  return { came, port, url: `http://127.0.0.1:${port}/alerts`, ids: () => came.map(({ id }) => `${Number.parseInt(id.slice(2), 16)}${id.slice(22)}`) }
}

/** Time that passes when somebody waits for it. */
function quickClock() {
  let now = Date.parse('2026-03-02T01:00:00Z')
  const waits: number[] = []
  const sleep = (ms: number) => {
    waits.push(ms)
    now += ms
    return Promise.resolve()
  }
  return { waits, pass: (ms: number) => (now += ms), now: () => now, sleep }
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-webhooks-'))
  closers.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function open(folder: string, log: FileLog, clock = quickClock()) {
  const fault = (error: unknown) => {
    throw error
  }
  const records = await openRecords({ file: join(folder, 'desk.duckdb'), log, onFailure: fault })
  const revocations = new Revocations()
  const webhooks = await Webhooks.open({ ...records, reach: HERE, clock, revocations, onFailure: fault })
  await records.follow()
  const close = async () => {
    await webhooks.stop()
    await records.stop()
    await records.close()
  }
  closers.push(close)
  return { records, webhooks, revocations, close }
}

describe('a webhook', () => {
  test('brings what its filter lets through, in order, signed, and goes on after a restart', async () => {
    const [folder, there] = [newFolder(), await receiver()]
    const log = fileLog(folder)
    log.push(alertOf(1))
    const before = await open(folder, log)
    const { secrets } = await before.webhooks.add(BANK, { user: 'desk-B0001' }, { url: there.url, filter: { severity: { gte: 'orange' } } })
    log.push(alertOf(2, { severity: 'red' }), alertOf(3), alertOf(4, { institution: 'B0002', severity: 'red' }), alertOf(5, { severity: 'orange' }))
    await expect.poll(there.ids, { timeout: 30_000 }).toEqual(['2/1', '5/1'])
    await expect.poll(async () => (await before.webhooks.deliveries(BANK, before.webhooks.of(BANK)[0]?.id ?? '')).length).toBe(2)
    await before.close()
    log.push(alertOf(5, { severity: 'red', revision: 2 }))
    await open(folder, log)
    await expect.poll(there.ids, { timeout: 30_000 }).toEqual(['2/1', '5/1', '5/2'])
    for (const { body, headers } of there.came) {
      // The clock of the test is not the wall's.
      const signed = new Webhook(secrets[0]?.secret ?? '').sign(String(headers['webhook-id']), new Date(Number(headers['webhook-timestamp']) * 1000), body)
      expect(headers['webhook-signature']).toBe(signed)
      expect(JSON.parse(body)).toMatchObject({ specversion: '1.0', id: headers['webhook-id'], data: { institution: 'B0001' } })
    }
  })

  test('is tried again with growing waits and when the receiver asks, follows no redirect, and keeps the order', async () => {
    const [folder, clock] = [newFolder(), quickClock()]
    const elsewhere = await receiver()
    const there = await receiver({ status: 500 }, { status: 307, headers: { location: elsewhere.url } }, { status: 429, headers: { 'retry-after': '7200' } })
    const log = fileLog(folder)
    const { webhooks } = await open(folder, log, clock)
    const { id } = await webhooks.add('all', { user: 'supervisor' }, { url: there.url })
    log.push(alertOf(1), alertOf(2))
    await expect.poll(there.ids, { timeout: 30_000 }).toEqual(['1/1', '1/1', '1/1', '1/1', '2/1'])
    expect(elsewhere.came).toEqual([])
    const [first = 0, second = 0, third] = clock.waits
    expect([first >= 4000 && first <= 6000, second >= 240_000 && second <= 360_000, third]).toEqual([true, true, 7_200_000])
    await expect.poll(async () => (await webhooks.deliveries('all', id)).map((d) => d.status)).toEqual([204, 204, 429, 307, 500])
    const [, once] = await webhooks.deliveries('all', id)
    expect(await webhooks.redeliver('all', id, once?.id ?? '')).toMatchObject({ status: 204, event: `${alertOf(1).id}/1` })
    expect(await webhooks.test('all', id)).toMatchObject({ status: 204, seq: null })
    expect([there.ids().slice(5, 6), JSON.parse(there.came[6]?.body ?? '') as object]).toMatchObject([['1/1'], { type: 'lookthrough.test' }])
  })

  test('ends with 410, and after three days of failures; enabled again it goes on where it was', async () => {
    const [folder, clock] = [newFolder(), quickClock()]
    const [gone, down] = [await receiver({ status: 410 }), await receiver(...Array.from({ length: 10 }, () => ({ status: 503 })))]
    const log = fileLog(folder)
    const { webhooks } = await open(folder, log, clock)
    for (const { url } of [gone, down]) await webhooks.add('all', { user: 'supervisor' }, { url })
    log.push(alertOf(1))
    await expect.poll(() => webhooks.of('all').map((w) => w.disabled), { timeout: 30_000 }).toEqual(['410', '10 attempts failed'])
    expect(clock.waits.reduce((a, b) => a + b)).toBeGreaterThan(2.5 * 86_400_000)
    log.push(alertOf(2))
    for (const { id } of webhooks.of('all')) await webhooks.enable('all', id, { user: 'supervisor' })
    await expect
      .poll(() => [gone.ids().slice(1), down.ids().slice(10)], { timeout: 30_000 })
      .toEqual([
        ['1/1', '2/1'],
        ['1/1', '2/1'],
      ])
  })

  test('signs with both secrets for a day after a new one was made', async () => {
    const [folder, clock, there] = [newFolder(), quickClock(), await receiver()]
    const { webhooks } = await open(folder, fileLog(folder), clock)
    const { id, secrets } = await webhooks.add('all', { user: 'supervisor' }, { url: there.url })
    const old = secrets[0]?.secret ?? ''
    const fresh = await webhooks.rotate('all', id)
    await webhooks.test('all', id)
    clock.pass(86_400_001)
    await webhooks.test('all', id)
    const signers = there.came.map(({ body, headers }) =>
      [old, fresh].map((secret) => {
        const signature = new Webhook(secret).sign(String(headers['webhook-id']), new Date(Number(headers['webhook-timestamp']) * 1000), body)
        return String(headers['webhook-signature']).split(' ').includes(signature)
      }),
    )
    expect(signers).toEqual([
      [true, true],
      [false, true],
    ])
  })
})

describe('a webhook whose user was revoked', () => {
  const second = { name: 'second', role: 'desk', institution: 'B0001', token: 'token-of-second' } as const
  const ask = async (url: string, method: string, path: string, token: string, body?: object) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'accept-language': 'en' }
    const response = await fetch(`${url}/v1${path}`, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })
    return { status: response.status, body: (response.status === 204 ? {} : await response.json()) as Record<string, unknown> }
  }
  const start = async (folder: string, log: FileLog) => {
    const store = { file: join(folder, 'desk.duckdb') }
    const users = [...Object.values(USERS), second]
    const desk = await openDesk([], { alerts: log, users, store, accessLog: join(folder, 'access.ndjson'), webhooks: HERE })
    closers.push(desk.close)
    return desk
  }

  test('pauses at once and says why, over a restart too, until somebody else of its institution answers for it', async () => {
    const [folder, there, others] = [newFolder(), await receiver(), await receiver()]
    const log = fileLog(folder)
    let { url, close } = await start(folder, log)
    const made = await ask(url, 'POST', '/webhooks', USERS.b1.token, { url: there.url })
    await ask(url, 'POST', '/webhooks', second.token, { url: others.url })
    log.push(alertOf(1))
    await expect.poll(() => [there.ids(), others.ids()], { timeout: 30_000 }).toEqual([['1/1'], ['1/1']])
    expect((await ask(url, 'POST', '/admin/revoke', USERS.admin.token, { name: USERS.b1.name })).status).toBe(204)
    log.push(alertOf(2))
    await expect.poll(others.ids, { timeout: 30_000 }).toEqual(['1/1', '2/1'])
    await close()
    ;({ url, close } = await start(folder, log))
    log.push(alertOf(3))
    await expect.poll(others.ids, { timeout: 30_000 }).toEqual(['1/1', '2/1', '3/1'])
    expect(there.ids()).toEqual(['1/1'])
    const [paused, served] = (await ask(url, 'GET', '/webhooks', second.token)).body['items'] as Record<string, unknown>[]
    expect(paused).toMatchObject({ id: made.body['id'], user: USERS.b1.name, disabled: 'revoked' })
    expect(paused?.['message']).toMatch(/access of desk-B0001 was revoked.*POST \/v1\/webhooks\/.*\/enable/)
    expect(served).toMatchObject({ user: second.name, disabled: null, message: null })
    expect(JSON.stringify([paused, served])).not.toMatch(/token/)
    expect((await ask(url, 'POST', `/webhooks/${String(made.body['id'])}/enable`, second.token, {})).body).toMatchObject({ user: second.name, disabled: null })
    await expect.poll(there.ids, { timeout: 30_000 }).toEqual(['1/1', '2/1', '3/1'])
  })

  test('by one token alone pauses where it was made with that token', async () => {
    const [folder, there] = [newFolder(), await receiver()]
    const { webhooks, revocations } = await open(folder, fileLog(folder))
    for (const [user, tokenId] of [
      ['a', 't1'],
      ['a', 't2'],
      ['b', 't3'],
    ] as const)
      await webhooks.add('all', { user, token: { issuedAt: 1000, tokenId } }, { url: there.url })
    const disabled = () => webhooks.of('all').map((webhook) => webhook.disabled)
    revocations.add({ tokenId: 't2' })
    expect(disabled()).toEqual([null, 'revoked', null])
    revocations.add({ name: 'a', at: 999 })
    expect(disabled()).toEqual([null, 'revoked', null])
    revocations.add({ name: 'a', at: 1000 })
    expect(disabled()).toEqual(['revoked', 'revoked', null])
    const late = await webhooks.add('all', { user: 'a', token: { issuedAt: 1000 } }, { url: there.url })
    expect(late.disabled).toBe('revoked')
  })
})

describe('nothing is sent', () => {
  test('to addresses that are not public, however they are written', () => {
    const reach = new Reach()
    const hosts = [
      '127.0.0.1',
      '2130706433',
      '0x7f.1',
      '10.1.2.3',
      '169.254.169.254',
      '100.64.0.1',
      '0.0.0.0',
      '[::1]',
      '[::ffff:10.0.0.1]',
      '[fd00::1]',
      '[fe80::1]',
      '[64:ff9b::a00:1]',
    ]
    for (const host of hosts) expect([host, reach.refuses(`https://${host}/`)]).toEqual([host, expect.stringContaining('not a public address')])
    for (const url of ['http://example.com/', 'ftp://example.com/', 'https://a:b@example.com/', 'nowhere'])
      expect([url, reach.refuses(url) === undefined]).toEqual([url, false])
    expect(['https://example.com/', 'https://8.8.8.8/', 'https://[2606:4700::1111]/'].map((url) => reach.refuses(url))).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(new Reach({ allow: ['10.1.0.0/16'] }).refuses('https://10.1.2.3/')).toBeUndefined()
  })

  test('to a name that means such an address when the connection is made', async () => {
    const there = await receiver()
    const desk = await openDesk([], { webhooks: { http: true } })
    closers.push(desk.close)
    const post = async (path: string, body: unknown, user = USERS.b1) => {
      const headers = { authorization: `Bearer ${user.token}`, 'content-type': 'application/json' }
      const response = await fetch(`${desk.url}/v1/webhooks${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
      return { status: response.status, body: (await response.json()) as Record<string, unknown> & { error?: { code: string } } }
    }
    const made = await post('', { url: `http://localhost:${there.port}/` })
    expect([made.status, String(made.body['secret']).startsWith('whsec_')]).toEqual([201, true])
    const id = String(made.body['id'])
    expect((await post(`/${id}/test`, {})).body['error']).toMatch(/^localhost: .* is not a public address$/)
    expect(there.came).toEqual([])
    expect((await post('', { url: there.url })).body.error?.code).toBe('LT-2161')
    expect((await post('', { url: 7 })).body.error?.code).toBe('LT-2113')
    expect((await post(`/${id}/test`, {}, USERS.b2)).body.error?.code).toBe('LT-2111')
    expect((await post('', { url: 'https://example.com/' }, USERS.analyst)).body.error?.code).toBe('LT-2112')
    const list = await fetch(`${desk.url}/v1/webhooks`, { headers: { authorization: `Bearer ${USERS.b1.token}` } })
    expect(await list.text()).not.toMatch(/whsec_/)
    const remove = await fetch(`${desk.url}/v1/webhooks/${id}`, { method: 'DELETE', headers: { authorization: `Bearer ${USERS.b1.token}` } })
    expect([remove.status, (await post(`/${id}/test`, {})).body.error?.code]).toEqual([204, 'LT-2111'])
  })
})
