/** Rules that change while the engine runs: what is said follows from the log and the changes alone. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson, digestOf, type PublishedAlert, type Rule, ruleHash } from '../../contract/index.ts'
import { ruleRecord } from '../../contract/rule-change.ts'
import type { ControlRecord, RuleDecision, RuleRecord } from '../../contract/source.ts'
import { runEngine } from '../../engine.ts'
import { Database } from '../../store/database.ts'
import { readRules } from '../catalogue/rule-files.ts'
import { plantsOf } from '../score/plants.ts'
import {
  batchesOf,
  change,
  type Change,
  firstRules,
  type Happening,
  happening,
  judgedWith,
  linesOf,
  recordsOf,
  RULES,
  sourceOf,
  T0,
} from './testing/changing.ts'

const WHOLE = { partitions: 1, sizes: [100_000] }
const brief = (alerts: readonly PublishedAlert[], code: string) =>
  alerts
    .filter((a) => a.rule.code === code)
    .map(
      (a) =>
        `${(Date.parse(a.at) - T0) / 1000} ${a.institution} ${a.subject.id} ${a.state === 'resolved' ? 'resolved' : (a.band ?? a.severity)} ${a.rule.version}`,
    )
const payment = (time: number, money: number): Happening => ({ what: 'payment', time: time * 1000, delay: 0, of: 0, money, bank: 0 })
const loan = (time: number, of: number, money: number): Happening => ({ what: 'loan', time: time * 1000, delay: 0, of, money, bank: 0 })
const stated = (time: number, money: number): Happening => ({ what: 'tier1', time: time * 1000, delay: 0, of: 0, money, bank: 0 })
const only = (code: string) => firstRules(Object.keys(RULES).filter((c) => c !== code))
const to = (code: string, at: number, most: number): Change => ({ code, act: 'activated', at, most })

test('on 2026-03-02 a payment is judged by the version in force at its own time, whenever it comes', async () => {
  const happenings = [payment(5, 30), payment(19.999, 30), payment(20, 30), { ...payment(19, 50), delay: 3000 }, payment(25, 50)]
  const alerts = await judgedWith(linesOf(happenings), recordsOf([to('TR-01', 20, 20)]), only('TR-01'), WHOLE)
  expect(brief(alerts, 'TR-01').sort()).toEqual(['19 B0 A0 yellow 1.0.0', '20 B0 A0 yellow 1.1.0', '25 B0 A0 yellow 1.1.0'])
  const [before, after] = ['19', '25'].map((at) => alerts.find((a) => a.at.includes(`:${at}.000`)))
  expect(before?.rule.hash).toBe(ruleHash(RULES['TR-01']?.('1.0.0', 40) as Rule))
  expect(after?.rule.hash).toBe(ruleHash(RULES['TR-01']?.('1.1.0', 20) as Rule))
})

test('on 2026-03-02 what stands is measured in the tick from which a new threshold holds: episodes open, go on and resolve in it', async () => {
  const happenings = [loan(5, 0, 50), loan(5, 1, 30), loan(5, 2, 90)]
  const lowered = await judgedWith(linesOf(happenings), recordsOf([to('TR-02', 20, 20), to('TR-02', 40, 60)]), only('TR-02'), WHOLE)
  expect(brief(lowered, 'TR-02')).toEqual([
    '5 B0 L0 yellow 1.0.0',
    '5 B0 L2 yellow 1.0.0',
    '20 B0 L1 yellow 1.1.0',
    '40 B0 L0 resolved 1.2.0',
    '40 B0 L1 resolved 1.2.0',
  ])
  const limits = await judgedWith(linesOf([stated(1, 10), ...happenings]), recordsOf([to('TR-03', 20, 20), to('TR-03', 40, 99)]), only('TR-03'), WHOLE)
  expect(brief(limits, 'TR-03')).toEqual(['5 B0 C0 breach 1.0.0', '20 B0 C1 breach 1.1.0', '40 B0 C1 resolved 1.2.0'])
  const retired = await judgedWith(linesOf(happenings), recordsOf([{ code: 'TR-02', act: 'retired', at: 20, most: 0 }]), only('TR-02'), WHOLE)
  expect(brief(retired, 'TR-02')).toEqual(['5 B0 L0 yellow 1.0.0', '5 B0 L2 yellow 1.0.0', '20 B0 L0 resolved 1.0.0', '20 B0 L2 resolved 1.0.0'])
})

test('on 2026-03-02 a window is judged by the version in force where it starts', async () => {
  const alerts = await judgedWith(
    linesOf([payment(18, 30), payment(23, 30), payment(27, 30), payment(33, 30)]),
    recordsOf([to('TR-04', 20, 20)]),
    only('TR-04'),
    WHOLE,
  )
  expect(alerts.map((a) => `${a.window?.start.slice(17, 19)} ${a.rule.version} ${a.values['total']}`)).toEqual(expect.arrayContaining(['15 1.0.0 60.00']))
  for (const a of alerts) expect(a.rule.version).toBe(Date.parse(a.window?.start ?? '') < T0 + 20_000 ? '1.0.0' : '1.1.0')
})

test('rules that change at random say the same in batches of any size, from one partition or four, stopped and started anew on the way', {
  timeout: 600_000,
}, async () => {
  let [said, changed] = [0, 0]
  await fc.assert(
    fc.asyncProperty(
      fc.array(happening, { minLength: 10, maxLength: 60 }),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      fc.subarray(Object.keys(RULES), { maxLength: 2 }),
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 2 }),
      async (happenings, changes, absent, sizes, stops) => {
        const [lines, records, rules] = [linesOf(happenings), recordsOf(changes), firstRules(absent)]
        const whole = await judgedWith(lines, records, rules, WHOLE)
        said += whole.length
        changed += whole.filter((a) => a.rule.version !== '1.0.0').length
        for (const cut of [
          { partitions: 1, sizes: [1] },
          { partitions: 4, sizes },
          { partitions: 1, sizes, stops },
        ])
          expect(digestOf(await judgedWith(lines, records, rules, cut)), JSON.stringify(cut)).toBe(digestOf(whole))
      },
    ),
    { numRuns: Number(process.env['LOOKTHROUGH_RUNS'] ?? 3) },
  )
  expect(said).toBeGreaterThan(20)
  expect(changed).toBeGreaterThan(0)
})

test('a new version of every rule of the catalogue that differs in nothing else changes nothing of what is said', { timeout: 600_000 }, async () => {
  const written = await readRules()
  const rules = written.map(({ rule }) => rule)
  const sent = written.flatMap(({ rule, cases }, i) => plantsOf(rule, cases, 20_515 + (i % 3)).flatMap(({ events }) => events)).sort((a, b) => a.time - b.time)
  const lines = sent.map(({ event }) => Buffer.from(JSON.stringify(event)))
  const turns = [0.3, 0.6].map((part) => sent[Math.floor(sent.length * part)]?.time ?? Number.NaN)
  const records = turns.flatMap((at, turn) =>
    rules.map((rule, i) => ({ offset: turn * rules.length + i, value: ruleRecord('activated', { ...rule, version: `${turn + 8}.0.0` }, at).value })),
  )
  const plain = await judgedWith(lines, [], rules, WHOLE)
  const changed = await judgedWith(lines, records, rules, { partitions: 1, sizes: [120], stops: [3] })
  const told = (alerts: readonly PublishedAlert[]) => alerts.map(({ rule, ...alert }) => canonicalJson({ ...alert, code: rule.code })).sort()
  expect(told(changed)).toEqual(told(plain))
  const codesOf = (version: string) => new Set(changed.filter((a) => a.rule.version === version).map((a) => a.rule.code)).size
  expect([codesOf('8.0.0') > 15, codesOf('9.0.0') > 10]).toEqual([true, true])
})

test('a running engine accepts a change above all it has read, refuses the others with a reason, and a replay decides the same', async () => {
  const lines = linesOf([...Array.from({ length: 40 }, (_, i) => payment(i, 30)), loan(3, 0, 30)])
  const [rule, next] = [RULES['TR-01']?.('1.1.0', 20) as Rule, RULES['TR-01']?.('1.0.0', 10) as Rule]
  const values = [
    ruleRecord('activated', rule, T0 + 30_000).value,
    ruleRecord('activated', rule, T0 + 5000).value,
    ruleRecord('activated', next, T0 + 35_000).value,
    ruleRecord('retired', RULES['TR-02']?.('1.0.0', 40) as Rule, T0 + 35_000).value,
    ruleRecord('activated', rule, T0 + 31_000).value.replace('20.00', '21.00'),
    'no record at all',
    '{"type":"lookthrough.rule.activated","effective":"2026-03-02T01:00:36Z","data":{"kind":"each"}}',
  ]
  const records: RuleRecord[] = values.map((value, offset) => ({ offset, value }))
  const control: ControlRecord[] = []
  const told: RuleDecision[] = []
  const run = async (more: Parameters<typeof sourceOf>[2], size: number) => {
    const out: PublishedAlert[] = []
    const db = await Database.open(':memory:')
    let clock = 0
    await runEngine({
      db,
      rules: [RULES['TR-01']?.('1.0.0', 40) as Rule],
      source: sourceOf(batchesOf(lines, { partitions: 1, sizes: [size] }), 1, more),
      sink: { deliver: () => Promise.resolve(), close: () => Promise.resolve() },
      clock: () => (clock += 1000),
      onDecided: (_, decision) => void told.push(decision),
      onDelivered: ({ revisions }) => void out.push(...revisions),
    })
    db.close()
    return out
  }
  let asked = 0
  const live = await run({ newRules: () => (++asked === 4 ? records : []), writeControl: (written) => Promise.resolve(void control.push(...written)) }, 4)
  expect(told.map((d) => (d.accepted ? 'accepted' : d.reason))).toEqual([
    'accepted',
    'too-late',
    'no-new-version',
    'not-in-force',
    'broken',
    'broken',
    'broken',
  ])
  expect(brief(live, 'TR-01')).toHaveLength(10)
  expect(live.every((a) => a.rule.version === '1.1.0')).toBe(true)
  expect(digestOf(await run({ rules: records, control }, 1000))).toBe(digestOf(live))
  expect(digestOf(await run({}, 1000))).not.toBe(digestOf(live))
})
