/** Rules over single events and single figures, as `rules.ts` has the others. */
import { amount, defineRule, ratio } from '../../pipeline/contract/index.ts'
import { formatDecimal, parseDecimal } from '../../pipeline/contract/money.ts'
import { common } from './common.ts'
import type { AmountTest, EachTest, MetricTest, RatioTest } from './rules.ts'

const money = (text: unknown) => (text === undefined ? '' : formatDecimal(parseDecimal(String(text), 2) ?? 0n, 2))

const graded: EachTest = {
  kind: 'each',
  rule: defineRule({
    ...common('EA-03', 'graded'),
    kind: 'each',
    reads: 'pay.payment',
    parameters: { most: amount('4.00') },
    values: { amount: 'amount' },
    when: 'amount > :most',
    threshold: ':most',
    severity: 'yellow',
    graver: [
      { severity: 'orange', when: 'amount > 7', threshold: '7' },
      { severity: 'red', when: `amount > 9 AND channel = 'wire'`, threshold: '9' },
    ],
    subject: { kind: 'account', id: 'creditorAccount' },
    says: { zh: '{subject} {amount}', en: '{subject} {amount} {threshold}' },
  }),
  when: ({ amount: a }) => Number(a) > 4,
  values: ({ amount: a }) => ({ amount: money(a) }),
  threshold: () => '4.00',
  graver({ amount: a, channel }) {
    if (Number(a) > 9 && channel === 'wire') return { severity: 'red', threshold: '9' }
    return Number(a) > 7 ? { severity: 'orange', threshold: '7' } : undefined
  },
}

const drawn: RatioTest = {
  kind: 'ratio',
  rule: defineRule({
    ...common('RA-01', 'drawn'),
    kind: 'ratio',
    reads: 'credit.loan',
    parameters: { most: ratio('0.80'), pastDue: ratio('0.500') },
    numerator: 'balance',
    denominator: 'limit',
    value: 'drawn',
    limit: 'most',
    limits: [{ when: 'dpd > 0', limit: 'pastDue' }],
    subject: { kind: 'loan', id: 'loanId' },
    says: { zh: '{subject} {drawn}', en: '{institution} {subject} {drawn} {threshold}' },
  }),
  limit: ({ dpd }) => (Number(dpd) > 0 ? 'pastDue' : 'most'),
}

const covered: MetricTest = {
  kind: 'metric',
  rule: defineRule({
    ...common('ME-01', 'covered'),
    kind: 'metric',
    parameters: { least: ratio('0.9091', '0', '10'), watch: ratio('1.00', '0', '10') },
    metric: 'tier1',
    against: {
      to: 'net-capital',
      below: [
        { severity: 'yellow', below: 'watch' },
        { severity: 'red', below: 'least' },
      ],
    },
    says: { zh: '{ratio}', en: '{institution} {subject} {ratio} {threshold}' },
  }),
}

const fallen: MetricTest = {
  kind: 'metric',
  rule: defineRule({
    ...common('ME-02', 'fallen'),
    kind: 'metric',
    parameters: { short: ratio('0.05'), long: ratio('0.10') },
    metric: 'net-capital',
    against: {
      falls: [
        { severity: 'orange', by: 'short', within: '3s' },
        { severity: 'red', by: 'long', within: '15500ms' },
      ],
    },
    says: { zh: '{now} {before}', en: '{institution} {now} {before} {outflow} {horizon} {threshold}' },
  }),
}

const pastDue: AmountTest = {
  kind: 'amount',
  rule: defineRule({
    ...common('AM-01', 'past-due'),
    kind: 'amount',
    reads: 'credit.loan',
    parameters: { single: ratio('0.048'), first: ratio('0.08'), step: ratio('0.03') },
    when: 'dpd > 0',
    amount: 'balance',
    value: 'amount',
    base: { name: 'capital', metric: 'net-capital' },
    part: 'single',
    running: { value: 'sum', first: 'first', step: 'step' },
    severity: 'orange',
    subject: { kind: 'party', id: 'customerId' },
    says: { zh: '{subject} {amount}', en: '{institution} {subject} {amount} {sum} {capital} {threshold}' },
  }),
  when: ({ dpd }) => Number(dpd) > 0,
}

const wired: AmountTest = {
  kind: 'amount',
  rule: defineRule({
    ...common('AM-02', 'wired'),
    kind: 'amount',
    reads: 'pay.payment',
    parameters: { part: ratio('0.0075'), floor: amount('9.99', { of: { B3: '4.75' } }) },
    when: `channel = 'wire'`,
    amount: 'amount',
    value: 'amount',
    base: { name: 'capital', metric: 'net-capital' },
    part: 'part',
    floor: 'floor',
    severity: 'red',
    subject: { kind: 'account', id: 'debtorAccount' },
    says: { zh: '{subject} {amount}', en: '{institution} {subject} {amount} {capital} {threshold}' },
  }),
  when: ({ channel }) => channel === 'wire',
}

export const SINGLE_RULES = [graded, drawn, covered, fallen, pastDue, wired]
