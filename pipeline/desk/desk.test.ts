import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeError } from '../contract/index.ts'
import { type Desk, startDesk } from './desk.ts'
import { type Role, ROLES, type StaticUser } from './entitlements/users.ts'
import type { EventMessage } from './gateway/sort-out.ts'
import { alertOf, connect, loanEvent, openLog, USERS } from './testing/world.ts'

const FOREIGN = {
  path: [{ from: 'F1', to: 'P9', kind: 'bond', amount: '40.00', share: '0.1', event: '/institutions/I0001/core|x' }],
  evidence: ['/institutions/I0001/core|x'],
  evidenceCount: 1,
}
const HISTORY = [
  alertOf(1),
  alertOf(2, { disclosure: 'supervisor' }),
  alertOf(3, { institution: 'B0002', severity: 'red' }),
  alertOf(4, { ...FOREIGN, severity: 'orange' }),
  alertOf(4, { ...FOREIGN, revision: 2, severity: 'red' }),
]

let folder = ''
let desk: Desk
const published: EventMessage[] = []
const logged: Record<string, unknown>[] = []
let broken = false

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lookthrough-desk-'))
  await mkdir(join(folder, 'lake', 'tables'), { recursive: true })
  await mkdir(join(folder, 'page', 'assets'), { recursive: true })
  await writeFile(join(folder, 'page', 'index.html'), '<!doctype html><title>page</title>')
  await writeFile(join(folder, 'page', 'assets', 'main-1a2b.js'), 'export {}')
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const loans = `SELECT unnest(['B0001', 'B0002']) AS institution, 1::DECIMAL(38,2) AS balance`
  await connection.run(`COPY (${loans}) TO '${join(folder, 'lake', 'tables', 'loan.parquet')}' (FORMAT parquet)`)
  desk = await startDesk({
    port: 0,
    users: Object.values(USERS),
    alerts: openLog(HISTORY).alerts,
    publish: async (events) => {
      if (broken) throw new Error('broker gone')
      published.push(...events)
    },
    rules: { list: () => [{ code: 'CR-02' }] },
    lakeDirectory: join(folder, 'lake'),
    dashboardDirectory: join(folder, 'page'),
    metrics: { contentType: 'text/plain; version=0.0.4', render: () => Promise.resolve('lookthrough_up 1\n') },
    about: { version: '0.1.0', startedAt: '2026-03-02T01:00:00.000Z', demo: true },
    log: (line) => logged.push(line),
  })
})
afterAll(async () => {
  await desk.close()
  await rm(folder, { recursive: true, force: true })
})

type Body = { error?: { code: string; message: string; detail: unknown; ref: string }; [field: string]: unknown }
type Answer = { status: number; body: Body; headers: Headers }

