import { beforeAll, describe, expect, test } from 'vitest'
import { replay } from '../../cold/replay/replay.ts'
import { common as trial, T0 } from '../../cold/replay/testing/changing.ts'
import { count, defineRule, duration, type EventType, formatTime, last, type Measure, ratio, type Rule, STREAMS, type Window } from '../../contract/index.ts'
import { memorySource } from '../../contract/source.ts'
import type { Unjudged } from '../../contract/stage.ts'

const common = (code: string) => ({ ...trial(code, '1.0.0'), severity: 'yellow' as const })
const account = { kind: 'account', id: 'creditorAccount' }

const single = (code: string, reads: EventType, when: string, subject: { kind: string; id: string }, values: Record<string, string> = {}) =>
  defineRule({ ...common(code), kind: 'each', reads, parameters: { least: count(5) }, when, values, threshold: ':least', subject })

const MEASURES = { purpose: last('purpose') }
const over = (code: string, window: Window, { when = 'purpose::INTEGER > :least', measures = MEASURES, where = 'true' } = {} as Partial<Over>) =>
  defineRule({
    ...common(code),
    kind: 'window',
    reads: 'pay.payment',
    parameters: { least: count(5), size: duration('10s') },
    window,
    measures,
    where,
    when,
    threshold: ':least',
    subject: account,
  })
type Over = { when: string; measures: Record<string, Measure>; where: string }

/** Each of them meets a row of which its condition cannot be computed; the first is in order. */
const rules: Rule[] = [
  single('TR-01', 'pay.payment', 'amount > :least', account),
  single('TR-02', 'pay.payment', 'purpose::INTEGER > :least', account),
  single('TR-03', 'pay.payment', 'small > :least', account, { small: 'CAST(amount AS DECIMAL(6,2))' }),
  single('TR-04', 'credit.loan', '"loanId"::INTEGER > :least', { kind: 'loan', id: 'loanId' }),
  over('TR-05', { kind: 'hopping', size: 'size', every: 'size', per: 'creditorAccount', early: false }),
  over('TR-06', { kind: 'hopping', size: 'size', every: 'size', per: 'creditorAccount', early: true }),
  over('TR-07', { kind: 'session', gap: 'size', per: 'creditorAccount', early: true }),
  over('TR-08', { kind: 'rolling', size: 'size', per: 'creditorAccount' }),
  over(
    'TR-09',
    { kind: 'hopping', size: 'size', every: 'size', per: 'creditorAccount', early: false },
    { where: 'purpose::INTEGER > :least', when: "purpose <> ''" },
  ),
  defineRule({
    ...common('TR-10'),
    kind: 'limit',
    parameters: { limit: ratio('0.10') },
    numerator: { from: 'exposure_total', sum: 'total' },
    where: 'obligor::INTEGER > 5',
    value: 'total',
    base: { name: 'tier1', metric: 'tier1' },
    limit: 'limit',
  }),
  defineRule({
    ...common('TR-11'),
    kind: 'graph',
    from: 'nesting',
    parameters: { least: count(5) },
    grades: [{ severity: 'yellow', when: 'subject::INTEGER > :least', threshold: ':least' }],
    values: { layers: 'layers' },
  }),
  // A value may be called like the field that it is made of.
  single('TR-13', 'pay.payment', 'length(purpose) > :least', account, { purpose: "CASE WHEN purpose::INTEGER > 5 THEN 'more than five' ELSE '' END" }),
  single('TR-12', 'pay.payment', 'number > :least AND purpose::INTEGER > 1', account, { number: 'purpose::INTEGER', next: 'purpose::INTEGER + 1' }),
]

