import { memorySource } from '../../contract/source.ts'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type EventType, formatTime, STREAMS } from '../../contract/index.ts'
import type { Lookthrough } from '../../contract/lookthrough.ts'
import { type Desk, startDesk } from '../../desk/desk.ts'
import { openLog, USERS } from '../../desk/testing/world.ts'
import { runEngine } from '../../engine.ts'
import { Database } from '../../store/database.ts'
import { loadRules, selectRules } from '../catalogue/catalogue.ts'
import { Lake } from '../lake/lake.ts'
import { explain } from './explanation.ts'
import { explainOverLake } from './over-lake.ts'

const MAIN = fileURLToPath(new URL('../../../dist/pipeline/main.js', import.meta.url))
const DAY = 86_400_000
const T0 = Date.UTC(2026, 2, 2, 1)
const rules = selectRules(await loadRules(), ['CR-02'], [])
const folder = mkdtempSync(join(tmpdir(), 'lookthrough-over-lake-'))
const lake = join(folder, 'lake')
const logged: Record<string, unknown>[] = []
let desk: Desk
let ended: Lookthrough

/** Ten days in which what the bank's fund holds grows each day, as a loan does; and a bond that B0002 holds. */
const DAYS = Array.from({ length: 10 }, (_, day) => [
  event('product.holding', 'AM001', T0 + day * DAY, {
    productId: 'F',
    kind: 'fund',
    asOf: '2026-03-02',
    nav: '1000.00',
    totalAssets: '1000.00',
    lines: [{ kind: 'bond', issuerId: 'P1', value: `${100 + day * 10}.00` }],
    unidentified: '0.00',
  }),
  event('book.position', 'B0001', T0 + day * DAY, {
    positionId: 'X1',
    book: 'banking',
    kind: 'fundUnits',
    productId: 'F',
    side: 'long',
    value: '500.00',
    ccy: 'CNY',
    share: '0.5',
  }),
  event('credit.loan', 'B0001', T0 + day * DAY, {
    loanId: 'L1',
    customerId: 'P1',
    product: 'corporate',
    balance: `${day}.00`,
    ccy: 'CNY',
    dpd: 0,
    class: 'normal',
  }),
  event('book.position', 'B0002', T0 + day * DAY, {
    positionId: 'X2',
    book: 'banking',
    kind: 'bond',
    issuerId: 'P1',
    side: 'long',
    value: '7.00',
    ccy: 'CNY',
  }),
]).flat()
/** The last one never comes: the log goes on. */
const LOG = [...DAYS, ...[60_000, 120_000].map((ms) => event('ref.party', 'B0001', T0 + 9 * DAY + ms, { partyId: 'P1', kind: 'company', name: 'P1' }))]

beforeAll(async () => {
  const db = await Database.open(join(folder, 'state.duckdb'), { threads: 1 })
  const asked = { institution: 'B0001', obligor: 'P1', at: T0 + 7 * DAY + 1 }
  const during: Promise<Lookthrough>[] = []
  const written = new Lake(db, lake)
  await runEngine({
    db,
    source: memorySource(LOG, { to: LOG.length - 1 }),
    rules,
    pace: { maxEvents: 2, waitMs: 0 },
    sink: { deliver: () => Promise.resolve(), close: () => Promise.resolve() },
    foldAbove: 0,
    keepMs: 4 * DAY,
    async betweenCommits() {
      await written.write()
      const [row] = await db.rows('SELECT tick FROM engine.kept')
      // Asked while the lake is being written anew.
      if (Number(row?.[0]) > asked.at) during.push(explainOverLake(lake, asked))
    },
  })
  ended = await explain((sql) => db.connection.runAndReadAll(sql).then((read) => read.getRowObjectsJson()), asked)
  const told = await Promise.all(during)
  expect(told.length).toBeGreaterThan(2)
  for (const one of told) expect(one).toEqual(ended)
  db.close()
  desk = await startDesk({
    port: 0,
    users: Object.values(USERS),
    alerts: openLog().alerts,
    publish: () => Promise.resolve(),
    rules: { list: () => [] },
    lakeDirectory: lake,
    lookThrough: (about, signal) => explainOverLake(lake, about, signal),
    log: (line) => logged.push(line),
  })
}, 120_000)
afterAll(async () => {
  await desk.close()
  rmSync(folder, { recursive: true, force: true })
})

type Answer = { status: number; body: Lookthrough & { error?: { code: string; message: string; detail: { fix?: string } | null; ref: string } } }

async function get(query: string, user = USERS.supervisor): Promise<Answer> {
  const response = await fetch(`${desk.url}/v1/lookthrough?${query}`, { headers: { authorization: `Bearer ${user.token}`, 'accept-language': 'en' } })
  return { status: response.status, body: (await response.json()) as Answer['body'] }
}

