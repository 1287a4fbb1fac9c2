import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadRules } from '../cold/catalogue/catalogue.ts'
import { batchOf, type Source } from '../contract/source.ts'
import { runEngine } from '../engine.ts'
import { Database } from './database.ts'

const MINUTE = 60_000
const DAY = Date.UTC(2026, 2, 2)
const clock = (hour: number, minute = 0) => DAY + (hour * 60 + minute) * MINUTE

type Op = 'upsert' | 'delete' | 'correct'
/** A statement about a loan: valid from `time`, known from `known` on. */
type Stated = { institution: string; loan: string; time: number; known: number; op: Op; balance: string }

test('from 2026-03-02 a retroactive statement is known late and valid early, and a correction leaves what was known before it', async () => {
  const b1 = { institution: 'B1', loan: 'L1', op: 'upsert' as const }
  const stated: Stated[] = [
    { ...b1, time: clock(9), known: clock(9), balance: '100.00' },
    { ...b1, time: clock(12), known: clock(12), balance: '300.00' },
    { ...b1, time: clock(10), known: clock(13), balance: '200.00' },
    { ...b1, time: clock(9), known: clock(14), balance: '111.00', op: 'correct' },
    { ...b1, time: clock(15), known: clock(15), balance: '0.00', op: 'delete' },
  ]
  await over(stated, { batch: 100, foldAbove: 0 }, async (db) => {
    const balance = async (valid: number, known: number) => (await asOf(db, valid, known)).map((row) => row.split(' ')[2])
    expect(await balance(clock(10, 30), clock(12, 30)), 'before anyone knew better').toEqual(['100.00'])
    expect(await balance(clock(10, 30), clock(13)), 'with the retroactive statement').toEqual(['200.00'])
    expect(await balance(clock(9, 30), clock(13, 59)), 'before the correction').toEqual(['100.00'])
    expect(await balance(clock(9, 30), clock(14)), 'corrected').toEqual(['111.00'])
    expect(await balance(clock(12), clock(14)), 'neither touches what holds later').toEqual(['300.00'])
    expect(await balance(clock(15), clock(15)), 'deleted').toEqual([])
    expect(await balance(clock(8), clock(15)), 'before it was').toEqual([])
    expect(await loans(db)).toEqual([])
  })
})

test('whatever is stated, corrected and deleted, in whatever batches and over a restart, the tables are those of a plain map', async () => {
  const statement = fc.record({
    institution: fc.constantFrom('B1', 'B2'),
    loan: fc.constantFrom('L1', 'L2', 'L3'),
    step: fc.integer({ min: 0, max: 90 }),
    back: fc.integer({ min: 0, max: 5 }),
    op: fc.constantFrom<Op>('upsert', 'upsert', 'upsert', 'delete', 'correct'),
    cents: fc.integer({ min: 1, max: 100_000_000 }),
  })
  const run = fc.record({
    statements: fc.array(statement, { minLength: 1, maxLength: 60 }),
    batch: fc.integer({ min: 1, max: 25 }),
    restartAt: fc.integer({ min: 0, max: 60 }),
    foldAbove: fc.constantFrom(0, 2, 1000),
    waitingBytes: fc.constantFrom(0, 5000, 1_000_000),
  })
  await fc.assert(
    fc.asyncProperty(run, async ({ statements, ...how }) => {
      let known = clock(9)
      const stated = statements.map(({ institution, loan, step, back, op, cents }): Stated => {
        known += step * 1000
        return { institution, loan, op, known, time: known - back * 20_000, balance: (cents / 100).toFixed(2) }
      })
      await over(stated, how, async (db) => {
        expect(await loans(db)).toEqual(plain(stated, Infinity, Infinity))
        for (const at of [0.3, 0.7, 1].map((part) => stated[Math.ceil(part * stated.length) - 1])) {
          if (at === undefined) continue
          for (const valid of [at.time, at.time - 15_000, known]) expect(await asOf(db, valid, at.known)).toEqual(plain(stated, valid, at.known))
        }
      })
    }),
    { numRuns: 15 },
  )
}, 120_000)

