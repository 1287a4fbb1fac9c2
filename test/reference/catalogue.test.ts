import { expect, test } from 'vitest'
import { loadRules } from '../../pipeline/cold/catalogue/catalogue.ts'
import { readRules } from '../../pipeline/cold/catalogue/rule-files.ts'
import { caseEvents, problemsOf, rulesOf } from '../../pipeline/cold/catalogue/run-case.ts'
import type { Case } from '../../pipeline/contract/index.ts'
import type { LogEvent } from './arrivals.ts'
import { missingOf, referenceOf } from './catalogue.ts'
import { judge } from './reference.ts'
import type { TestRule } from './rules.ts'

const known = await loadRules()

/** Rules the reference has no word on: they look through something, read refused events, or have windows whose key is an expression. */
const WITHOUT = known.filter((rule) => referenceOf(rule) === undefined).map((rule) => rule.code)

/** The reference knows neither rates nor what makes an event be refused. */
function isPlain({ dead, given }: Case): boolean {
  return dead === undefined && given.every(({ data }) => data['kind'] !== 'fx')
}

test('the reference has a word on every rule that looks through nothing', () => {
  expect(WITHOUT).toMatchInlineSnapshot(`
    [
      "CR-02",
      "CR-03",
      "CR-04",
      "CR-05",
      "CR-06",
      "CR-08",
      "CR-18",
      "CR-19",
      "CR-20",
      "CR-21",
      "CR-28",
      "DQ-01",
      "DQ-07",
      "DQ-08",
      "DQ-11",
      "DQ-12",
      "IN-04",
      "MR-01",
      "MR-08",
      "OP-01",
      "OP-06",
      "OP-11",
      "OP-13",
      "OP-14",
      "SY-01",
      "SY-02",
    ]
  `)
})

for (const { rule, cases } of await readRules())
  for (const given of cases) {
    const rules = rulesOf(rule, given, known)
    const tests = rules.map((r) => (r.code === 'DQ-12' ? missingOf(r) : referenceOf(r)))
    if (!tests.every((t): t is TestRule => t !== undefined) || !isPlain(given)) continue
    test(`${rule.code} ${given.name}`, () => {
      const entries = caseEvents(given).map((event) => ({ timestamp: Number.NaN, event: event as LogEvent }))
      const { alerts, counts } = judge({ partitions: [{ topic: 'log', partition: 0, entries }], control: [] }, tests)
      expect(
        problemsOf(
          rule,
          given,
          alerts,
          counts.reduce((n, c) => n + c.dead, 0),
        ),
      ).toEqual([])
    })
  }