async function call(path: string, token?: string, init: RequestInit = {}): Promise<Answer> {
  const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...(init.headers as Record<string, string>) }
  const response = await fetch(`${desk.url}${path}`, { ...init, headers })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: (text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : { text }) as Body }
}
const post = (path: string, token: string, body: unknown, headers: Record<string, string> = {}) =>
  call(path, token, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
const ids = (answer: Answer) => (answer.body['items'] as { id: string }[]).map((a) => Number.parseInt(a.id.slice(2), 16))

describe('who is let in', () => {
  test('without a token, with a wrong one, or with somebody’s name, every /v1 address answers 401', async () => {
    for (const path of ['/v1/me', '/v1/alerts', '/v1/alerts/A-1', '/v1/rules', '/v1/about', '/v1/nowhere'])
      for (const token of [undefined, '', 'wrong', 'supervisor']) expect((await call(path, token)).status).toBe(401)
    expect((await post('/v1/events', 'wrong', [])).status).toBe(401)
    expect((await post('/v1/sql', 'wrong', { sql: 'SELECT 1' })).status).toBe(401)
  })

  test('everybody is told who they are, and never their token', async () => {
    expect((await call('/v1/me', USERS.b1.token)).body).toEqual({ name: 'desk-B0001', role: 'desk', institution: 'B0001' })
    expect((await call('/v1/rules', USERS.b1.token)).body).toEqual([{ code: 'CR-02' }])
    expect((await call('/v1/about', USERS.b1.token)).body).toMatchObject({ version: '0.1.0', demo: true })
  })

  test('errors are in Chinese unless English is preferred, and can be referred to', async () => {
    const zh = await call('/v1/me')
    const en = await call('/v1/me', undefined, { headers: { 'accept-language': 'de, en-GB;q=0.8, zh;q=0.2' } })
    expect(zh.body.error).toMatchObject({ code: 'LT-2110', message: '缺少令牌，或令牌无效' })
    expect(en.body.error).toMatchObject({ code: 'LT-2110', message: 'the token is missing or not valid' })
    expect(zh.body.error?.ref).not.toBe(en.body.error?.ref)
  })
})

describe('alerts', () => {
  test('the list holds the last revision of each, newest first, filtered and in pages', async () => {
    expect(ids(await call('/v1/alerts', USERS.supervisor.token))).toEqual([4, 3, 2, 1])
    expect(ids(await call('/v1/alerts?severity=red,yellow&rule=CR-02', USERS.supervisor.token))).toEqual([4, 3])
    expect(ids(await call('/v1/alerts?institution=B0002', USERS.supervisor.token))).toEqual([3])
    expect(ids(await call('/v1/alerts?subject=party:P2', USERS.supervisor.token))).toEqual([2])
    expect(ids(await call('/v1/alerts?state=resolved', USERS.supervisor.token))).toEqual([])
    const first = await call('/v1/alerts?limit=3', USERS.supervisor.token)
    const second = await call(`/v1/alerts?limit=3&cursor=${String(first.body['next'])}`, USERS.supervisor.token)
    expect([ids(first), ids(second), second.body['next']]).toEqual([[4, 3, 2], [1], undefined])
    for (const query of ['limit=0', 'limit=1001x', 'cursor=nonsense']) expect((await call(`/v1/alerts?${query}`, USERS.supervisor.token)).status).toBe(400)
  })

  test('one alert comes with all its revisions, and its evidence with positions', async () => {
    const { body } = await call(`/v1/alerts/${alertOf(4).id}`, USERS.analyst.token)
    expect(body).toMatchObject({ id: alertOf(4).id, revision: 2, severity: 'red', path: FOREIGN.path })
    expect((body['revisions'] as { revision: number }[]).map((r) => r.revision)).toEqual([1, 2])
    const evidence = await call(`/v1/alerts/${alertOf(4).id}/evidence`, USERS.analyst.token)
    expect(evidence.body).toMatchObject({ revision: 2, evidence: [{ event: FOREIGN.evidence[0], position: null }], evidenceCount: 1 })
  })

  test('for a bank what is not its own or not disclosed is as unknown as what never was', async () => {
    const shape = async (path: string) => {
      const { status, body } = await call(path, USERS.b1.token)
      return { status, error: { ...body.error, ref: '' } }
    }
    const unknown = await shape(`/v1/alerts/${alertOf(99).id}`)
    expect(unknown.status).toBe(404)
    for (const n of [2, 3]) {
      expect(await shape(`/v1/alerts/${alertOf(n).id}`)).toEqual(unknown)
      expect(await shape(`/v1/alerts/${alertOf(n).id}/evidence`)).toEqual(unknown)
    }
  })
})

test('a bank finds only its own disclosed alerts, without a word of others, in every channel', async () => {
  const { token } = USERS.b1
  const list = await call('/v1/alerts', token)
  const one = await call(`/v1/alerts/${alertOf(4).id}`, token)
  const evidence = await call(`/v1/alerts/${alertOf(4).id}/evidence`, token)
  const client = await connect(desk.url, token)
  client.send({ op: 'subscribe', sid: 's', from: 'snapshot' })
  await client.until(() => client.of('live').length > 0)
  client.socket.close()
  const sql = await post('/v1/sql', token, { sql: 'SELECT * FROM loan' })
  expect(ids(list)).toEqual([4, 1])
  expect(one.body['path']).toEqual([{ kind: 'bond', amount: '40.00' }])
  expect(evidence.body).toMatchObject({ evidence: [], evidenceCount: 0 })
  expect(client.of('snapshot').flatMap((f) => (f['items'] as { id: string }[]).map((a) => a.id))).toEqual([alertOf(4).id, alertOf(1).id])
  expect(sql.body['rows']).toEqual([['B0001', '1.00']])
  // A cursor is opaque: by chance any word may be in it.
  const heard = JSON.stringify([list.body, one.body, evidence.body, client.frames, sql.body]).replaceAll(/"(cursor|epoch)":"[^"]*"/g, '')
  for (const word of ['B0002', 'I0001', 'F1', 'P9', 'P2', 'P3']) expect(heard).not.toContain(word)
})

describe('events', () => {
  test('a log that is down is said with when to come back, and each answer names its error', async () => {
    expect((await post('/v1/events', USERS.admin.token, [])).body.error?.code).toBe('LT-2120')
    expect((await post('/v1/events', USERS.admin.token, `"${'x'.repeat(17 << 20)}"`)).status).toBe(413)
    expect((await post('/v1/events', USERS.analyst.token, loanEvent())).status).toBe(403)
    broken = true
    const down = await post('/v1/events', USERS.admin.token, [loanEvent()])
    broken = false
    expect([down.status, down.headers.get('retry-after'), down.body.error?.code]).toEqual([503, '5', 'LT-2126'])
    expect(published).toEqual([])
    expect((await post('/v1/events', USERS.admin.token, [loanEvent()])).body['accepted']).toBe(1)
    expect(published.map((m) => [m.type, m.key])).toEqual([['credit.loan', 'L1']])
  })
})

describe('SQL', () => {
  test('answers with columns and rows, logs every query with who asked, and says what was wrong', async () => {
    const { status, body } = await post('/v1/sql', USERS.analyst.token, { sql: 'SELECT sum(balance) AS total FROM loan' })
    expect([status, body]).toMatchObject([200, { columns: [{ name: 'total', type: 'DECIMAL(38,2)' }], rows: [['2.00']], truncated: false }])
    const wrong = await post('/v1/sql', USERS.analyst.token, { sql: `COPY loan TO '/tmp/x.csv'` }, { 'accept-language': 'en' })
    expect([wrong.status, wrong.body.error?.code]).toEqual([400, 'LT-2131'])
    expect((await post('/v1/sql', USERS.analyst.token, { query: 'x' })).body.error?.code).toBe('LT-2113')
    expect(logged.filter((l) => l['message'] === 'query' && l['user'] === 'analyst').map((l) => l['outcome'])).toEqual(['ok', 'LT-2131'])
  })

  test('a user has two queries at once, the third is told to wait, and one that is given up is ended', async () => {
    const abort = new AbortController()
    const long = (token: string) =>
      fetch(`${desk.url}/v1/sql`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ sql: 'SELECT count(*) FROM range(1_000_000_000) a, range(1_000_000) b WHERE a.range % 7 = b.range % 11' }),
        signal: abort.signal,
      }).catch(() => undefined)
    const running = [long(USERS.admin.token), long(USERS.admin.token)]
    await new Promise((resolve) => setTimeout(resolve, 300))
    const third = await post('/v1/sql', USERS.admin.token, { sql: 'SELECT 1' })
    expect([third.status, third.body.error?.code, third.headers.get('retry-after')]).toEqual([429, 'LT-2133', '2'])
    expect((await post('/v1/sql', USERS.b2.token, { sql: 'SELECT 1' })).status).toBe(200)
    abort.abort()
    await Promise.all(running)
    await expect.poll(async () => (await post('/v1/sql', USERS.admin.token, { sql: 'SELECT 1' })).status, { timeout: 5000 }).toBe(200)
  })
})

