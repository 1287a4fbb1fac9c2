import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Lake } from '../cold/lake/lake.ts'
import { type EventType, formatTime, type PublishedAlert, STREAMS } from '../contract/index.ts'
import { memorySource } from '../contract/source.ts'
import { runEngine } from '../engine.ts'
import { Database, quote } from '../store/database.ts'
import { type Desk, startDesk } from './desk.ts'
import type { StaticUser } from './entitlements/users.ts'
import { alerts, BANKS, foreignIn, mark, type Owner } from './testing/secrets.ts'
import { openLog, USERS } from './testing/world.ts'

const T0 = Date.UTC(2026, 2, 2, 1)
const REPORTERS: Owner[] = [...BANKS, 'I0001']
const PERSON = { name: '王小明', nameEn: 'Wang Xiaoming', phone: '13800138000', address: '长安街1号', ids: ['id:11010119900307001X', 'passport:E12345678'] }
const OWN = Object.values(PERSON).flat()

let folder = ''
let desk: Desk
let db: Database
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lookthrough-lake-walls-'))
  db = await Database.open(join(folder, 'state.duckdb'), { threads: 1 })
  const log = [
    ...REPORTERS.flatMap((owner, k) => recordsOf(owner, T0 + k * 1000)),
    event('ref.party', 'market', T0 + 60_000, { partyId: 'P', kind: 'other', name: 'P' }),
  ]
  await runEngine({ db, source: memorySource(log), rules: [], sink: { deliver: () => Promise.resolve(), close: () => Promise.resolve() } })
  await new Lake(db, join(folder, 'lake')).write()
  desk = await startDesk({
    port: 0,
    users: Object.values(USERS),
    alerts: openLog().alerts,
    publish: () => Promise.resolve(),
    rules: { list: () => [] },
    lakeDirectory: join(folder, 'lake'),
    accessLog: join(folder, 'access.ndjson'),
    pseudonyms: join(folder, 'pseudonyms.json'),
  })
})
afterAll(async () => {
  await desk.close()
  db.close()
  await rm(folder, { recursive: true, force: true })
})

/** What one institution reports: everything in it is its own, and it says something of a person the first has stated. */
function recordsOf(owner: Owner, at: number): Buffer[] {
  const of = (word: string) => mark(owner, word)
  const company = { partyId: of('company'), kind: 'company', name: of('name'), phone: of('phone') }
  const loan = { loanId: of('loan'), customerId: of('company'), product: 'corporate', balance: '100.00', ccy: 'CNY', dpd: 0, class: 'normal' }
  const position = { positionId: of('position'), book: 'banking', kind: 'bond', issuerId: of('company'), side: 'long', value: '7.00', ccy: 'CNY' }
  return [
    event('ref.party', owner, at, company),
    event('ref.party', owner, at + 1, { ...PERSON, partyId: of('person'), kind: 'person' }),
    event('ref.party', owner, at + 2, { ...PERSON, partyId: 'shared', kind: 'person', sector: of('sector') }),
    event('credit.loan', owner, at + 3, loan),
    event('book.position', owner, at + 4, position),
    event('inst.metric', owner, at + 5, { metric: 'tier1', value: '1000.00', unit: 'CNY', period: of('period'), basis: 'solo' }),
    event('credit.loan', owner, at + 6, { ...loan, loanId: of('bad'), class: of('class') }),
    event('ref.party', owner, at + 7, { ...PERSON, partyId: of('refused'), kind: 'nobody' }),
    event('credit.loan', owner, T0 - 3_600_000, { ...loan, loanId: of('late') }, at + 8),
  ]
}

function event(type: EventType, owner: Owner, at: number, data: Record<string, unknown>, sequence = at): Buffer {
  const source = `/institutions/${owner}/${type}`
  const body = {
    specversion: '1.0',
    id: mark(owner, `${type}${sequence}`),
    source,
    type,
    time: formatTime(at),
    subject: String(data[STREAMS[type].key]),
    institution: owner,
  }
  return Buffer.from(JSON.stringify({ ...body, sequence: String(sequence), data }))
}

