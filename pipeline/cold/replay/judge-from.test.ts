import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestLine, formatTime, type PublishedAlert, STREAMS } from '../../contract/index.ts'
import { defineRule, amount } from '../../contract/rule.ts'
import { openFiles } from '../../hot/accept/file-source.ts'
import { scenarioEvents } from '../../scenario/steps.ts'
import { loadRules } from '../catalogue/catalogue.ts'
import { replay } from './replay.ts'
import { arrivals, inForce, judged, keysOf, logOf, qualifies, type Row, ruleOf, T0 } from './testing/window-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'lookthrough-judge-from-'))
const fileOf = (name: string, events: readonly unknown[]) => {
  writeFileSync(join(folder, name), events.map((e) => `${JSON.stringify(e)}\n`).join(''))
  return join(folder, name)
}
const RUNS = Number(process.env['LOOKTHROUGH_RUNS'] ?? 8)
const BEGAN = Date.UTC(2026, 10, 2, 1)
const story = [...scenarioEvents(5, BEGAN, 40_000)]
const file = fileOf('story.ndjson', story)
const rules = (await loadRules()).filter((r) => r.kind !== 'window')

const payments = defineRule({
  kind: 'each',
  code: 'OP-91',
  id: 'operational/trial-payment',
  version: '1.0.0',
  title: { zh: '试', en: 'trial' },
  law: [{ act: '试', article: '一', inForce: '2026-01-01', verified: false }],
  reads: 'pay.payment',
  parameters: { least: amount('5000.00') },
  values: { amount: 'amount' },
  when: 'amount >= :least',
  threshold: ':least',
  severity: 'yellow',
  subject: { kind: 'payment', id: 'paymentId' },
  says: { zh: '{amount}', en: '{amount}' },
  advice: { zh: '看', en: 'look' },
  disclosure: 'supervisor',
  gaps: [],
})