/** Every second account has a purpose that is a number; the third has none. */
const PURPOSES = { '1': '7', '2': 'rent', '3': undefined, '4': '9' }
const payments = [0, 1, 2].flatMap((round) =>
  Object.entries(PURPOSES).map(([to, purpose], i) => ({
    type: 'pay.payment' as const,
    at: round * 4 + i,
    data: {
      paymentId: `P${round}${to}`,
      debtorId: 'D',
      debtorAccount: 'D',
      creditorId: to,
      creditorAccount: to,
      amount: to === '4' ? '9999999999999.00' : '10.00',
      ccy: 'CNY',
      channel: 'online',
      crossBorder: false,
      ...(purpose !== undefined && { purpose }),
    },
  })),
)
const loan = (id: string, at: number) => ({
  type: 'credit.loan' as const,
  at,
  data: { loanId: id, customerId: id, product: 'corporate', balance: '500.00', ccy: 'CNY', dpd: 0, class: 'normal' },
})
const fund = (id: string, at: number) => ({
  type: 'product.holding' as const,
  at,
  data: {
    productId: id,
    kind: 'fund',
    asOf: '2026-03-02',
    nav: '100.00',
    totalAssets: '100.00',
    lines: [{ kind: 'fundUnits', productId: 'F', value: '100.00' }],
    unidentified: '0.00',
  },
})
const given: { type: EventType; at: number; data: Record<string, unknown> }[] = [
  { type: 'inst.metric', at: 0, data: { metric: 'tier1', value: '1000', unit: 'CNY', period: '2025', basis: 'solo' } },
  ...payments,
  ...['9', 'X'].flatMap((id) => [loan(id, 12), fund(id, 12)]),
]

const log = given.map(({ type, at, data }, i) => {
  const { key } = STREAMS[type]
  const envelope = {
    specversion: '1.0',
    id: `e${i}`,
    source: '/b',
    type,
    time: formatTime(T0 + at * 1000),
    institution: 'B0001',
    sequence: String(i + 1),
    data,
  }
  return Buffer.from(JSON.stringify({ ...envelope, subject: key === 'institution' ? 'B0001' : data[key] }))
})

async function judged(maxEvents: number): Promise<{ digest: string; alerts: Record<string, string[]>; unjudged: Map<string, Unjudged> }> {
  const unjudged = new Map<string, Unjudged>()
  const onUnjudged = (one: Unjudged) => void (unjudged.has(one.rule) || unjudged.set(one.rule, one))
  const { revisions, digest } = await replay({ source: memorySource(log), rules, maxEvents, onUnjudged })
  const alerts = Object.fromEntries(
    rules.map(({ code }) => [code, [...new Set(revisions.filter((r) => r.rule.code === code).map((r) => r.subject.id))].sort()]),
  )
  return { digest, alerts, unjudged }
}

describe('a condition that cannot be computed for a row', () => {
  let whole: Awaited<ReturnType<typeof judged>>
  beforeAll(async () => void (whole = await judged(1000)))

  test('is not satisfied by it: every rule goes on with all other rows', () => {
    expect(whole.alerts).toEqual({
      'TR-01': ['1', '2', '3', '4'],
      'TR-02': ['1', '4'],
      'TR-03': ['1', '2', '3'],
      'TR-04': ['9'],
      'TR-05': ['1', '4'],
      'TR-06': ['1', '4'],
      'TR-07': ['1', '4'],
      'TR-08': ['1', '4'],
      'TR-09': ['1', '4'],
      'TR-10': ['9'],
      'TR-11': ['9'],
      'TR-12': ['1', '4'],
      'TR-13': ['1', '4'],
    })
  })

  test('is told of with the rule and the first such row', () => {
    const told = [...whole.unjudged.values()].map(({ rule, about }) => `${rule} ${about}`)
    expect(told.sort()).toEqual([
      'TR-02 pay.payment /b e2',
      'TR-03 pay.payment /b e4',
      'TR-04 credit.loan /b e15',
      `TR-05 B0001 2 ${formatTime(T0)}`,
      `TR-06 B0001 2 ${formatTime(T0)}`,
      `TR-07 B0001 2 ${formatTime(T0 + 1000)}`,
      expect.stringMatching(/^TR-08 B0001 2 /),
      'TR-10 party:X',
      'TR-11 B0001 product:X',
      'TR-12 pay.payment /b e2',
      'TR-13 pay.payment /b e2',
    ])
  })

  test.each([1, 4])('says the same in batches of %i', async (maxEvents) => {
    expect((await judged(maxEvents)).digest).toBe(whole.digest)
  })
})
