import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type EventType, formatTime, STREAMS } from '../../contract/index.ts'
import { batchOf, type Source } from '../../contract/source.ts'
import { runEngine } from '../../engine.ts'
import { Database } from '../../store/database.ts'
import { loadRules, selectRules } from '../catalogue/catalogue.ts'
import { openTables, type Query } from '../tables.ts'
import { type Path, stoodAt } from './as-of.ts'

const RUNS = Number(process.env['LOOKTHROUGH_RUNS'] ?? 2)
const DAY = 86_400_000
const T0 = Date.UTC(2026, 2, 2, 1)
const PRODUCTS = ['F1', 'F2', 'F3'] as const
const PARTIES = ['P1', 'P2', 'unknown', ...PRODUCTS]
const rules = await loadRules()
const settings = (maxAge: number, materiality: string) =>
  selectRules(rules, ['CR-02', 'CR-05'], [`CR-02.materiality=${materiality}`, `CR-05.maxAge=${maxAge}`, 'CR-05.grace=1'])

type What =
  | { loan: string; balance: number; ccy: string }
  | { units: string; of: string; value: number; ccy: string }
  | { bond: string; value: number }
  | { product: string; age: number; lines: { of: string; value: number; share: number }[]; unidentified: number }
  | { rate: number }
  | { tier1: number }
/** `after`: ms since the statement before; `back`: how much earlier than it was known it holds, ms. */
type Stated = { what: What; op: 'upsert' | 'delete' | 'correct'; after: number; back: number }

const cents = fc.integer({ min: 0, max: 1_000_000 })
const ccy = fc.constantFrom('CNY', 'USD')
const line = fc.record({ of: fc.constantFrom('P1', 'P2', 'F1', 'F2', 'F3'), value: cents, share: fc.constantFrom(0, 0.25, 0.5) })
const what: fc.Arbitrary<What> = fc.oneof(
  fc.record({ loan: fc.constantFrom('L1', 'L2'), balance: cents, ccy }),
  fc.record({ units: fc.constantFrom('U1', 'U2'), of: fc.constantFrom(...PRODUCTS), value: cents, ccy }),
  fc.record({ bond: fc.constantFrom('P1', 'P2'), value: cents }),
  fc.record({
    product: fc.constantFrom(...PRODUCTS),
    age: fc.integer({ min: 0, max: 3 }),
    lines: fc.array(line, { minLength: 1, maxLength: 4 }),
    unidentified: cents,
  }),
  fc.record({ rate: fc.integer({ min: 60_000, max: 80_000 }) }),
  fc.record({ tier1: fc.integer({ min: 1, max: 10_000_000 }) }),
)
const stated: fc.Arbitrary<Stated> = fc.record({
  what,
  op: fc.constantFrom('upsert', 'upsert', 'upsert', 'upsert', 'correct', 'delete'),
  after: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 100, max: 90_000 }) }, fc.integer({ min: DAY / 4, max: 2 * DAY })),
  back: fc.constantFrom(0, 0, 0, 30_000, DAY),
})

test('an engine that ran through changes, stops and other settings is asked afterwards, and tells of every tick what its tables held then', async () => {
  const run = fc.record({
    log: fc.array(stated, { minLength: 20, maxLength: 40 }),
    stop: fc.integer({ min: 0, max: 40 }),
    foldAbove: fc.constantFrom(0, 1000),
    maxAge: fc.constantFrom(0, 2),
  })
  await fc.assert(
    fc.asyncProperty(run, async ({ log, stop, foldAbove, maxAge }) => {
      const seen = new Map<number, string[]>()
      await ranThrough(log, { stop, foldAbove, seen, rules: [settings(maxAge, '0.0015'), settings(maxAge, '0.01')] }, async (query) => {
        for (const [tick, held] of sampleOf([...seen])) expect(await heldAt(query, tick), formatTime(tick)).toEqual(held)
        const last = [...seen].at(-1)
        if (last !== undefined) expect(await heldAt(query, undefined)).toEqual(last[1])
      })
    }),
    { numRuns: RUNS, endOnFailure: true },
  )
}, 300_000)