describe('GET /v1/lookthrough', () => {
  test('tells the supervisor every path, as it is and as it was', async () => {
    const now = await get('institution=B0001&party=P1')
    expect(now).toEqual({
      status: 200,
      body: { ...ended, at: formatTime(T0 + 9 * DAY), total: '104.00', direct: '9.00', indirect: '95.00', paths: expect.anything() },
    })
    expect(now.body.paths.map((way) => [way.to, way.amount, way.on.map((step) => [step.to, step.amount])])).toEqual([
      ['F', '95.00', [['P1', '95.00']]],
      ['P1', '9.00', []],
    ])
    const then = await get(`institution=B0001&party=P1&at=${formatTime(T0 + 7 * DAY + 1)}`)
    expect(then).toEqual({ status: 200, body: ended })
    expect(ended).toMatchObject({ at: formatTime(T0 + 7 * DAY), total: '92.00', direct: '7.00', indirect: '85.00', rest: '0.00' })
    expect(logged.at(-1)).toMatchObject({ message: 'lookthrough', user: 'supervisor', institution: 'B0001', party: 'P1', outcome: 'ok' })
  })

  test('tells a bank of its own, and of what others stated kind and amount alone', async () => {
    const { status, body } = await get('institution=B0001&party=P1', USERS.b1)
    expect([status, body.total]).toEqual([200, '104.00'])
    expect(body.paths).toEqual([
      {
        to: 'F',
        kind: 'fundUnits',
        share: 0.5,
        effective: 0.5,
        event: expect.stringMatching(/^\/institutions\/B0001\//) as string,
        amount: '95.00',
        on: [{ kind: 'bond', amount: '95.00', on: [] }],
      },
      { to: 'P1', kind: 'loan', share: null, effective: null, event: expect.stringMatching(/B0001/) as string, amount: '9.00', on: [] },
    ])
  })

  test('answers a bank about another as about what never was', async () => {
    const [another, nobody] = [await get('institution=B0001&party=P1', USERS.b2), await get('institution=B0099&party=P1', USERS.b2)]
    expect([another.status, another.body.error?.code]).toEqual([404, 'LT-2111'])
    expect({ ...another.body.error, ref: '' }).toEqual({ ...nobody.body.error, ref: '' })
    expect((await get('institution=B0002&party=P1', USERS.b2)).body.total).toBe('7.00')
  })

  test('says what is wrong with a question, and what would help', async () => {
    const told = async (query: string) => {
      const { status, body } = await get(query)
      return [status, body.error?.code]
    }
    expect(await told('institution=B0001')).toEqual([400, 'LT-2113'])
    expect(await told('institution=B0001&party=P1&at=yesterday')).toEqual([400, 'LT-2113'])
    expect(await told('institution=B0001&party=P9')).toEqual([404, 'LT-1014'])
    expect(await told(`institution=B0001&party=P1&at=${formatTime(T0 + 20 * DAY)}`)).toEqual([409, 'LT-1016'])
    const old = await get(`institution=B0001&party=P1&at=${formatTime(T0)}`)
    expect([old.status, old.body.error?.code]).toEqual([410, 'LT-1015'])
    expect(old.body.error?.detail?.fix).toContain(`through B0001 P1 --at ${formatTime(T0)} --db`)
    expect((await fetch(`${desk.url}/v1/lookthrough?institution=B0001&party=P1`)).status).toBe(401)
  })
})

test('`lookthrough through --at` asks the desk and prints the same, and says what the desk says', async () => {
  const through = (...more: string[]) =>
    promisify(execFile)(process.execPath, [MAIN, 'through', 'B0001', 'P1', '--url', desk.url, ...more], { env: { ...process.env, LOOKTHROUGH_LANG: 'en' } })
  const at = formatTime(T0 + 7 * DAY + 1)
  const { stdout } = await through('--token', USERS.supervisor.token, '--at', at, '--json')
  expect(JSON.parse(stdout)).toEqual(ended)
  const bank = await through('--token', USERS.b1.token, '--at', at)
  expect(bank.stdout.split('\n')[2]).toMatch(/^│ {2}└─ of another institution {2}bond +85\.00$/)
  await expect(through('--token', USERS.supervisor.token, '--at', formatTime(T0))).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('LT-1015') as string,
  })
})

function event(type: EventType, institution: string, at: number, data: Record<string, unknown>): Buffer {
  const { key } = STREAMS[type]
  const [id, source] = [`${type}-${institution}-${at}`, `/institutions/${institution}/core`]
  const time = formatTime(at)
  return Buffer.from(JSON.stringify({ specversion: '1.0', id, source, type, time, subject: String(data[key]), institution, sequence: String(at), data }))
}
