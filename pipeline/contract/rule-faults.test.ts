import { expect, test } from 'vitest'
import { amount, defineRule, type Rule, ratio } from './index.ts'

const common = {
  code: 'XX-01',
  id: 'test/rule',
  version: '1.0.0',
  title: { zh: '试', en: 'trial' },
  law: [{ act: '试', article: '一', inForce: '2020-01-01', verified: false }],
  parameters: { part: ratio('0.1'), floor: amount('5') },
  says: { zh: '', en: '' },
  advice: { zh: '', en: '' },
  disclosure: 'supervisor' as const,
  gaps: [],
}
const subject = { kind: 'loan', id: 'loanId' }
const severity = 'red' as const
const faulty = (rule: Pick<Rule, 'kind'> & Record<string, unknown>) => {
  try {
    defineRule({ ...common, ...rule } as unknown as Rule)
    return 'in order'
  } catch (error) {
    return (error as Error).message.replace('rule XX-01 (test/rule): ', '')
  }
}

test('a ratio is of two amounts of a statement of state, and its limits are ratio parameters', () => {
  const rule = { kind: 'ratio' as const, reads: 'credit.loan', numerator: 'balance', denominator: 'limit', value: 'drawn', limit: 'part', subject }
  expect(faulty(rule)).toBe('in order')
  expect(faulty({ ...rule, numerator: 'dpd' })).toBe('credit.loan has no amount dpd')
  expect(faulty({ ...rule, reads: 'ops.incident', numerator: 'loss', denominator: 'loss' })).toBe(
    'a ratio is of statements of state; ops.incident are occurrences',
  )
  expect(faulty({ ...rule, limits: [{ when: 'true', limit: 'floor' }] })).toBe('there is no ratio parameter floor')
})

test('a metric is below a ratio parameter of another, or falls by one within a duration that what was stated is kept for', () => {
  const below = (name: string) => ({ kind: 'metric' as const, metric: 'tier1', against: { to: 'equity', below: [{ severity, below: name }] } })
  const within = (text: string) => ({ kind: 'metric' as const, metric: 'tier1', against: { falls: [{ severity, by: 'part', within: text }] } })
  expect([faulty(below('part')), faulty(within('35d'))]).toEqual(['in order', 'in order'])
  expect(faulty(below('floor'))).toBe('there is no ratio parameter floor')
  expect([faulty(within('36d')), faulty(within('a week'))]).toEqual(['within is no duration up to 35d: 36d', 'within is no duration up to 35d: a week'])
})

test('an amount names an amount of its stream, and the parameters that are its parts and its floor', () => {
  const base = { name: 'capital', metric: 'net-capital' }
  const rule = {
    kind: 'amount' as const,
    reads: 'credit.loan',
    when: 'true',
    amount: 'balance',
    value: 'amount',
    base,
    part: 'part',
    floor: 'floor',
    severity,
    subject,
  }
  expect(faulty(rule)).toBe('in order')
  expect(faulty({ ...rule, amount: 'class' })).toBe('credit.loan has no amount class')
  expect(faulty({ ...rule, floor: 'part' })).toBe('there is no amount parameter part')
  expect(faulty({ ...rule, running: { value: 'sum', first: 'part', step: 'none' } })).toBe('there is no ratio parameter none')
})

test('graver grades are of occurrences, and keys of a window all have a part, or none', () => {
  const each = { kind: 'each' as const, when: 'true', values: {}, threshold: '1', severity, graver: [{ severity, when: 'true', threshold: '1' }], subject }
  expect([faulty({ ...each, reads: 'ops.incident' }), faulty({ ...each, reads: 'credit.loan' })]).toEqual([
    'in order',
    'graver grades are of occurrences; credit.loan is state',
  ])
  const window = { kind: 'session', gap: 'gap', per: 'debtorId', also: [{ per: 'creditorId', part: `'in'` }], early: false }
  const rule = { kind: 'window' as const, reads: 'pay.payment', window, measures: {}, when: 'true', threshold: '1', severity, subject }
  const parameters = { gap: { type: 'duration', value: '1h', min: '1s', max: '1d' } }
  expect(faulty({ ...rule, parameters })).toBe('all keys of a window have a part, or none')
  expect(faulty({ ...rule, parameters, window: { ...window, part: `'out'` } })).toBe('in order')
})

test('a measure counts the rows of a key that is there; the latest rows and medians are for windows judged when they close', () => {
  const parameters = { size: { type: 'duration', value: '1h', min: '1s', max: '1d' } }
  const window = { size: 'size', every: 'size', per: 'creditorAccount', as: 'in', also: [{ per: 'debtorAccount', as: 'out' }], early: true }
  const measures = { received: { kind: 'sum', field: 'amount', as: 'in' } }
  const rule = { kind: 'window' as const, reads: 'pay.payment', parameters, window, measures, when: 'received > 1', threshold: '1', severity, subject }
  expect(faulty(rule)).toBe('in order')
  expect(faulty({ ...rule, measures: { sent: { kind: 'sum', field: 'amount', as: 'on' } } })).toBe(
    'a measure counts the rows of a key that the window does not have: on',
  )
  const closing = 'the latest rows and their median are for windows judged when they close'
  expect([faulty({ ...rule, latest: 'institution' }), faulty({ ...rule, measures: { middle: { kind: 'median', field: 'amount' } } })]).toEqual([
    closing,
    closing,
  ])
  expect(faulty({ ...rule, latest: 'institution', window: { ...window, early: false } })).toBe('in order')
})

test('an outlier is an occurrence, and is told by counts and a ratio', () => {
  const parameters = { part: ratio('0.1'), floor: amount('5'), least: { type: 'count', value: 3, min: 1, max: 9, unit: 'count' } }
  const rule = {
    kind: 'outlier' as const,
    reads: 'mkt.trade',
    parameters,
    per: 'instrumentId',
    value: 'price',
    weight: 'quantity',
    within: 'least',
    least: 'least',
    most: 'part',
    severity,
    subject,
  }
  expect(faulty(rule)).toBe('in order')
  expect(faulty({ ...rule, within: 'part', most: 'floor' })).toBe('there is no count parameter part')
  expect(faulty({ ...rule, most: 'floor' })).toBe('there is no ratio parameter floor')
  expect(faulty({ ...rule, reads: 'credit.loan' })).toBe('an outlier is an occurrence; credit.loan is state')
})

test('alerts of several institutions are for the supervisor alone', () => {
  const parameters = { size: { type: 'duration', value: '1h', min: '1s', max: '1d' }, least: { type: 'count', value: 3, min: 1, max: 9, unit: 'count' } }
  const window = { size: 'size', every: 'size' }
  const rule = { kind: 'alerts' as const, parameters, of: ['LM-01'], window, institutions: 'least', severity, subject }
  expect(faulty(rule)).toBe('in order')
  expect(faulty({ ...rule, disclosure: 'institution' })).toBe('what crosses institutions is disclosed to the supervisor alone')
  expect(faulty({ ...rule, institutions: 'size' })).toBe('there is no count parameter size')
  expect(faulty({ ...rule, window: { size: 'least', every: 'size' } })).toBe('there is no duration parameter least')
})