test('a tick that is no longer kept, or not judged yet, is refused, and all that are kept are told as they were', async () => {
  const log = Array.from({ length: 40 }, (_, i): Stated => {
    const product: What = { product: 'F1', age: 0, lines: [{ of: 'P1', value: 100 * (i + 1), share: 0 }], unidentified: 0 }
    const units: What = { units: 'U1', of: 'F1', value: 1000 + i, ccy: 'CNY' }
    return { what: i % 2 === 0 ? product : units, op: 'upsert', after: DAY / 4, back: 0 }
  })
  const seen = new Map<number, string[]>()
  await ranThrough(log, { stop: 0, foldAbove: 0, seen, keepMs: 3 * DAY, rules: [settings(0, '0.0015')] }, async (query) => {
    const last = [...seen.keys()].at(-1) ?? 0
    const told = new Map<number, string[] | string>()
    for (const tick of seen.keys()) told.set(tick, await heldAt(query, tick).catch((error: { code: string }) => error.code))
    const kept = [...seen.keys()].filter((tick) => told.get(tick) !== 'LT-1015')
    expect(kept.length).toBeGreaterThanOrEqual(4)
    expect(last - (kept[0] ?? 0)).toBeGreaterThanOrEqual(DAY)
    expect([...seen.keys()].slice(0, -kept.length).map((tick) => told.get(tick))).toEqual(Array(seen.size - kept.length).fill('LT-1015'))
    for (const tick of kept) expect(told.get(tick), formatTime(tick)).toEqual(seen.get(tick))
    await expect(stoodAt(query, { institution: 'B0001', obligor: 'P1', at: last + DAY })).rejects.toMatchObject({ code: 'LT-1016' })
  })
}, 120_000)

/** Five of them at most, spread over all. */
function sampleOf<T>(all: readonly T[]): T[] {
  const step = Math.max(1, Math.ceil(all.length / 5))
  return all.filter((_, i) => i % step === 0)
}

type How = { stop: number; foldAbove: number; keepMs?: number; rules: ReturnType<typeof settings>[]; seen: Map<number, string[]> }

/** Runs the engine over the log, a few events at a time, with a stop after which it goes on by the next rules; notes what its tables held after each commit. */
async function ranThrough(log: readonly Stated[], { stop, seen, rules: byLife, ...how }: How, look: (query: Query) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-as-of-'))
  const file = join(folder, 'state.duckdb')
  const lines = linesOf(log)
  const ends = stop > 0 && stop < lines.length ? [stop, lines.length] : [lines.length]
  for (const [life, to] of ends.entries()) {
    const db = await Database.open(file, { threads: 1 })
    const tick = async () => Number((await db.rows('SELECT tick FROM engine.kept'))[0]?.[0])
    let before = life === 0 ? -Infinity : await tick()
    await runEngine({
      db,
      source: partOf(lines, ends[life - 1] ?? 0, to),
      rules: byLife[Math.min(life, byLife.length - 1)] ?? [],
      sink: { deliver: () => Promise.resolve(), close: () => Promise.resolve() },
      ...how,
      async betweenCommits() {
        const now = await tick()
        if (now === before) return
        before = now
        seen.set(now, await tablesNow(db))
      },
    })
    db.close()
  }
  const { query, close } = await openTables({ db: file, data: folder }, 'en')
  try {
    await look(query)
  } finally {
    close()
    rmSync(folder, { recursive: true })
  }
}

/** Every path of the bank's, as analysts read the tables; what has no rate is worth nothing yet. */
async function tablesNow(db: Database): Promise<string[]> {
  const rows = await db.objects(`SELECT e.obligor, e.obligor_kind AS kind, e.route, coalesce(e.amount, 0)::VARCHAR AS amount,
      (SELECT string_agg(concat_ws(' ', p.to_id, p.kind, round(p.share * 1e15)::BIGINT, p.event), ' > ' ORDER BY p.step) FROM lt.path p WHERE p.path_id = e.path_id) AS steps
    FROM lt.exposure e WHERE e.institution = 'B0001'`)
  return rows.map((r) => `${String(r['obligor'])} ${String(r['route'])} ${String(r['amount'])} ${String(r['steps'] ?? '')}`).sort()
}

