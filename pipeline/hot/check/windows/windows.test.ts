import { memorySource } from '../../../contract/source.ts'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { replay } from '../../../cold/replay/replay.ts'
import {
  type Arrival,
  arrivals,
  before,
  brief,
  inForce,
  judged,
  judgedInParts,
  keysOf,
  line,
  logOf,
  measured,
  qualifies,
  type Row,
  ruleOf,
  T0,
  tick,
} from '../../../cold/replay/testing/window-log.ts'
import { formatTime, type PublishedAlert } from '../../../contract/index.ts'
import type { WindowRule } from '../../../contract/rule.ts'
import { Database } from '../../../store/database.ts'

/** Every revision of one alert per window, by judging every window at every tick. */
function plainWindows(rows: Row[], late: 'drop' | 'correct', size: number, every: number, origin = 0): string[] {
  const out: string[] = []
  const firstStart = Math.floor((T0 - size - origin) / every) * every + origin
  const touched = rows.filter((r) => r.op !== 'upsert' || r.late).map((r) => tick(r.e))
  const states = new Map<number, Row[]>()
  const at = (t: number) => states.get(t) ?? (states.set(t, inForce(rows, t, late)), states.get(t) ?? [])
  for (const name of keysOf(rows)) {
    const [who = '', key = ''] = name.split('|')
    for (let start = firstStart; start < T0 + 60_000; start += every) {
      const end = start + size
      let shown: string | undefined
      for (const t of [...new Set([end, ...touched.filter((x) => x > end)])].sort((a, b) => a - b)) {
        const inside = at(t).filter((r) => r.who === who && r.key === key && r.time >= start && r.time < end)
        const values = measured(inside)
        const text = JSON.stringify(values)
        if (qualifies(inside, who)) {
          if (shown !== text) out.push(line(t, who, key, start, end, 'new', values))
          shown = text
        } else if (shown !== undefined) {
          out.push(line(t, who, key, start, end, 'resolved', values))
          shown = undefined
        }
      }
    }
  }
  return out.sort()
}

/** One line per alert: what the first revision and the last say of it. */
type Told = { who: string; key: string; at: number; start: number; end: number; values: Record<string, string> }

/** Windows that qualify, in order of time, joined where they overlap the last one of the alert. */
function joined(windows: Told[]): Told[] {
  const out: (Told & { reach: { start: number; end: number } })[] = []
  for (const w of [...windows].sort((a, b) => a.at - b.at || a.start - b.start)) {
    const same = out.findLast((o) => o.who === w.who && o.key === w.key)
    if (same !== undefined && w.start < same.reach.end && same.reach.start < w.end) same.reach = w.start > same.reach.start ? w : same.reach
    else out.push({ ...w, reach: w })
  }
  return out
}

const toldLine = (t: Told) => line(t.at, t.who, t.key, t.start, t.end, 'new', t.values)
const opened = (alerts: PublishedAlert[]) =>
  alerts
    .filter((a) => a.revision === 1 && a.institution !== 'B9')
    .map(brief)
    .sort()

function plainSessions(rows: Row[], gap: number, early: boolean): Told[] {
  return keysOf(rows).flatMap((name) => {
    const [who = '', key = ''] = name.split('|')
    const sessions: Row[][] = []
    for (const r of rows.filter((x) => x.who === who && x.key === key).sort(before)) {
      const open = sessions.at(-1)
      if (open === undefined || r.time - (open.at(-1)?.time ?? 0) >= gap) sessions.push([r])
      else open.push(r)
    }
    return sessions.flatMap((session): Told[] => {
      const prefixes = early ? [...new Set(session.map((r) => tick(r.e)))].map((t) => session.filter((r) => tick(r.e) <= t)) : [session]
      const first = prefixes.find((p) => qualifies(p, who))
      if (first === undefined) return []
      const end = (first.at(-1)?.time ?? 0) + gap
      return [{ who, key, at: early ? tick(first.at(-1)?.e ?? 0) : end, start: first[0]?.time ?? 0, end, values: measured(first) }]
    })
  })
}

function plainRolling(rows: Row[], size: number): Told[] {
  const told = rows.flatMap((r): Told[] => {
    const inside = rows.filter((x) => x.who === r.who && x.key === r.key && x.time >= r.time - size && x.time < r.time).sort(before)
    return qualifies(inside, r.who) ? [{ who: r.who, key: r.key, at: r.time, start: r.time - size, end: r.time, values: measured(inside) }] : []
  })
  return joined([...new Map(told.map((t) => [`${t.who}|${t.key}|${t.at}`, t])).values()])
}

