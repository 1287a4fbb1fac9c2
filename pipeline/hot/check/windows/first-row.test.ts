import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arrival, judged, judgedInParts, logOf, ruleOf } from '../../../cold/replay/testing/window-log.ts'
import type { PublishedAlert } from '../../../contract/index.ts'
import type { WindowRule } from '../../../contract/rule.ts'

/** "At least one", and the same said so that more rows might make it false: whether one row is enough is not asked then. */
const [AT_ONCE, ASKED] = ['n >= 1', 'n >= 1 AND n < 1000000']

/** Few, so that windows have a first row now and then. */
const arrivals = fc.array(arrival, { minLength: 5, maxLength: 20 })

const runs = { numRuns: Number(process.env['LOOKTHROUGH_RUNS'] ?? 8), endOnFailure: true }

const windows: WindowRule['window'][] = (['drop', 'correct'] as const).flatMap((late) =>
  ['size', 'every'].map((every) => ({ size: 'size', every, per: 'creditorAccount', early: true, late })),
)
const rule = (window: WindowRule['window'], when: string) => ruleOf(window, when, { threshold: '1' })
const said = (alerts: PublishedAlert[]) =>
  alerts.map(({ id, revision, at, state, window, values, evidence, evidenceCount }) => ({ id, revision, at, state, window, values, evidence, evidenceCount }))

describe('windows that open with their first row', () => {
  for (const window of windows)
    test(`say what all windows say, with the same evidence: ${JSON.stringify(window)}`, { timeout: 300_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(arrivals, fc.constantFrom(3, 20, 1000), fc.constantFrom('none', 'late', 'all'), async (given, maxEvents, odd) => {
          const { lines } = logOf(given, odd)
          const one = said(await judged(rule(window, AT_ONCE), lines, maxEvents))
          expect(one.length).toBeGreaterThan(0)
          expect(one).toEqual(said(await judged(rule(window, ASKED), lines, maxEvents)))
        }),
        runs,
      )
    })

  test('do so over restarts, from a cold start, and where the rule asked for more before it was started again', { timeout: 300_000 }, async () => {
    const [window] = windows as [WindowRule['window']]
    await fc.assert(
      fc.asyncProperty(arrivals, async (given) => {
        const { lines } = logOf(given, 'all')
        const stops = [Math.floor(lines.length / 3), Math.floor(lines.length / 2)]
        for (const before of ['n >= 3', undefined]) {
          const parts = (when: string) => [before ?? when, when, when].map((w) => rule(window, w))
          expect(said(await judgedInParts(parts(AT_ONCE), lines, stops))).toEqual(said(await judgedInParts(parts(ASKED), lines, stops)))
        }
        const middle = Date.parse('2026-03-02T01:00:15Z')
        expect(said(await judged(rule(window, AT_ONCE), lines, 20, middle))).toEqual(said(await judged(rule(window, ASKED), lines, 20, middle)))
      }),
      { ...runs, numRuns: Math.ceil(runs.numRuns / 3) },
    )
  })
})
