/** A log of payments for tests of windows: random arrivals, the events they make, and a plain reader of them that shares nothing with the engine. */
import { memorySource } from '../../../contract/source.ts'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { runEngine } from '../../../engine.ts'
import { Database } from '../../../store/database.ts'
import { replay } from '../replay.ts'
import { formatTime, type PublishedAlert } from '../../../contract/index.ts'
import {
  amount,
  countOf,
  defineRule,
  distinct,
  duration,
  first,
  last,
  max,
  mean,
  min,
  stddev,
  sum,
  top,
  type Rule,
  type WindowRule,
} from '../../../contract/rule.ts'

export const T0 = Date.UTC(2026, 2, 2, 1)
const CLOSING_MS = 600_000

/** An event as it arrives: seconds and milliseconds after T0; `of`: which earlier payment it corrects or deletes. */
export type Arrival = { time: number; who: number; key: number; amount: number; payer: number; op: 'upsert' | 'correct' | 'delete'; of: number; delay: number }

export const arrival = fc.record({
  time: fc.integer({ min: 0, max: 40_000 }).map((t) => Math.round(t / 250) * 250),
  who: fc.nat(1),
  key: fc.nat(1),
  amount: fc.integer({ min: 0, max: 1500 }),
  payer: fc.nat(3),
  op: fc.constantFrom('upsert', 'upsert', 'upsert', 'upsert', 'correct', 'delete'),
  of: fc.nat(1000),
  delay: fc.integer({ min: 0, max: 4000 }),
}) as fc.Arbitrary<Arrival>

/** What the log holds: a line per event, and beside it what a plain reader makes of it. */
export type Row = {
  id: string
  who: string
  key: string
  time: number
  e: number
  late: boolean
  op: string
  thing: string
  cents: bigint
  payer: string
  sequence: number
}

export function logOf(arrivals: Arrival[], odd: 'none' | 'late' | 'all'): { lines: Buffer[]; rows: Row[] } {
  const spread = odd === 'none' ? 1 : 3
  const sorted = arrivals
    .map((a) => ({ ...a, op: odd === 'all' ? a.op : ('upsert' as const), arrives: a.time + a.delay * spread }))
    .sort((a, b) => a.arrives - b.arrives)
  const lines: Buffer[] = []
  const rows: Row[] = []
  let watermark = -Infinity
  const add = (a: Arrival & { arrives: number }, i: number) => {
    const earlier = rows.filter((r) => r.op === 'upsert')
    const target = a.op === 'upsert' ? undefined : earlier[a.of % Math.max(1, earlier.length)]
    const op = target === undefined ? 'upsert' : a.op
    const time = T0 + (target === undefined ? a.time : target.time - T0)
    const recorded = T0 + a.arrives
    const order = op === 'correct' ? recorded : op === 'delete' ? T0 + a.time : time
    const late = order < watermark
    const e = late ? watermark : order
    watermark = Math.max(watermark, order - 5000)
    const who = target?.who ?? `B${a.who}`
    const row: Row = {
      id: `e${i}`,
      who,
      key: `A${a.key}`,
      time: op === 'delete' ? order : time,
      e,
      late,
      op,
      thing: target?.thing ?? `p${i}`,
      cents: BigInt(a.amount),
      payer: `D${a.payer}`,
      sequence: i + 1,
    }
    rows.push(row)
    const data =
      op === 'delete'
        ? { paymentId: row.thing }
        : {
            paymentId: row.thing,
            debtorId: row.payer,
            debtorAccount: row.payer,
            creditorId: row.key,
            creditorAccount: row.key,
            amount: `${row.cents / 100n}.${String(row.cents % 100n).padStart(2, '0')}`,
            ccy: 'CNY',
            channel: 'wire',
            crossBorder: false,
          }
    const event = {
      specversion: '1.0',
      id: row.id,
      source: '/s',
      type: 'pay.payment',
      time: formatTime(row.time),
      subject: row.payer,
      institution: who,
      sequence: String(row.sequence),
      op,
      ...(op === 'correct' && { recordedtime: formatTime(recorded) }),
      data,
    }
    lines.push(Buffer.from(JSON.stringify(event)))
  }
  sorted.forEach(add)
  add({ time: CLOSING_MS, who: 9, key: 9, amount: 0, payer: 0, op: 'upsert', of: 0, delay: 0, arrives: CLOSING_MS }, sorted.length)
  return { lines, rows }
}

export async function judged(rule: WindowRule, lines: Buffer[], maxEvents = 1000, judgeFrom?: number): Promise<PublishedAlert[]> {
  const source = memorySource(lines)
  const result = await replay({ source, rules: [rule], maxEvents, ...(judgeFrom !== undefined && { judgeFrom }) })
  if (result.dead > 0) throw new Error(`${result.dead} of the events are no valid events`)
  return result.revisions
}

const MEASURES = {
  n: countOf(),
  total: sum('amount'),
  low: min('amount'),
  high: max('amount'),
  average: mean('amount'),
  spread: stddev('amount'),
  payers: distinct('debtorAccount'),
  opening: first('debtorAccount'),
  closing: last('amount'),
  often: top('debtorAccount', 2),
}