/** Of every window the first tick in which it qualifies. */
function plainEarly(rows: Row[], size: number, every: number): Told[] {
  const told = keysOf(rows).flatMap((name) => {
    const [who = '', key = ''] = name.split('|')
    const own = rows.filter((r) => r.who === who && r.key === key).sort(before)
    const starts = [...new Set(own.flatMap((r) => [0, 1].map((i) => Math.floor(r.time / every) * every - i * every)))]
    return starts.flatMap((start): Told[] => {
      const inside = own.filter((r) => r.time >= start && r.time < start + size)
      const at = [...new Set(inside.map((r) => tick(r.e)))].find((t) =>
        qualifies(
          inside.filter((r) => tick(r.e) <= t),
          who,
        ),
      )
      if (at === undefined) return []
      return [{ who, key, at, start, end: start + size, values: measured(inside.filter((r) => tick(r.e) <= at)) }]
    })
  })
  return joined(told)
}

const runs = { numRuns: Number(process.env['LOOKTHROUGH_RUNS'] ?? 4), endOnFailure: true }

describe('windows judged when they close, and after', () => {
  for (const late of ['drop', 'correct'] as const) {
    test(`hopping ones say at every tick what a plain recount of the rows says, with late events (${late}), corrections and deletions`, {
      timeout: 300_000,
    }, async () => {
      const rule = ruleOf({ size: 'size', every: 'every', per: 'creditorAccount', early: false, late, alerts: 'window' }, 'total >= :least')
      await fc.assert(
        fc.asyncProperty(arrivals, fc.constantFrom(1, 3, 1000), async (given, maxEvents) => {
          const { lines, rows } = logOf(given, 'all')
          const alerts = await judged(rule, lines, maxEvents)
          expect(
            alerts
              .filter((a) => a.institution !== 'B9')
              .map(brief)
              .sort(),
          ).toEqual(plainWindows(rows, late, 10_000, 5000))
        }),
        runs,
      )
    })
  }
})

describe('windows over events within the bound', () => {
  const within = (name: string, rule: WindowRule, plain: (rows: Row[]) => Told[]) =>
    test(name, { timeout: 300_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(arrivals, fc.constantFrom(1, 4, 1000), async (given, maxEvents) => {
          const { lines, rows } = logOf(given, 'none')
          expect(opened(await judged(rule, lines, maxEvents))).toEqual(
            plain(rows.filter((r) => r.who !== 'B9'))
              .map(toldLine)
              .sort(),
          )
        }),
        runs,
      )
    })

  const per = 'creditorAccount'
  within('sessions are cut where events are a gap apart', ruleOf({ kind: 'session', gap: 'gap', per, early: false }, 'total >= :least'), (rows) =>
    plainSessions(rows, 4000, false),
  )
  within('a session opens at the first tick in which it qualifies', ruleOf({ kind: 'session', gap: 'gap', per, early: true }, 'total >= :least'), (rows) =>
    plainSessions(rows, 4000, true),
  )
  within('rolling ones hold what came before each event', ruleOf({ kind: 'rolling', size: 'size', per }, 'total >= :least'), (rows) =>
    plainRolling(rows, 10_000),
  )
  within(
    'an early hopping one opens at the first tick in which it qualifies',
    ruleOf({ size: 'size', every: 'every', per, early: true }, 'total >= :least'),
    (rows) => plainEarly(rows, 10_000, 5000),
  )
})

describe('with late events, corrections and deletions', () => {
  const per = 'creditorAccount'
  const shapes: [string, WindowRule['window']][] = [
    ['early hopping', { size: 'size', every: 'every', per, early: true, late: 'correct' }],
    ['hopping', { size: 'size', every: 'every', per, early: false, late: 'correct' }],
    ['session', { kind: 'session', gap: 'gap', per, early: false, late: 'correct' }],
    ['early session', { kind: 'session', gap: 'gap', per, early: true, late: 'correct' }],
    ['rolling', { kind: 'rolling', size: 'size', per, late: 'correct' }],
  ]
  for (const [name, window] of shapes) {
    test(`${name} windows: some events at a time, all at once or over two restarts, the same alerts, and those that stand show rows that are in force`, {
      timeout: 300_000,
    }, async () => {
      const rule = ruleOf(window, 'total >= :least')
      await fc.assert(
        fc.asyncProperty(arrivals, fc.integer({ min: 2, max: 9 }), async (given, maxEvents) => {
          const { lines, rows } = logOf(given, 'all')
          const whole = await judged(rule, lines)
          expect((await judged(rule, lines, maxEvents)).map(brief).sort()).toEqual(whole.map(brief).sort())
          const final = inForce(rows, Infinity, 'correct')
          const standing = [...new Map(whole.map((a) => [a.id, a])).values()].filter((a) => a.state !== 'resolved' && a.institution !== 'B9')
          expect((await judgedInParts(rule, lines, [Math.floor(lines.length / 3), Math.floor(lines.length / 2)])).map(brief).sort()).toEqual(
            whole.map(brief).sort(),
          )
          for (const a of name === 'rolling' ? [] : standing) {
            const inside = final.filter(
              (r) =>
                r.who === a.institution && r.key === a.subject.id && r.time >= Date.parse(a.window?.start ?? '') && r.time < Date.parse(a.window?.end ?? ''),
            )
            expect([a.id, a.values]).toEqual([a.id, measured(inside)])
          }
        }),
        runs,
      )
    })
  }
})

