import { spawn, spawnSync } from 'node:child_process'
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Action } from '../../contract/action.ts'
import type { DeskLog } from '../../contract/desk-log.ts'
import { type Desk, type DeskOptions, startDesk } from '../desk.ts'
import { ROLES, type StaticUser } from '../entitlements/users.ts'
import { Database, quote } from '../../store/database.ts'
import { memoryLog } from '../store/memory-log.ts'
import { alertOf, connect, openLog, USERS } from '../testing/world.ts'
import { BEFORE_ALL, follows } from './chain.ts'
import { checkExport } from './check.ts'
import { openAuditRecord } from './record.ts'

const PEOPLE = Object.fromEntries(
  ROLES.map((role): [string, StaticUser] => [role, { name: role, role, institution: role === 'desk' ? 'B0001' : null, token: `token-of-${role}` }]),
) as Record<(typeof ROLES)[number], StaticUser>

/** As it is built, for a process of its own. */
const RECORD = new URL('../../../dist/pipeline/desk/audit/record.js', import.meta.url).href

let folder = ''
let desk: Desk | undefined
let isLogBroken = false
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lookthrough-audit-'))
  isLogBroken = false
  await mkdir(join(folder, 'tables'))
  const db = await Database.open(':memory:', { threads: 1 })
  await db.run(`COPY (SELECT 'B0001' AS institution) TO ${quote(join(folder, 'tables', 'metric.parquet'))}`)
  db.close()
})
afterEach(async () => {
  await desk?.close()
  desk = undefined
  await rm(folder, { recursive: true, force: true })
})

const file = () => join(folder, 'access.ndjson')

async function open(over: Partial<DeskOptions> = {}, before: Action[] = []) {
  await desk?.close()
  const log = memoryLog(openLog([alertOf(1), alertOf(2)]).alerts)
  if (before.length > 0) await log.write(before)
  const alerts: DeskLog = { ...log, write: (actions) => (isLogBroken ? Promise.reject(new Error('broker gone')) : log.write(actions)) }
  desk = await startDesk({
    port: 0,
    users: [...Object.values(PEOPLE), USERS.b2],
    accessLog: file(),
    alerts,
    publish: () => Promise.resolve(),
    rules: {
      list: () => [],
      change: ({ effective }) => Promise.resolve({ code: 'CR-01', version: '1', hash: 'h', effective: new Date(effective).toISOString() }),
    },
    lakeDirectory: folder,
    lookThrough: ({ institution, obligor }) => Promise.resolve({ institution, obligor, paths: [] } as never),
    ...over,
  })
  return desk
}

async function call(user: StaticUser, path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST') {
  const headers = { authorization: `Bearer ${user.token}`, ...(body !== undefined && { 'content-type': 'application/json' }) }
  const response = await fetch(`${desk?.url}/v1${path}`, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })
  return { status: response.status, type: response.headers.get('content-type'), text: Buffer.from(await response.arrayBuffer()).toString() }
}
type Line = Record<string, unknown>
const linesOf = (text: string) => text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Line]))
const exported = async (query = '') => linesOf((await call(PEOPLE.auditor, `/audit${query}`)).text)
const chained = (lines: Line[]) => lines.filter(({ n, did }) => n !== undefined && did !== 'head')
/** Numbers of the lines that do not follow. */
function breaksIn(lines: Line[]): unknown[] {
  let head = BEFORE_ALL
  return chained(lines).flatMap((line) => {
    const isSound = follows(head, line)
    head = { n: Number(line['n']), hash: String(line['hash']) }
    return isSound ? [] : [line['n']]
  })
}
const act = (user: StaticUser, n: number, action: object = { action: 'acknowledge' }) => call(user, `/alerts/${alertOf(n).id}/actions`, action)