async function post(path: string, user: StaticUser, body: unknown) {
  const headers = { authorization: `Bearer ${user.token}`, 'content-type': 'application/json', 'accept-language': 'en' }
  const response = await fetch(`${desk.url}/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: response.status, text: await response.text() }
}
async function rows(user: StaticUser, sql: string): Promise<unknown[][]> {
  const { text } = await post('/sql', user, { sql })
  return (JSON.parse(text) as { rows: unknown[][] }).rows
}
/** All that this user finds in all tables there are. */
async function everything(user: StaticUser): Promise<string> {
  const names = (await rows(user, `SELECT table_schema || '.' || table_name FROM information_schema.tables`)).flat()
  const all = await rows(user, names.map((name) => `SELECT '${String(name)}', to_json(t)::VARCHAR FROM ${String(name)} t`).join(' UNION ALL '))
  return all.map((row) => row.join(' ')).join('\n')
}

async function write(all: readonly PublishedAlert[]): Promise<void> {
  const json = (value: unknown) => quote(JSON.stringify(value))
  const values = all.map(({ rule, subject, says, ...a }) => {
    const texts = [rule.code, rule.id, rule.version, rule.hash, a.institution, subject.kind, subject.id].map(quote).join(', ')
    const judged = [json(a.values), quote(a.threshold ?? ''), quote(says.zh), quote(says.en)].join(', ')
    const behind = [json(a.law), json(a.path), json(a.evidence), a.evidenceCount, quote(a.disclosure), json(a.positions ?? [])].join(', ')
    return `(${quote(a.id)}, ${a.revision}, '${a.state}', '${a.mode}', ${texts}, NULL, '${a.severity}', NULL, '${a.at}'::TIMESTAMP, NULL, NULL, ${judged}, ${behind})`
  })
  await db.run(`DELETE FROM lt.alert_revisions; INSERT INTO lt.alert_revisions VALUES ${values.join(', ')}`)
  await new Lake(db, join(folder, 'lake')).write()
}

const missingIn = (text: string, owners: readonly Owner[], words: readonly string[]) =>
  owners.flatMap((owner) => words.map((word) => mark(owner, word))).filter((word) => !text.includes(word))

describe('the lake', () => {
  test('holds for a bank nothing that stems from another institution alone, whatever the alerts; for the authority everything', async () => {
    await fc.assert(
      fc.asyncProperty(alerts, async (all) => {
        await write(all)
        for (const user of [USERS.b1, USERS.b2]) {
          const found = await everything(user)
          expect(missingIn(found, [user.institution as Owner], ['loan', 'position', 'late'])).toEqual([])
          expect(foreignIn(found, user.institution ?? '')).toEqual([])
        }
      }),
      { numRuns: 3, endOnFailure: true },
    )
    expect(missingIn(await everything(USERS.analyst), REPORTERS, ['company', 'loan', 'bad', 'late'])).toEqual([])
  })

  test('shows no role a person’s name, telephone, address or papers, but tokens that are equal where these are', async () => {
    for (const user of [USERS.analyst, USERS.b1]) {
      const found = await everything(user)
      expect(OWN.filter((word) => found.includes(word))).toEqual([])
    }
    const [[names, people, phones, companies] = []] = await rows(
      USERS.analyst,
      `SELECT count(DISTINCT name), count(*), count(DISTINCT phone), (SELECT string_agg(name ORDER BY name) FROM party WHERE kind = 'company') FROM party WHERE kind = 'person'`,
    )
    expect([names, people, phones]).toEqual(['1', '4', '1'])
    expect(companies).toBe(REPORTERS.map((owner) => mark(owner, 'name')).join(','))
    const [bytes] = await rows(USERS.admin, `SELECT string_agg(bytes::VARCHAR) FROM dead_letters WHERE topic = 'log'`)
    expect(String(bytes)).toContain(PERSON.phone)
  })
})

describe('a person', () => {
  const unmask = async (body: unknown, user: StaticUser = USERS.supervisor) => {
    const { status, text } = await post('/unmask', user, body)
    return { status, body: JSON.parse(text) as { persons?: unknown[]; error?: { code: string } } }
  }
  /** But for the queries, which are on record as well. */
  const recorded = async () =>
    (await readFile(join(folder, 'access.ndjson'), 'utf8'))
      .split('\n')
      .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]))
      .filter(({ did }) => did !== 'query')

  test('is told by party or by token to a supervisor who says why, under an old key too, and that is on record', async () => {
    const reason = 'case 7, identity to be checked'
    const [[phone, paper] = []] = await rows(USERS.analyst, `SELECT phone, ids->>0 FROM party WHERE party_id = 'shared'`)
    expect(await unmask({ party: 'shared', reason })).toEqual({ status: 200, body: { persons: [{ party: 'shared', fields: PERSON }] } })
    expect((await post('/admin/pseudonyms', USERS.admin, {})).status).toBe(200)
    const [[after] = []] = await rows(USERS.analyst, `SELECT phone FROM party WHERE party_id = 'shared'`)
    expect(after).not.toBe(phone)
    const byPhone = await unmask({ token: phone, reason })
    const parties = ['shared', ...REPORTERS.map((owner) => mark(owner, 'person'))].sort()
    expect(byPhone.body.persons).toHaveLength(parties.length)
    expect(byPhone.body.persons).toEqual(expect.arrayContaining(parties.map((party) => ({ party, fields: { phone: PERSON.phone } }))))
    expect((await unmask({ token: paper, reason })).body.persons).toContainEqual({ party: 'shared', fields: { ids: [PERSON.ids[0]] } })
    expect((await recorded()).map(({ by, did, reason: why }) => [by, did, why])).toEqual([
      ['supervisor', 'unmask', reason],
      ['admin', 'rotate', undefined],
      ['supervisor', 'unmask', reason],
      ['supervisor', 'unmask', reason],
    ])
  })

  test('is told to nobody else, to nobody who does not say why, and nothing is told of companies or of what is no token', async () => {
    const before = await recorded()
    for (const user of [USERS.analyst, USERS.admin, USERS.b1]) expect((await unmask({ party: 'shared', reason: 'because' }, user)).status).toBe(403)
    for (const body of [{ party: 'shared' }, { party: 'shared', reason: '   ' }, { reason: 'because' }]) expect((await unmask(body)).status).toBe(400)
    for (const asked of [{ party: mark('B0001', 'company') }, { party: `x' OR '1'='1` }, { token: PERSON.phone }, { token: `pd_00000000_${'0'.repeat(32)}` }])
      expect(await unmask({ ...asked, reason: 'because' })).toMatchObject({ status: 404, body: { error: { code: 'LT-2111' } } })
    expect(await recorded()).toEqual(before)
  })
})