describe('a cold start', () => {
  test('opens once, at the first tick after it, what a supervisor would find who is shown all statements in that tick', async () => {
    for (const at of [BEGAN + 15_300, BEGAN + 27_000]) {
      const tick = Math.floor(at / 1000) * 1000 + 1000
      // The same statements, all of them made known in the one tick; nothing but state.
      const statements = story.filter((e) => STREAMS[e.type].state)
      const known = (e: (typeof story)[number]) => Date.parse(e.recordedtime ?? e.time)
      const shown = statements.map((e) => (known(e) <= tick ? { ...e, recordedtime: formatTime(tick) } : e))
      const cold = await replay({ source: await openFiles([file]), rules, judgeFrom: at })
      const fresh = await replay({ source: await openFiles([fileOf('shown.ndjson', shown)]), rules })
      const verdicts = (all: PublishedAlert[]) => all.map((a) => digestLine({ ...a, evidence: [], evidenceCount: 0, path: [] })).sort()
      expect([cold.late, fresh.late]).toEqual([0, 0])
      expect(cold.revisions.filter((a) => Date.parse(a.at) === tick).length).toBeGreaterThan(5)
      expect(cold.revisions.every((a) => Date.parse(a.at) >= tick)).toBe(true)
      expect(verdicts(cold.revisions)).toEqual(verdicts(fresh.revisions))
    }
  })

  test('what ends by its own date while history is loaded has ended at the first tick', async () => {
    const of = (type: string, id: string, institution: string, time: string, data: object) => ({
      specversion: '1.0',
      id,
      source: '/s',
      type,
      time,
      subject: id,
      institution,
      sequence: '1',
      data,
    })
    const loan = (customerId: string, time = '2026-11-02T01:00:00Z') =>
      of('credit.loan', customerId, 'B0001', time, {
        loanId: customerId,
        customerId,
        product: 'corporate',
        balance: '120.00',
        ccy: 'CNY',
        dpd: 0,
        class: 'normal',
      })
    const held = fileOf('held.ndjson', [
      of('inst.metric', 'M', 'B0001', '2026-11-02T01:00:00Z', { metric: 'tier1', value: '1000.00', unit: 'CNY', period: '2025-12-31', basis: 'solo' }),
      of('ref.ownership', 'O', 'REG', '2026-11-02T01:00:00Z', { ownershipId: 'O', owner: 'P1', owned: 'P2', kind: 'equity', share: '0.6', to: '2026-11-04' }),
      loan('P1'),
      loan('P2'),
      loan('P3', '2026-11-06T01:00:00Z'),
    ])
    const groups = rules.filter((r) => r.code === 'CR-03')
    const opened = async (judgeFrom: string) =>
      (await replay({ source: await openFiles([held]), rules: groups, judgeFrom: Date.parse(judgeFrom) })).revisions.map((r) => `${r.at} ${r.state}`)
    expect(await opened('2026-11-05T00:00:00Z')).toEqual([])
    expect(await opened('2026-11-03T00:00:00Z')).toEqual(['2026-11-03T00:00:01.000Z new', '2026-11-03T16:00:00.000Z resolved'])
  })

  test('raises nothing for occurrences at or before it, and the same as ever for those after', async () => {
    const at = BEGAN + 20_000
    const whole = await replay({ source: await openFiles([file]), rules: [payments] })
    const cold = await replay({ source: await openFiles([file]), rules: [payments], judgeFrom: at })
    const later = whole.revisions.filter((a) => Date.parse(a.at) > at)
    expect(later.length).toBeGreaterThan(5)
    expect(later.length).toBeLessThan(whole.revisions.length)
    expect(cold.revisions.map(digestLine)).toEqual(later.map(digestLine))
  })

  test('says the same whatever the batch size, with all rules and windows', async () => {
    const all = await loadRules()
    const digests = new Set<string>()
    for (const maxEvents of [20_000, 3333, 701])
      digests.add((await replay({ source: await openFiles([file]), rules: all, judgeFrom: BEGAN + 20_000, maxEvents })).digest)
    expect(digests.size).toBe(1)
  })

  const moment = fc.integer({ min: 0, max: 60_000 }).map((ms) => T0 + Math.round(ms / 500) * 500)

  test('of windows judged at their end, those that end after it say what they always say', async () => {
    const rule = ruleOf({ size: 'size', every: 'every', per: 'creditorAccount', early: false, late: 'correct', alerts: 'window' }, 'total >= :least')
    await fc.assert(
      fc.asyncProperty(arrivals, moment, async (given, at) => {
        const { lines } = logOf(given, 'all')
        const later = (await judged(rule, lines)).filter((a) => Date.parse(a.window?.end ?? '') > at)
        for (const batch of [1000, 23]) expect((await judged(rule, lines, batch, at)).map(digestLine).sort()).toEqual(later.map(digestLine).sort())
      }),
      { numRuns: RUNS },
    )
  })

  const early = [
    ['windows', ruleOf({ size: 'size', every: 'size', per: 'creditorAccount', early: true, late: 'correct' }, 'total >= :least'), hoppingAt],
    ['sessions', ruleOf({ kind: 'session', gap: 'gap', per: 'creditorAccount', early: true, late: 'correct' }, 'total >= :least'), sessionsAt],
  ] as const
  for (const [name, rule, openAt] of early)
    test(`${name} that are shown early and stand open open at the first tick after it, each once; no other opens before`, async () => {
      await fc.assert(
        fc.asyncProperty(arrivals, moment, async (given, at) => {
          const { lines, rows } = logOf(given, 'all')
          const tick = Math.floor(at / 1000) * 1000 + 1000
          const cold = await judged(rule, lines, 1000, at)
          for (const batch of [17]) expect((await judged(rule, lines, batch, at)).map(digestLine)).toEqual(cold.map(digestLine))
          const brief = (a: PublishedAlert) => `${a.institution}|${a.subject.id} ${a.window?.start}`
          expect(
            cold
              .filter((a) => Date.parse(a.at) === tick && Date.parse(a.window?.end ?? '') > tick && a.revision === 1)
              .map(brief)
              .sort(),
          ).toEqual(openAt(rows, tick).sort())
          expect(cold.every((a) => Date.parse(a.at) > at && Date.parse(a.window?.end ?? '') > at)).toBe(true)
        }),
        { numRuns: RUNS },
      )
    })
})

/** Windows of 10 s, one after the other, that hold the tick and qualify, by a plain count of their rows. */
function hoppingAt(rows: Row[], tick: number): string[] {
  const known = inForce(rows, tick, 'correct')
  return keysOf(rows).flatMap((name) => {
    const [who = '', key = ''] = name.split('|')
    const start = Math.floor(tick / 10_000) * 10_000
    const inside = known.filter((r) => r.who === who && r.key === key && r.time >= start && r.time < start + 10_000)
    return qualifies(inside, who) ? [`${name} ${formatTime(start)}`] : []
  })
}

/** The same for sessions with a gap of 4 s. */
function sessionsAt(rows: Row[], tick: number): string[] {
  const known = inForce(rows, tick, 'correct')
  return keysOf(rows).flatMap((name) => {
    const [who = '', key = ''] = name.split('|')
    let session: Row[] = []
    for (const row of known.filter((r) => r.who === who && r.key === key))
      session = row.time - (session.at(-1)?.time ?? -Infinity) >= 4000 ? [row] : [...session, row]
    const open = (session.at(-1)?.time ?? -Infinity) + 4000 > tick
    return open && qualifies(session, who) ? [`${name} ${formatTime(session[0]?.time ?? 0)}`] : []
  })
}
