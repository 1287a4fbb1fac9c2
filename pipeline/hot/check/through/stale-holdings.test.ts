import { memorySource } from '../../../contract/source.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadRules, selectRules } from '../../../cold/catalogue/catalogue.ts'
import { digestOf, type EventType, formatTime, type PublishedAlert, STREAMS } from '../../../contract/index.ts'
import { runEngine } from '../../../engine.ts'
import { Database } from '../../../store/database.ts'

const DAY = 86_400_000
/** Midnight of 2026-03-02 in Shanghai. */
const T0 = Date.UTC(2026, 2, 1, 16)
const rules = selectRules(await loadRules(), ['CR-02', 'CR-05', 'DQ-11'], ['CR-05.maxAge=20', 'CR-05.grace=10', 'CR-02.limit=1'])
const BANK = '/institutions/B0001/core'
const MANAGER = '/institutions/AM001/core'

/** The bank holds W, which holds F, which was last described ten days before W. */
const LOG = [
  event(1, T0 + 1000, 'inst.metric', BANK, { metric: 'tier1', value: '1000.00', unit: 'CNY', period: '2025-12-31', basis: 'solo' }),
  holding(2, T0 + 2000, 'F', '2026-02-20', { kind: 'bond', issuerId: 'P1', value: '200.00' }),
  holding(
    3,
    T0 + 2000,
    'W',
    '2026-03-02',
    { kind: 'fundUnits', productId: 'F', value: '200.00', share: '1' },
    { kind: 'bond', issuerId: 'P2', value: '200.00' },
  ),
  event(4, T0 + 3000, 'book.position', BANK, {
    positionId: 'X1',
    book: 'banking',
    kind: 'fundUnits',
    productId: 'W',
    side: 'long',
    value: '400.00',
    ccy: 'CNY',
    share: '1',
  }),
  event(5, T0 + 25 * DAY, 'ref.party', BANK, { partyId: 'P1', kind: 'company', name: 'P1' }),
  holding(6, T0 + 35 * DAY, 'F', '2026-04-05', { kind: 'bond', issuerId: 'P1', value: '200.00' }),
  holding(7, T0 + 35 * DAY + 1000, 'W', '2026-04-05', { kind: 'fundUnits', productId: 'F', value: '400.00', share: '1' }),
  event(8, T0 + 40 * DAY, 'ref.party', BANK, { partyId: 'P2', kind: 'company', name: 'P2' }),
]

test('30 days after 2026-02-20 what F holds is unknown, ten days later all that W holds, until both are described again', async () => {
  const { revisions } = await run([])
  const [atF, renewed] = [formatTime(T0 + 20 * DAY), formatTime(T0 + 35 * DAY + 1000)]
  expect(of(revisions, 'CR-05')).toEqual([`${atF} red 200.00 new`, `${renewed} red 0.00 resolved`])
  expect(of(revisions, 'DQ-11').map((line) => line.replace(/ \S+ (new|resolved)$/, ' $1'))).toEqual([`${atF} orange new`, `${renewed} orange resolved`])
  const alert = revisions.find((r) => r.rule.code === 'CR-05')
  expect(alert?.evidence).toEqual([`${BANK}|e1`, `${MANAGER}|e2`, `${MANAGER}|e3`, `${BANK}|e4`])
  expect(alert?.path.map((s) => `${s.from}>${s.to} ${s.kind} ${s.amount} ${s.event}`)).toEqual([
    `B0001>W fundUnits 400.00 ${BANK}|e4`,
    `W>F fundUnits 200.00 ${MANAGER}|e3`,
    `F>unknown stale 200.00 ${MANAGER}|e2`,
  ])
})

test('an engine that is stopped anywhere, also while nothing but time passes, decides the same and leaves the same tables', async () => {
  const whole = await run([])
  for (const stops of [[5], [2, 4, 5, 6, 7]]) {
    const parts = await run(stops)
    expect(digestOf(parts.revisions)).toBe(digestOf(whole.revisions))
    expect(parts.exposures).toEqual(whole.exposures)
  }
  expect((await run([6], 6)).exposures).toEqual(['unknown 400.00'])
})

function of(revisions: readonly PublishedAlert[], code: string): string[] {
  return revisions.filter((r) => r.rule.code === code).map((r) => `${r.at} ${r.severity} ${r.values['exposure'] ?? r.values['identified'] ?? ''} ${r.state}`)
}

/** The engine over its file up to event `upTo`, started anew at each stop; all of the log ends it. */
async function run(stops: readonly number[], upTo = LOG.length): Promise<{ revisions: PublishedAlert[]; exposures: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-stale-'))
  const revisions: PublishedAlert[] = []
  let exposures: string[] = []
  const ends = [...stops.filter((stop) => stop < upTo), upTo]
  for (const [k, to] of ends.entries()) {
    const db = await Database.open(join(folder, 'state.duckdb'), { threads: 1 })
    const sink = { deliver: () => Promise.resolve(), close: () => Promise.resolve() }
    const onDelivered = (d: { revisions: PublishedAlert[] }) => void revisions.push(...d.revisions)
    await runEngine({ db, source: memorySource(LOG, { from: ends[k - 1] ?? 0, to }), rules, pace: { maxEvents: 1, waitMs: 0 }, sink, onDelivered })
    exposures = (await db.rows('SELECT obligor, total::VARCHAR FROM lt.exposure_total ORDER BY ALL')).map((row) => row.join(' '))
    db.close()
  }
  rmSync(folder, { recursive: true })
  return { revisions, exposures }
}

function holding(n: number, at: number, productId: string, asOf: string, ...lines: object[]): Buffer {
  const nav = (lines.length * 200).toFixed(2)
  return event(n, at, 'product.holding', MANAGER, { productId, kind: 'fund', asOf, nav, totalAssets: nav, lines, unidentified: '0.00' })
}

function event(n: number, at: number, type: EventType, source: string, data: Record<string, unknown>): Buffer {
  const institution = source.split('/')[2] ?? ''
  const { key } = STREAMS[type]
  const subject = key === 'institution' ? institution : String(data[key])
  return Buffer.from(JSON.stringify({ specversion: '1.0', id: `e${n}`, source, type, time: formatTime(at), subject, institution, sequence: String(n), data }))
}