export function ruleOf(window: WindowRule['window'], when: string, rest: Partial<WindowRule> = {}): WindowRule {
  return defineRule({
    kind: 'window',
    code: 'OP-90',
    id: 'operational/trial',
    version: '1.0.0',
    title: { zh: '试', en: 'trial' },
    law: [{ act: '试', article: '一', inForce: '2026-01-01', verified: false }],
    reads: 'pay.payment',
    parameters: { size: duration('10s'), every: duration('5s'), gap: duration('4s'), day: duration('24h'), least: amount('10.00', { of: { B1: '12.00' } }) },
    window,
    measures: MEASURES,
    when,
    threshold: ':least',
    severity: 'yellow',
    subject: { kind: 'account', id: 'creditorAccount' },
    says: { zh: '{n}', en: '{n}' },
    advice: { zh: '看', en: 'look' },
    disclosure: 'supervisor',
    gaps: [],
    ...rest,
  })
}

export const tick = (e: number) => Math.ceil(e / 1000) * 1000
const inOrder = (a: Row, b: Row) => a.e - b.e || a.sequence - b.sequence
export const before = (a: Row, b: Row) => a.time - b.time || a.sequence - b.sequence

/** The rows in force at a tick, as plainly as can be. */
export function inForce(rows: Row[], at: number, late: 'drop' | 'correct'): Row[] {
  const standing = new Map<string, Row[]>()
  for (const row of [...rows].sort(inOrder)) {
    if (tick(row.e) > at) break
    const thing = `${row.who}|${row.thing}`
    if (row.op !== 'upsert') standing.set(thing, [])
    if (row.op !== 'delete' && !(row.late && late === 'drop')) standing.set(thing, [...(standing.get(thing) ?? []), row])
  }
  return [...standing.values()].flat().sort(before)
}

const fourDecimals = (units: bigint) => `${units / 10_000n}.${String(units % 10_000n).padStart(4, '0')}`
const money = (cents: bigint) => `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`

export function measured(rows: Row[]): Record<string, string> {
  const cents = rows.map((r) => r.cents)
  const total = cents.reduce((a, b) => a + b, 0n)
  const n = BigInt(rows.length)
  const low = cents.reduce<bigint | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined)
  const high = cents.reduce<bigint | undefined>((a, b) => (a === undefined || b > a ? b : a), undefined)
  const variance = n < 2n ? 0 : Number(n * cents.reduce((a, b) => a + b * b, 0n) - total * total) / Number(n * (n - 1n))
  const counts = new Map<string, number>()
  for (const r of rows) counts.set(r.payer, (counts.get(r.payer) ?? 0) + 1)
  const often = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 2)
  return {
    n: String(n),
    total: n === 0n ? '' : money(total),
    low: low === undefined ? '' : money(low),
    high: high === undefined ? '' : money(high),
    average: n < 1n ? '' : fourDecimals((total * 200n + n) / (2n * n)),
    spread: n < 2n ? '' : (Math.sqrt(variance) / 100).toFixed(4),
    payers: String(counts.size),
    opening: rows[0]?.payer ?? '',
    closing: rows.length === 0 ? '' : money(rows.at(-1)?.cents ?? 0n),
    often: often.map(([payer]) => payer).join(),
  }
}

/** `total >= :least`, by institution. */
export const qualifies = (rows: Row[], who: string) => rows.reduce((a, r) => a + r.cents, 0n) >= (who === 'B1' ? 1200n : 1000n)
export const keysOf = (rows: Row[]) => [...new Set(rows.filter((r) => r.op !== 'delete').map((r) => `${r.who}|${r.key}`))].sort()
export const brief = (a: PublishedAlert) =>
  `${a.at} ${a.institution} ${a.subject.id} ${a.window?.start}/${a.window?.end} ${a.state} ${JSON.stringify(a.values, Object.keys(a.values).sort())}`
export const line = (at: number, who: string, key: string, start: number, end: number, state: string, values: Record<string, string>) =>
  `${formatTime(at)} ${who} ${key} ${formatTime(start)}/${formatTime(end)} ${state} ${JSON.stringify(values, Object.keys(values).sort())}`

export const arrivals = fc.array(arrival, { minLength: 5, maxLength: 90 })

/** The same over a file, by an engine that is stopped and started again at each of `stops` (numbers of events), with the next of several rules each time. */
export async function judgedInParts(
  rule: Rule | readonly Rule[],
  lines: Buffer[],
  stops: number[],
  options: { keepMs?: number } = {},
): Promise<PublishedAlert[]> {
  const file = join(mkdtempSync(join(tmpdir(), 'lookthrough-windows-')), 'state.duckdb')
  const rules = [rule].flat()
  const out: PublishedAlert[] = []
  let from = 0
  for (const [part, stop] of [...stops, lines.length].entries()) {
    const db = await Database.open(file)
    const sink = { deliver: () => Promise.resolve(), close: () => Promise.resolve() }
    const onDelivered = ({ revisions }: { revisions: PublishedAlert[] }) => void out.push(...revisions)
    await runEngine({
      db,
      source: memorySource(lines, { from, to: stop }),
      rules: rules.slice(Math.min(part, rules.length - 1)).slice(0, 1),
      pace: { maxEvents: 7, waitMs: 1 },
      sink,
      onDelivered,
      ...options,
    })
    db.close()
    from = stop
  }
  return out
}