async function heldAt(query: Query, at: number | undefined): Promise<string[]> {
  const all: string[] = []
  for (const obligor of PARTIES) for (const path of (await stoodAt(query, { institution: 'B0001', obligor, at })).paths) all.push(lineOf(obligor, path))
  return all.sort()
}

function lineOf(obligor: string, { isDirect, amount, steps }: Path): string {
  const texts = steps.map((s) => [s.to, s.kind, s.effective === null ? null : Math.round(s.effective * 1e15), s.event].filter((x) => x !== null).join(' '))
  return `${obligor} ${isDirect ? 'direct' : 'indirect'} ${money(amount)} ${texts.join(' > ')}`
}

function money(minor: bigint | number): string {
  const units = BigInt(minor)
  return `${units / 100n}.${String(units % 100n).padStart(2, '0')}`
}

function linesOf(log: readonly Stated[]): Buffer[] {
  let known = T0
  return log.map(({ what: of, op, after, back }, i) => {
    known += after
    const { type, data, source } = statementOf(of, known)
    const { key } = STREAMS[type]
    const subject = key === 'institution' ? 'B0001' : String(data[key])
    const event = { specversion: '1.0', id: `e${i}`, source, type, time: formatTime(known - back), recordedtime: formatTime(known), subject }
    return Buffer.from(JSON.stringify({ ...event, institution: 'B0001', sequence: String(i + 1), ...(op !== 'upsert' && { op }), data }))
  })
}

function statementOf(of: What, known: number): { type: EventType; source: string; data: Record<string, unknown> } {
  const source = '/institutions/B0001/core'
  const position = (positionId: string, value: number, more: object) => ({
    type: 'book.position' as const,
    source,
    data: { positionId, book: 'banking', side: 'long', value: money(value), ccy: 'CNY', ...more },
  })
  if ('loan' in of) {
    const data = { loanId: of.loan, customerId: of.loan === 'L1' ? 'P1' : 'P2', product: 'corporate', balance: money(of.balance), ccy: of.ccy }
    return { type: 'credit.loan', source, data: { ...data, dpd: 0, class: 'normal' } }
  }
  if ('units' in of) return position(of.units, of.value, { kind: 'fundUnits', productId: of.of, ccy: of.ccy, ...(of.units === 'U1' && { share: '0.5' }) })
  if ('bond' in of) return position(`B-${of.bond}`, of.value, { kind: 'bond', issuerId: of.bond })
  if ('rate' in of) return { type: 'mkt.price', source: '/fx', data: { instrumentId: 'USD/CNY', kind: 'fx', value: (of.rate / 10_000).toFixed(4) } }
  if ('tier1' in of) return { type: 'inst.metric', source, data: { metric: 'tier1', value: money(of.tier1), unit: 'CNY', period: '2025-12-31', basis: 'solo' } }
  const lines = of.lines.map(({ of: target, value, share }) =>
    target.startsWith('P')
      ? { kind: 'bond', issuerId: target, value: money(value) }
      : { kind: 'fundUnits', productId: target, value: money(value), ...(share > 0 && { share: String(share) }) },
  )
  const whole = money(1_000_000)
  const asOf = formatTime(known - of.age * DAY).slice(0, 10)
  const data = { productId: of.product, kind: 'fund', asOf, nav: whole, totalAssets: whole, lines, unidentified: money(of.unidentified) }
  return { type: 'product.holding', source: '/institutions/AM001/core', data }
}

/** A part of the log, two events at a time; at the end of the log it stops as it does elsewhere. */
function partOf(lines: readonly Buffer[], from: number, to: number): Source {
  let at = from
  return {
    partitions: [{ topic: 'log', partition: 0 }],
    control: [],
    silent: () => [],
    writeControl: () => Promise.resolve(),
    close: () => Promise.resolve(),
    pull() {
      if (at >= to) return Promise.resolve(null)
      const [first, slice] = [at, lines.slice(at, Math.min(to, at + 2))]
      at += slice.length
      return Promise.resolve(batchOf(slice, { first }))
    },
  }
}
