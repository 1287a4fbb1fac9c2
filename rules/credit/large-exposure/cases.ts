import type { Case } from '#contract'

const tier1 = { type: 'inst.metric', at: '01:00:00', data: { metric: 'tier1', value: '1000.00', unit: 'CNY', period: '2025-12-31', basis: 'solo' } } as const
const loan = (at: string, balance: string) =>
  ({ type: 'credit.loan', at, data: { loanId: 'L1', customerId: 'P1', product: 'corporate', balance, ccy: 'CNY', dpd: 0, class: 'normal' } }) as const

export default [
  {
    name: 'on 2026-03-02 a cent above 2.5 % is a large exposure',
    kind: 'firing',
    on: '2026-03-02',
    given: [tier1, loan('01:00:00', '25.01')],
    expect: [{ subject: 'P1', severity: 'blue', values: { exposure: '25.01', share: '0.0250' } }],
  },
  { name: 'on 2026-03-02 exactly 2.5 % is none', kind: 'boundary', on: '2026-03-02', given: [tier1, loan('01:00:00', '25.00')], expect: [] },
  { name: 'on 2026-03-02 a small loan is none', kind: 'quiet', on: '2026-03-02', given: [tier1, loan('01:00:00', '10.00')], expect: [] },
  {
    name: 'on 2026-03-02 it ends without slack as soon as it is back at the threshold',
    kind: 'boundary',
    on: '2026-03-02',
    given: [tier1, loan('01:00:00', '30.00'), loan('02:00:00', '25.00')],
    expect: [{ subject: 'P1', revisions: ['blue', 'resolved'], at: '02:00:00' }],
  },
] satisfies Case[]