test('the export is what was done: each deed once, by whom, in order, before anybody was answered', async () => {
  await open({ webhooks: { http: true, allow: ['127.0.0.1'] } })
  await act(PEOPLE.supervisor, 1)
  await act(PEOPLE.desk, 1, { action: 'comment', text: '已整改' })
  isLogBroken = true
  expect((await act(PEOPLE.supervisor, 2)).status).toBe(503)
  isLogBroken = false
  await call(PEOPLE.desk, '/sql', { sql: 'SELECT 1' })
  await call(PEOPLE.analyst, '/sql', { sql: 'SELECT nothing' })
  await call(PEOPLE.analyst, '/lookthrough?institution=B0001&party=P1')
  await call(PEOPLE.approver, '/rules', { act: 'retired', effective: '2026-03-02T01:00:00Z', code: 'CR-01' })
  const { id: webhook } = JSON.parse((await call(PEOPLE.desk, '/webhooks', { url: 'http://127.0.0.1:9/' })).text) as { id: string }
  await call(PEOPLE.desk, `/webhooks/${webhook}`, undefined, 'DELETE')
  await call(PEOPLE.admin, '/admin/revoke', { name: USERS.b2.name })
  const { key } = JSON.parse((await call(PEOPLE.admin, '/admin/pseudonyms', {})).text) as { key: string }
  const client = await connect(desk?.url ?? '', PEOPLE.desk.token)
  client.send({ op: 'subscribe', sid: 's', from: { durable: 'd' } })
  await client.until(() => client.of('live').length === 1)
  client.send({ op: 'ack', sid: 's', cursor: client.of('live')[0]?.cursor })
  const receipts = async () => (JSON.parse((await call(PEOPLE.auditor, `/receipts?alert=${alertOf(1).id}`)).text) as { items: unknown[] }).items.length
  await expect.poll(receipts).toBe(1)
  client.socket.close()

  const lines = await exported()
  const by = ({ name, role, institution }: StaticUser) => ({ by: name, role, institution })
  expect(lines).toMatchObject([
    { ...by(PEOPLE.supervisor), did: 'acknowledge', alert: alertOf(1).id },
    { ...by(PEOPLE.desk), did: 'comment', alert: alertOf(1).id, text: '已整改' },
    { ...by(PEOPLE.supervisor), did: 'acknowledge', alert: alertOf(2).id },
    { ...by(PEOPLE.supervisor), did: 'notTaken', ids: [lines[2]?.['id']] },
    { ...by(PEOPLE.desk), did: 'query', sql: 'SELECT 1', outcome: 'ok', rows: 1 },
    { ...by(PEOPLE.analyst), did: 'query', sql: 'SELECT nothing', outcome: 'LT-2131' },
    { ...by(PEOPLE.analyst), did: 'lookthrough', about: 'B0001', party: 'P1', outcome: 'ok' },
    { ...by(PEOPLE.approver), did: 'rule', act: 'retired', code: 'CR-01', effective: '2026-03-02T01:00:00.000Z' },
    { ...by(PEOPLE.desk), did: 'webhook', act: 'add', webhook, url: 'http://127.0.0.1:9/' },
    { ...by(PEOPLE.desk), did: 'webhook', act: 'remove', webhook },
    { ...by(PEOPLE.admin), did: 'revoke', of: USERS.b2.name, sealed: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
    { ...by(PEOPLE.admin), did: 'rotate', key },
    ...[1, 2].map((n) => ({ by: PEOPLE.desk.name, institution: 'B0001', did: 'receipt', alert: alertOf(n).id, revision: 1, subscription: 'd' })),
    { ...by(PEOPLE.auditor), did: 'export', format: 'ndjson' },
    { did: 'head', n: 15, hash: lines[14]?.['hash'], entries: 15 },
  ])
  expect(breaksIn(lines)).toEqual([])
  expect(JSON.stringify(lines)).not.toContain('revocations')

  const csv = await call(PEOPLE.auditor, '/audit?format=csv')
  expect([csv.type, csv.text.charCodeAt(0)]).toEqual(['text/csv; charset=utf-8', 0xfeff])
  const records: Line[] = parse(csv.text, { columns: true, bom: true })
  const told = ({ did, n, by: who, hash }: Line) => [did, String(n), who ?? '', hash]
  expect(records.slice(0, 15).map(told)).toEqual(lines.slice(0, 15).map(told))
  expect(records.slice(15).map(({ did }) => did)).toEqual(['export', 'head'])
})

test('auditor and supervisor are told the same, and nobody else anything', async () => {
  await open()
  await act(PEOPLE.desk, 1)
  for (const role of ROLES.filter((r) => r !== 'auditor' && r !== 'supervisor')) expect((await call(PEOPLE[role], '/audit')).status).toBe(403)
  const both = await Promise.all([PEOPLE.auditor, PEOPLE.supervisor].map(async (user) => (await call(user, '/audit')).text))
  const [one, other] = both.map((text) => linesOf(text).filter(({ did }) => did === 'acknowledge'))
  expect(one).toEqual(other)
  expect(one).toHaveLength(1)
  for (const query of ['?from=yesterday', '?to=1', '?format=xml', '?who=li']) expect((await call(PEOPLE.auditor, `/audit${query}`)).status).toBe(400)
})

test('spans side by side are the whole, and a formula in a text is none in a spreadsheet', async () => {
  await open()
  for (const text of ['=1+1', 'b', 'c']) await act(PEOPLE.supervisor, 1, { action: 'comment', text })
  const all = chained(await exported())
  const middle = String(all[1]?.['at'])
  const parts = [...chained(await exported(`?to=${middle}`)), ...chained(await exported(`?from=${middle}&to=2100-01-01T00:00:00Z`))]
  expect(parts.filter(({ did }) => did === 'comment')).toEqual(all.slice(0, 3))
  expect((await call(PEOPLE.auditor, '/audit?format=csv')).text).toContain(`,'=1+1,`)
})

test('the chain goes on after a restart, over a torn line and over what earlier versions wrote; what another hand changed is found', async () => {
  const old = { at: '2026-03-01T00:00:00.000Z', by: 'admin', did: 'revoke', of: 'li', revocations: [{ name: 'li', at: 1 }] }
  await writeFile(file(), `${JSON.stringify(old)}\n`)
  await open()
  await act(PEOPLE.supervisor, 1)
  await desk?.close()
  await appendFile(file(), '{"at":"torn')
  const told: Line[] = []
  await open({ log: (line) => told.push(line) })
  await act(PEOPLE.desk, 1)
  const lines = await exported()
  expect(lines.map(({ n, did }) => [n, did])).toEqual([
    [1, 'revoke'],
    [2, 'acknowledge'],
    [3, 'acknowledge'],
    [4, 'export'],
    [4, 'head'],
  ])
  expect([breaksIn(lines), told]).toEqual([[], []])
  await desk?.close()

  const written = (await readFile(file(), 'utf8')).split('\n')
  const without = written.filter((line) => !line.includes('"n":3'))
  const changed = written.map((line) => (line.includes('"n":2') ? line.replace('supervisor', 'somebody') : line))
  const exchanged = written.map((line) => line.replace('"revocations":[{"name":"li","at":1}]', '"revocations":[]'))
  for (const [hands, breaks] of [
    [without, [4]],
    [changed, [2]],
    [exchanged, [2]],
  ] as const) {
    await writeFile(file(), hands.join('\n'))
    await open({ log: (line) => told.push(line) })
    expect(told.splice(0)).toMatchObject([{ level: 'error', entries: breaks }])
    expect(breaksIn(await exported())).toEqual(breaks)
    await desk?.close()
  }
})

test('what the desk has on record of alerts without a place in the chain is exported after it', async () => {
  const action: Action = {
    id: 'before',
    action: 'acknowledge',
    alert: alertOf(1).id,
    at: '2026-03-02T01:00:00.000Z',
    by: { user: 'wu', role: 'supervisor', institution: null },
    disclosed: false,
  }
  await open({}, [action])
  await expect.poll(async () => (await call(PEOPLE.auditor, `/alerts/${alertOf(1).id}`)).text).toContain('"before"')
  await act(PEOPLE.desk, 1)
  const lines = await exported()
  expect(lines.map(({ did, by, n }) => [did, by, n])).toEqual([
    ['acknowledge', 'desk', 1],
    ['export', 'auditor', 2],
    ['acknowledge', 'wu', undefined],
    ['head', undefined, 2],
  ])
})

test('what is written at once is on the disk once, in the order it was asked for', async () => {
  const record = await openAuditRecord(file())
  const entry = (by: string) => ({ at: '2026-03-02T01:00:00.000Z', by, did: 'signIn' as const })
  await Promise.all(Array.from({ length: 50 }, (_, k) => record.write(entry(`user${k}`))))
  await record.close()
  const again = await openAuditRecord(file())
  expect([again.head().n, again.breaks]).toEqual([50, []])
  const names: string[] = []
  for await (const { entry: read } of again.read()) names.push(read.by)
  expect(names).toEqual(Array.from({ length: 50 }, (_, k) => `user${k}`))
  await again.close()
})

test('a write for which there was no room leaves nothing behind, and the chain goes on', async () => {
  const script = `
    const { openAuditRecord } = await import(${JSON.stringify(RECORD)})
    const record = await openAuditRecord(process.argv[1])
    const write = (by) => record.write({ at: '2026-03-02T01:00:00.000Z', by, did: 'signIn' }).then(() => 'ok', (error) => error.code)
    console.log([await write('first'), await write('x'.repeat(20_000)), await write('last')].join())
    await record.close()`
  // At most 8 KiB in a file.
  const child = spawnSync('bash', ['-c', 'ulimit -f 8; exec "$0" --input-type=module -e "$1" "$2"', process.execPath, script, file()], { encoding: 'utf8' })
  expect([child.stdout.trim(), child.stderr]).toEqual(['ok,EFBIG,ok', ''])
  const record = await openAuditRecord(file())
  expect([record.head().n, record.breaks, (await readFile(file(), 'utf8')).includes('xxx')]).toEqual([2, [], false])
  await record.close()
})

test('the command exports it, and tells what of exports does not hold', async () => {
  const { url } = await open()
  for (const text of ['a', 'b', 'c']) await act(PEOPLE.supervisor, 1, { action: 'comment', text })
  await writeFile(join(folder, 'token'), PEOPLE.auditor.token)
  const run = (...args: string[]) => lookthrough(['audit', ...args])
  const one = await run('export', '--url', url, '--token-file', join(folder, 'token'))
  expect([one.code, linesOf(one.out).map(({ did }) => did)]).toEqual([0, ['comment', 'comment', 'comment', 'export', 'head']])
  await writeFile(join(folder, 'one'), one.out)
  const { text } = await call(PEOPLE.auditor, '/audit')
  await writeFile(join(folder, 'two'), text.split('\n').toSpliced(1, 1).join('\n'))
  const checked = await run('check', join(folder, 'one'), join(folder, 'two'))
  expect([checked.code, checked.out.split('\n')]).toEqual([
    1,
    [
      expect.stringMatching(/^✓ .*one: 4 entries, 1 to 4 /),
      expect.stringMatching(/two, line 2: it does not follow/),
      expect.stringMatching(/two, line 5: the export is not whole/),
      '',
    ],
  ])
  await writeFile(join(folder, 'token'), PEOPLE.desk.token)
  const refused = await run('export', '--url', url, '--token-file', join(folder, 'token'))
  expect(refused).toMatchObject({ code: 2, out: '', err: expect.stringContaining('this role may not do that: desk') as string })
})

test('of an export it is told what was changed, taken out, put in or cut off, and what another has otherwise', async () => {
  await open()
  for (const text of ['a', 'b', 'c']) await act(PEOPLE.supervisor, 1, { action: 'comment', text })
  const lines = (await call(PEOPLE.auditor, '/audit')).text.trimEnd().split('\n')
  const why = async (of: readonly string[], known = new Map<number, string>()) => (await checkExport(iterate(of), known)).findings.map((f) => f.why)
  expect(await checkExport(iterate(lines), new Map())).toEqual({ entries: 4, first: 1, last: 4, findings: [] })
  expect(await why(lines.with(1, (lines[1] ?? '').replace('"b"', '"x"')))).toEqual(['changed'])
  expect(await why(lines.toSpliced(1, 1))).toEqual(['gap', 'cut'])
  expect(await why(lines.toSpliced(2, 0, lines[1] ?? ''))).toEqual(['gap', 'cut'])
  expect(await why(lines.with(2, '{"at":'))).toEqual(['changed', 'gap', 'gap'])
  expect(await why(lines.slice(0, 3))).toEqual(['cut'])
  expect(await why([])).toEqual(['cut'])
  const known = new Map<number, string>()
  await checkExport(iterate(lines), known)
  await writeFile(file(), '')
  await open()
  await act(PEOPLE.supervisor, 1, { action: 'comment', text: 'anew' })
  expect(await why((await call(PEOPLE.auditor, '/audit')).text.trimEnd().split('\n'), known)).toEqual(['other', 'other'])
})

async function* iterate(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines
}

/** In a process of its own, while the desk runs in this one. */
function lookthrough(args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, ['pipeline/launch.cjs', ...args], { env: { ...process.env, LOOKTHROUGH_LANG: 'en' } })
  const told = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (told.out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (told.err += text))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, ...told })))
}
