import type { Case, CaseEvent } from '#contract'

const loan = (at: string, balance: string, loanId = 'L1', ccy = 'CNY'): CaseEvent => ({
  type: 'credit.loan',
  at,
  data: { loanId, customerId: `C-${loanId}`, product: 'corporate', balance, ccy, dpd: 0, class: 'normal' },
})
const reported = (at: string, value: string, period = '2026-02', basis = 'solo'): CaseEvent => ({
  type: 'inst.metric',
  at,
  data: { metric: 'return:loans', value, unit: 'CNY', period, basis },
})
const usd = (at: string, value: string): CaseEvent => ({
  type: 'mkt.price',
  at,
  source: '/market',
  institution: 'MKT',
  data: { instrumentId: 'USD/CNY', kind: 'fx', value },
})

export default [
  {
    name: 'on 2026-03-02 loans of 62,000 against a return of 60,000 differ by more than the floor',
    kind: 'firing',
    on: '2026-03-02',
    given: [loan('01:00:00', '50000.00'), loan('01:00:00', '12000.00', 'L2'), reported('02:00:00', '60000.00')],
    expect: [
      {
        subject: 'B0001',
        severity: 'orange',
        at: '02:00:00',
        values: { detail: '62000.00', reported: '60000.00', difference: '2000.00' },
        revisions: ['orange'],
      },
    ],
  },
  {
    name: 'on 2026-03-02 a return without any detail is a difference too, and ends when the detail comes',
    kind: 'firing',
    on: '2026-03-02',
    given: [reported('01:00:00', '60000.00'), loan('03:00:00', '60000.00')],
    expect: [{ subject: 'B0001', at: '03:00:00', values: { detail: '60000.00', difference: '0.00' }, revisions: ['orange', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 before any return nothing is said',
    kind: 'quiet',
    on: '2026-03-02',
    given: [loan('01:00:00', '900000.00'), loan('01:00:01', '900000.00', 'L2')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 detail and return agree',
    kind: 'quiet',
    on: '2026-03-02',
    given: [loan('01:00:00', '60000.00'), reported('01:00:00', '60000')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a difference of exactly the floor is none, a cent more is one',
    kind: 'boundary',
    on: '2026-03-02',
    given: [reported('01:00:00', '60000.00'), loan('01:00:00', '61000.00'), loan('02:00:00', '61000.01')],
    expect: [{ subject: 'B0001', at: '02:00:00', values: { difference: '1000.01' }, revisions: ['orange'] }],
  },
  {
    name: 'on 2026-03-02 above ten million the part counts, unrounded: 2,000.01 is more than the 2,000.0099 of 20,000,099',
    kind: 'boundary',
    on: '2026-03-02',
    given: [reported('01:00:00', '20000099'), loan('01:00:00', '19998099.00'), loan('02:00:00', '19998098.99')],
    expect: [{ subject: 'B0001', at: '02:00:00', values: { difference: '-2000.01' }, revisions: ['orange'] }],
  },
  {
    name: 'on 2026-03-02 the latest period counts, and consolidated only where there is no solo figure',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      loan('01:00:00', '60000.00'),
      reported('01:00:00', '60000.00', '2026-02'),
      reported('02:00:00', '10000.00', '2026-01'),
      reported('02:00:00', '90000.00', '2026-03', 'consolidated'),
    ],
    expect: [],
  },
  {
    name: 'from 2026-03-02 a dollar loan moves the detail when the rates of the next Shanghai day hold',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      usd('01:00:00', '7.00'),
      loan('01:00:01', '10000.00', 'L1', 'USD'),
      reported('01:00:01', '70000.00'),
      usd('02:00:00', '7.50'),
      loan('+1d 01:00:00', '0.00', 'L9'),
    ],
    expect: [{ subject: 'B0001', at: '16:00:00', values: { detail: '75000.00' }, revisions: ['orange'] }],
  },
  {
    name: 'on 2026-03-02 a corrected loan resolves it at the tick of the correction',
    kind: 'boundary',
    on: '2026-03-02',
    given: [reported('01:00:00', '60000.00'), loan('01:00:00', '66000.00'), { ...loan('01:00:00', '60000.00'), op: 'correct', recordedAt: '04:00:00' }],
    expect: [{ subject: 'B0001', at: '04:00:00', values: { detail: '60000.00' }, revisions: ['orange', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a return that is taken back leaves nothing to compare',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      loan('01:00:00', '66000.00'),
      reported('01:00:00', '60000.00'),
      { ...reported('05:00:00', '60000.00'), op: 'delete' },
      loan('06:00:00', '99000.00'),
    ],
    expect: [{ subject: 'B0001', at: '05:00:00', values: { detail: '66000.00', reported: '', difference: '' }, revisions: ['orange', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a return that comes late is compared when it comes',
    kind: 'boundary',
    on: '2026-03-02',
    given: [loan('01:00:00', '66000.00'), loan('03:00:00', '1.00', 'L2'), reported('01:00:00', '60000.00')],
    expect: [{ subject: 'B0001', at: '02:59:55', values: { detail: '66000.00', difference: '6000.00' }, revisions: ['orange'] }],
  },
] satisfies Case[]