describe('pages', () => {
  test('health and metrics need no token', async () => {
    for (const path of ['/livez', '/readyz']) expect((await call(path)).body).toEqual({ ok: true })
    const metrics = await call('/metrics')
    expect([metrics.headers.get('content-type'), metrics.body['text']]).toEqual(['text/plain; version=0.0.4', 'lookthrough_up 1\n'])
  })

  test('the dashboard’s own routes get its page, its files are kept, and a missing file is missing', async () => {
    for (const path of ['/', '/alerts/A-1']) expect((await call(path)).body['text']).toContain('<title>page</title>')
    expect((await call('/assets/main-1a2b.js')).headers.get('cache-control')).toContain('immutable')
    expect((await call('/')).headers.get('cache-control')).toBe('no-cache')
    for (const path of ['/assets/gone.js', '/v1/nowhere']) expect((await call(path, USERS.admin.token)).status).toBe(404)
    expect((await call('/..%2f..%2fetc%2fpasswd')).status).toBeGreaterThanOrEqual(400)
  })

  test('every answer forbids scripts of others, framing and sniffing; what is personal is not kept', async () => {
    for (const path of ['/', '/livez', '/v1/me', '/v1/alerts/none', '/assets/gone.js']) {
      const { headers } = await call(path, USERS.admin.token)
      expect(headers.get('content-security-policy')).toContain(`script-src 'self'; style-src 'self'`)
      expect(headers.get('content-security-policy')).toContain(`connect-src 'self' ws: wss:`)
      expect([headers.get('x-content-type-options'), headers.get('x-frame-options')]).toEqual(['nosniff', 'DENY'])
    }
    expect((await call('/v1/me', USERS.admin.token)).headers.get('cache-control')).toBe('no-store')
  })
})