test('a day of the Shanghai calendar is from local midnight to local midnight', async () => {
  const at = (iso: string, i: number): Arrival & { arrives: number } => ({
    time: Date.parse(iso) - T0,
    who: 0,
    key: 0,
    amount: 600,
    payer: i,
    op: 'upsert',
    of: 0,
    delay: 0,
    arrives: 0,
  })
  const { lines } = logOf(['2026-03-02T15:59:59Z', '2026-03-02T16:00:00Z', '2026-03-03T15:59:59Z', '2026-03-03T16:00:00Z'].map(at), 'none')
  const rule = ruleOf({ size: 'day', every: 'day', per: 'creditorAccount', early: false, calendar: 'Asia/Shanghai' }, 'total >= :least')
  const alerts = await judged(rule, lines)
  expect(alerts.map((a) => [a.window, a.values['n']])).toEqual([[{ start: '2026-03-02T16:00:00.000Z', end: '2026-03-03T16:00:00.000Z' }, '2']])
})

test('what crosses institutions is found under * and names them', async () => {
  const pay = (who: number, time: number): Arrival => ({ time, who, key: 0, amount: 600, payer: who, op: 'upsert', of: 0, delay: 0 })
  const { lines } = logOf([pay(1, 1000), pay(0, 2000), pay(1, 3000)], 'none')
  for (const early of [true, false]) {
    const alerts = await judged(
      ruleOf({ size: 'size', every: 'size', per: 'creditorAccount', early }, 'total >= :least AND payers >= 2', { scope: '*' }),
      lines,
    )
    expect(alerts[0]).toMatchObject({ institution: '*', values: { institutions: 'B0,B1', payers: '2' } })
    expect(alerts.at(-1)?.values['n']).toBe('3')
  }
})

test('a correction reaches back as far as rows are kept, and no further', async () => {
  const pay = (op: Arrival['op'], time: number, amount: number): Arrival => ({ time, who: 0, key: 0, amount, payer: 0, op, of: 0, delay: 0 })
  const { lines } = logOf([pay('upsert', 1000, 2000), pay('delete', 100_000, 0)], 'all')
  const rule = ruleOf({ size: 'size', every: 'size', per: 'creditorAccount', early: false }, 'total >= :least')
  const states = async (keepMs: number) => (await judgedInParts(rule, lines, [], { keepMs })).map((a) => [a.state, a.at])
  expect(await states(200_000)).toEqual([
    ['new', formatTime(T0 + 10_000)],
    ['resolved', formatTime(T0 + 100_000)],
  ])
  expect(await states(50_000)).toEqual([['new', formatTime(T0 + 10_000)]])
})

test('a deletion of a payment of 40 days ago is counted late, because its row is not kept any more', async () => {
  const pay = (op: Arrival['op'], time: number, delay: number): Arrival => ({ time, who: 0, key: 0, amount: 2000, payer: 0, op, of: 0, delay })
  const { lines } = logOf([pay('upsert', 1000, 0), pay('upsert', 40 * 86_400_000, 0), pay('delete', 1000, 14 * 86_400_000)], 'all')
  const file = join(mkdtempSync(join(tmpdir(), 'lookthrough-late-')), 'out.duckdb')
  await replay({
    source: memorySource(lines, { to: 3 }),
    rules: [ruleOf({ size: 'size', every: 'size', per: 'creditorAccount', early: false }, 'total >= :least')],
    db: file,
  })
  const db = await Database.open(file)
  expect(await db.rows('SELECT reason, id FROM lt.late')).toEqual([['beyond-keep', 'e2']])
  expect((await db.rows('SELECT used, late FROM lt.progress')).map((r) => r.map(Number))).toEqual([[2, 1]])
  db.close()
})
