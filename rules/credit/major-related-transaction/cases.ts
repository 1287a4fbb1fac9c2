import type { Case, CaseEvent } from '#contract'

const capital = (at: string, value: string): CaseEvent => ({
  type: 'inst.metric',
  at,
  data: { metric: 'net-capital', value, unit: 'CNY', period: '2025-12-31', basis: 'solo' },
})
const thousand = capital('00:00:00', '1000.00')
const loan = (at: string, loanId: string, balance: string, rest: Partial<CaseEvent['data']> = {}, more: Partial<CaseEvent> = {}): CaseEvent => ({
  type: 'credit.loan',
  at,
  ...more,
  data: { loanId, customerId: 'R1', product: 'corporate', balance, ccy: 'CNY', dpd: 0, class: 'normal', relatedParty: true, ...rest },
})
/** Loans of 9 each, one an hour, none major by itself. */
const nines = (n: number) => Array.from({ length: n }, (_, i) => loan(`0${i + 1}:00:00`, `L${i + 1}`, '9.00'))

export default [
  {
    name: 'on 2026-03-02 a loan of 1 % of net capital is major by itself',
    kind: 'firing',
    on: '2026-03-02',
    given: [thousand, loan('01:00:00', 'L1', '10.00')],
    expect: [
      { subject: 'R1', severity: 'orange', at: '01:00:00', values: { amount: '10.00', cumulative: '10.00', capital: '1000.00' }, revisions: ['orange'] },
    ],
  },
  {
    name: 'on 2026-03-02 six small ones reach 5 % together, and then every further 1 %',
    kind: 'firing',
    on: '2026-03-02',
    given: [thousand, ...nines(6), loan('07:00:00', 'L7', '6.00'), loan('08:00:00', 'L8', '4.00'), loan('09:00:00', 'L9', '9.99')],
    expect: [
      { subject: 'R1', at: '06:00:00', values: { amount: '9.00', cumulative: '54.00' }, revisions: ['orange'] },
      { subject: 'R1', at: '08:00:00', values: { amount: '4.00', cumulative: '10.00' }, revisions: ['orange'] },
    ],
  },
  {
    name: 'on 2026-03-02 a single one that is major does not start the sum anew',
    kind: 'firing',
    on: '2026-03-02',
    given: [thousand, loan('01:00:00', 'L1', '41.00'), loan('02:00:00', 'L2', '9.00')],
    expect: [
      { subject: 'R1', at: '01:00:00', values: { cumulative: '41.00' } },
      { subject: 'R1', at: '02:00:00', values: { amount: '9.00', cumulative: '50.00' } },
    ],
  },
  {
    name: 'on 2026-03-02 outsiders and restatements do not count',
    kind: 'quiet',
    on: '2026-03-02',
    given: [thousand, loan('01:00:00', 'L1', '500.00', { relatedParty: false }), loan('02:00:00', 'L2', '5.00'), loan('03:00:00', 'L2', '500.00')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a cent less than 1 %, and 5 % less a cent, are none',
    kind: 'boundary',
    on: '2026-03-02',
    given: [thousand, loan('01:00:00', 'L1', '9.99'), ...['2', '3', '4', '5'].map((n) => loan(`0${n}:00:00`, `L${n}`, '9.99')), loan('06:00:00', 'L6', '0.04')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 each party and each bank has its own sum',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      thousand,
      { ...thousand, institution: 'B0002' },
      ...nines(5),
      loan('06:00:00', 'L6', '9.00', { customerId: 'R2' }),
      loan('07:00:00', 'L7', '9.00', {}, { institution: 'B0002' }),
    ],
    expect: [],
  },
  {
    name: 'on 2026-03-02 without capital there is no verdict; what came before it is in the sum',
    kind: 'boundary',
    on: '2026-03-02',
    given: [loan('01:00:00', 'L1', '49.00'), capital('02:00:00', '1000.00'), loan('03:00:00', 'L2', '1.00')],
    expect: [{ subject: 'R1', at: '03:00:00', values: { amount: '1.00', cumulative: '50.00' } }],
  },
  {
    name: 'on 2026-03-02 a loan counts when it is first declared a related party’s, and once',
    kind: 'boundary',
    on: '2026-03-02',
    given: [thousand, loan('01:00:00', 'L1', '20.00', { relatedParty: false }), loan('02:00:00', 'L1', '20.00'), loan('03:00:00', 'L1', '20.00')],
    expect: [{ subject: 'R1', at: '02:00:00', revisions: ['orange'] }],
  },
  {
    name: 'on 2026-03-02 the base is the one that stood when the loan came, of two events of one second too',
    kind: 'boundary',
    on: '2026-03-02',
    given: [capital('00:00:00', '2000.00'), loan('01:00:00', 'L1', '10.00'), capital('01:00:00', '1000.00')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a correction to less ends the alert, one to more raises it',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      thousand,
      loan('01:00:00', 'L1', '10.00'),
      loan('02:00:00', 'L2', '1.00'),
      loan('01:00:00', 'L1', '2.00', {}, { op: 'correct', recordedAt: '05:00:00' }),
      loan('02:00:00', 'L2', '30.00', {}, { op: 'correct', recordedAt: '06:00:00' }),
    ],
    expect: [
      { subject: 'R1', state: 'resolved', at: '05:00:00', values: { amount: '2.00', cumulative: '2.00' }, revisions: ['orange', 'resolved'] },
      { subject: 'R1', state: 'new', at: '06:00:00', values: { amount: '30.00', cumulative: '32.00' }, revisions: ['orange'] },
    ],
  },
  {
    name: 'on 2026-03-02 a correction reaches the sums that follow: the alert moves to the loan that reaches 5 % now',
    kind: 'boundary',
    on: '2026-03-02',
    given: [thousand, ...nines(7), loan('02:00:00', 'L2', '1.00', {}, { op: 'correct', recordedAt: '10:00:00' })],
    expect: [
      { subject: 'R1', state: 'resolved', at: '10:00:00', values: { amount: '9.00', cumulative: '46.00' }, revisions: ['orange', 'resolved'] },
      { subject: 'R1', state: 'new', at: '10:00:00', values: { amount: '9.00', cumulative: '55.00' }, revisions: ['orange'] },
    ],
  },
  {
    name: 'on 2026-03-02 a loan struck out, or not a related party’s after all, leaves the sum',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      thousand,
      ...nines(5),
      loan('01:00:00', 'L1', '9.00', { relatedParty: false }, { op: 'correct', recordedAt: '06:00:00' }),
      { type: 'credit.loan', at: '02:00:00', op: 'delete', recordedAt: '06:30:00', data: { loanId: 'L2' } },
      loan('07:00:00', 'L6', '9.00'),
    ],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a loan told late counts when it comes',
    kind: 'boundary',
    on: '2026-03-02',
    given: [thousand, loan('03:00:00', 'L1', '5.00'), loan('01:00:00', 'L2', '10.00')],
    expect: [{ subject: 'R1', at: '02:59:55', values: { amount: '10.00', cumulative: '10.00' } }],
  },
] satisfies Case[]
