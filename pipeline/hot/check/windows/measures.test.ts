import { expect, test } from 'vitest'
import { ruleOf } from '../../../cold/replay/testing/window-log.ts'
import { countOf, sum } from '../../../contract/index.ts'
import { growingPart } from './measures.ts'

const growing = (when: string) =>
  growingPart(ruleOf({ size: 'size', every: 'every', per: 'creditorAccount', early: false }, when, { measures: { n: countOf(), total: sum('amount') } }))

test('of a condition that can also stop holding, what only grows is found by itself', () => {
  expect(growing('n >= 3 AND total >= :least AND 2 * n <= total')).toMatch(/^n >= 3 +AND +total >= :least $/)
})

test('a condition that only grows is found as a whole', () => {
  expect(growing('n >= 3 OR total >= :least')).toBe('n >= 3 OR total >= :least')
})

test('nothing is told apart where the other part can hold alone, or nothing grows', () => {
  expect(growing('n >= 3 OR n < total')).toBeUndefined()
  expect(growing('n >= 3 AND (total >= 5 OR n < 2)')).toBeUndefined()
  expect(growing('n <= 3 AND 2 * n <= total')).toBeUndefined()
})
