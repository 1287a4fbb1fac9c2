import { afterAll, expect, test } from 'vitest'
import { defineRule, type LimitRule, ratio } from '../../contract/rule.ts'
import { Database } from '../../store/database.ts'
import type { Exposure } from './lookthrough.ts'
import { Admissions, type Question } from './admission.ts'

const db = await Database.open(':memory:', { threads: 1 })
afterAll(() => db.close())

const limit = (code: string, where?: string): LimitRule =>
  defineRule({
    kind: 'limit',
    code,
    id: 'credit/trial',
    version: '1.0.0',
    title: { zh: '试', en: 'trial' },
    law: [{ act: '试', article: '一', inForce: '2026-01-01', verified: false }],
    parameters: { limit: ratio('0.1'), least: ratio('0.5') },
    numerator: { from: 'exposure_total', sum: 'total' },
    ...(where !== undefined && { where }),
    value: 'exposure',
    base: { name: 'tier1', metric: 'tier1' },
    limit: 'limit',
    says: { zh: '{exposure}', en: '{exposure}' },
    advice: { zh: '看', en: 'look' },
    disclosure: 'supervisor',
    gaps: [],
  })
const all = limit('WH-01')
const kinds = limit('WH-02', `obligor_kind = 'structure' OR (obligor_kind = 'party' AND party_kind <> 'bank')`)
const amounts = limit('WH-03', `direct >= :least * total AND obligor <> 'P3'`)

const ask = (rule: LimitRule, obligor: string, kind: Exposure['kind'], partyKind: string, direct: bigint, indirect: bigint, isGsib = false): Question => ({
  rule,
  row: {
    from: 'exposure_total',
    partyKind,
    isGsib,
    isOwnGsib: true,
    exposure: { obligor, kind, direct, indirect, total: direct + indirect },
  },
})

test('each is asked of its own rule, by kind once and for all, by amounts every time', async () => {
  const admissions = new Admissions(db, [all, kinds, amounts])
  const asked: [Question, boolean][] = [
    [ask(all, 'P1', 'party', 'bank', 1n, 1n), true],
    [ask(kinds, 'P1', 'party', 'bank', 1n, 1n), false],
    [ask(kinds, 'P2', 'party', 'company', 1n, 1n), true],
    [ask(kinds, 'P4', 'party', 'company', 9n, 1n), true],
    [ask(kinds, 'P5', 'party', '', 9n, 1n), true],
    [ask(kinds, 'unknown', 'unknown', '', 9n, 1n), false],
    [ask(kinds, 'F1', 'structure', '', 0n, 1n), true],
    [ask(amounts, 'P1', 'party', 'bank', 50n, 50n), true],
    [ask(amounts, 'P2', 'party', 'company', 49n, 51n), false],
    [ask(amounts, 'P3', 'party', 'company', 99n, 1n), false],
    [ask(amounts, 'P4', 'party', 'company', 99n, 1n), true],
  ]
  for (const order of [asked, [...asked].reverse(), asked.slice(3, 9)])
    expect((await admissions.of(order.map(([a]) => a))).map((a) => a.isInside)).toEqual(order.map(([, inside]) => inside))
  expect(await admissions.of([])).toEqual([])
})

test('the first limit for some whose condition holds takes the place of the limit', async () => {
  const some: LimitRule = { ...limit('WH-04'), limits: [{ when: 'gsib AND institution_gsib', limit: 'least' }] }
  const answers = await new Admissions(db, [some]).of([ask(some, 'P1', 'party', 'bank', 1n, 1n), ask(some, 'P2', 'party', 'bank', 1n, 1n, true)])
  expect(answers.map((a) => a.limit)).toEqual(['limit', 'least'])
})