test('what was replaced longer ago than it is kept is forgotten, what stands is not', async () => {
  const stated = Array.from({ length: 40 }, (_, i): Stated => {
    const at = clock(12) + Math.floor(i / 4) * 24 * 60 * MINUTE
    return { institution: 'B1', loan: `L${i % 4}`, time: at, known: at, op: 'upsert', balance: `${i + 1}.00` }
  })
  await over(stated, { batch: 4, foldAbove: 0, keepMs: 3 * 24 * 60 * MINUTE }, async (db) => {
    expect(await loans(db)).toEqual(plain(stated, Infinity, Infinity))
    const last = stated.at(-1)?.known ?? 0
    const lately = last - 2 * 24 * 60 * MINUTE
    expect(await asOf(db, lately, lately)).toEqual(plain(stated, lately, lately))
    const versions = await db.rows('SELECT count(*) FROM engine.version_loan')
    expect(Number(versions[0]?.[0])).toBeLessThanOrEqual(6 * 4)
  })
})

/** The row of each loan by a plain reading of contract §1 and §2: `institution loan balance event`. */
function plain(stated: Stated[], valid: number, known: number): string[] {
  const standing = new Map<string, { s: Stated; i: number }>()
  const inOrder = stated.map((s, i) => ({ s, i })).sort((a, b) => a.s.known - b.s.known || a.i - b.i)
  for (const { s, i } of inOrder) {
    if (s.time > valid || s.known > known) continue
    const before = standing.get(`${s.institution}|${s.loan}`)
    if (before === undefined || s.time >= before.s.time) standing.set(`${s.institution}|${s.loan}`, { s, i })
  }
  const live = [...standing.values()].filter(({ s }) => s.op !== 'delete')
  return live.map(({ s, i }) => `${s.institution} ${s.loan} ${s.balance} urn:${s.institution}|e${i}`).sort()
}

async function loans(db: Database): Promise<string[]> {
  return rowsOf(db, 'lt.loan')
}

async function asOf(db: Database, valid: number, known: number): Promise<string[]> {
  return rowsOf(db, `lt.loan_as_of(valid := TIMESTAMP '${instant(valid)}', known := TIMESTAMP '${instant(known)}')`)
}

async function rowsOf(db: Database, table: string): Promise<string[]> {
  const rows = await db.rows(`SELECT institution || ' ' || loan_id || ' ' || balance || ' ' || event FROM ${table}`)
  return rows.map((r) => String(r[0])).sort()
}

function instant(ms: number): string {
  return new Date(ms).toISOString().slice(0, -1)
}

type How = { batch: number; restartAt?: number; foldAbove: number; waitingBytes?: number; keepMs?: number }

/** Runs the engine over the statements, if asked with a stop and a new start after some of them, and hands over its tables. */
async function over(stated: Stated[], how: How, look: (db: Database) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-versions-'))
  const file = join(folder, 'state.duckdb')
  const events = stated.map(toEvent)
  const stop = Math.min(how.restartAt ?? 0, events.length)
  if (stop > 0) await run(file, events.slice(0, stop), 0, false, how)
  await run(file, events.slice(stop), stop, true, how)
  const db = await Database.open(file)
  await look(db)
  db.close()
  rmSync(folder, { recursive: true })
}

async function run(file: string, events: Uint8Array[], first: number, ends: boolean, how: How): Promise<void> {
  const db = await Database.open(file)
  let at = 0
  let ended = false
  const source: Source = {
    partitions: [{ topic: 'log', partition: 0 }],
    control: [],
    silent: () => [],
    writeControl: () => Promise.resolve(),
    close: () => Promise.resolve(),
    pull() {
      if (ended || (!ends && at >= events.length)) return Promise.resolve(null)
      const slice = events.slice(at, at + how.batch)
      const from = first + at
      at += slice.length
      ended = ends && at >= events.length
      return Promise.resolve(batchOf(slice, { first: from, ended }))
    },
  }
  await runEngine({
    db,
    source,
    rules: await loadRules(),
    sink: { deliver: () => Promise.resolve(), close: () => Promise.resolve() },
    foldAbove: how.foldAbove,
    ...(how.waitingBytes !== undefined && { waitingBytes: how.waitingBytes }),
    ...(how.keepMs !== undefined && { keepMs: how.keepMs }),
  })
  db.close()
}

function toEvent({ institution, loan, time, known, op, balance }: Stated, i: number): Uint8Array {
  const data = { loanId: loan, customerId: 'P1', product: 'corporate', balance, ccy: 'CNY', dpd: 0, class: 'normal' }
  return Buffer.from(
    JSON.stringify({
      specversion: '1.0',
      id: `e${i}`,
      source: `urn:${institution}`,
      type: 'credit.loan',
      time: new Date(time).toISOString(),
      recordedtime: new Date(known).toISOString(),
      subject: loan,
      institution,
      sequence: String(i),
      ...(op !== 'upsert' && { op }),
      data,
    }),
  )
}