describe('metrics', () => {
  const user = (role: Role): StaticUser => ({ name: role, role, institution: role === 'desk' ? 'B0001' : null, token: `token-of-${role}` })
  const openWith = (host: string, access?: 'open' | 'token') =>
    startDesk({
      host,
      port: 0,
      users: ROLES.map(user),
      alerts: openLog().alerts,
      publish: () => Promise.resolve(),
      rules: { list: () => [] },
      metrics: { contentType: 'text/plain', render: () => Promise.resolve('lookthrough_up 1\n'), access },
    })
  const ask = async (port: number, headers: Record<string, string> = {}) => (await fetch(`http://127.0.0.1:${port}/metrics`, { headers })).status

  test('where others can reach the desk they are for an operator and an administrator alone', async () => {
    const own = await openWith('0.0.0.0')
    const byRole = await Promise.all(ROLES.map(async (role) => [role, await ask(own.port, { authorization: `Bearer ${user(role).token}` })]))
    expect(Object.fromEntries(byRole)).toEqual({ supervisor: 403, approver: 403, desk: 403, analyst: 403, auditor: 403, admin: 200, operator: 200 })
    expect([await ask(own.port), await ask(own.port, { authorization: 'Bearer wrong' })]).toEqual([401, 401])
    const seen = ['/alerts', '/alerts/changes', '/receipts?alert=x', '/audit', '/webhooks', '/lookthrough?institution=B0001&party=P']
    const headers = { authorization: `Bearer ${user('operator').token}` }
    for (const path of seen) expect([path, (await fetch(`http://127.0.0.1:${own.port}/v1${path}`, { headers })).status]).toEqual([path, 403])
    await own.close()
  })

  test('on this machine’s own address they are open, but not to what a proxy passes on, nor where the configuration says so', async () => {
    const own = await openWith('127.0.0.1')
    const passedOn = [{ 'x-forwarded-for': '10.0.0.1' }, { forwarded: 'for=10.0.0.1' }, { via: '1.1 proxy' }, { 'x-real-ip': '10.0.0.1' }]
    expect([await ask(own.port), ...(await Promise.all(passedOn.map((headers) => ask(own.port, headers as unknown as Record<string, string>))))]).toEqual([
      200, 401, 401, 401, 401,
    ])
    await own.close()
    const [guarded, open] = [await openWith('127.0.0.1', 'token'), await openWith('0.0.0.0', 'open')]
    expect([await ask(guarded.port), await ask(open.port)]).toEqual([401, 200])
    await guarded.close()
    await open.close()
  })
})

describe('a desk of its own', () => {
  const open = (over: Partial<Parameters<typeof startDesk>[0]> = {}) =>
    startDesk({ port: 0, users: Object.values(USERS), alerts: openLog().alerts, publish: () => Promise.resolve(), rules: { list: () => [] }, ...over })

  test('a port that is taken is said with the fix, before anything is read', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as { port: number }
    let asked = false
    const alerts = { [Symbol.asyncIterator]: () => ((asked = true), openLog().alerts) }
    const error: unknown = await open({ port, alerts }).catch((e: unknown) => e)
    taken.close()
    expect(describeError(error, 'en')).toBe(
      `LT-2101 port 127.0.0.1:${port} is taken\n  fix: take another: npm start -- --port ${port + 1}, or see who has it: ss -ltnp`,
    )
    expect(asked).toBe(false)
    expect(await open({ host: '203.0.113.1' }).catch((e: unknown) => (e as { code: string }).code)).toBe('LT-2104')
  })

  test('the 601st request of a user within a minute is told to wait; events are not counted', async () => {
    const own = await open()
    const headers = { authorization: `Bearer ${USERS.b1.token}`, 'content-type': 'application/json' }
    for (let i = 0; i < 12; i++) await Promise.all(Array.from({ length: 50 }, () => fetch(`${own.url}/v1/me`, { headers })))
    const over = await fetch(`${own.url}/v1/me`, { headers })
    expect([over.status, ((await over.json()) as Body).error?.code, over.headers.has('retry-after')]).toEqual([429, 'LT-2114', true])
    expect((await fetch(`${own.url}/v1/events`, { method: 'POST', headers, body: '[]' })).status).toBe(400)
    expect((await fetch(`${own.url}/v1/me`, { headers: { authorization: `Bearer ${USERS.b2.token}` } })).status).toBe(200)
    await own.close()
  })

  test('when the alerts break off it goes on serving, and says that it is not ready', async () => {
    const log = openLog([alertOf(1)])
    const own = await open({ alerts: log.alerts })
    log.end(new Error('the broker is gone'))
    await expect.poll(async () => (await fetch(`${own.url}/readyz`)).status).toBe(503)
    const list = await fetch(`${own.url}/v1/alerts`, { headers: { authorization: `Bearer ${USERS.b1.token}` } })
    expect(((await list.json()) as { items: unknown[] }).items).toHaveLength(1)
    await own.close()
  })
})
