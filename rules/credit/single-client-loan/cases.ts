import type { Case } from '#contract'

const capital = (at: string, value: string, period = '2025-12-31', basis = 'solo') =>
  ({ type: 'inst.metric', at, data: { metric: 'net-capital', value, unit: 'CNY', period, basis } }) as const
const loan = (at: string, balance: string, id = 'L1', ccy = 'CNY', customer = 'C1') =>
  ({ type: 'credit.loan', at, data: { loanId: id, customerId: customer, product: 'corporate', balance, ccy, dpd: 0, class: 'normal' } }) as const
const usd = (at: string, value: string) =>
  ({ type: 'mkt.price', at, source: '/market', institution: 'MKT', data: { instrumentId: 'USD/CNY', kind: 'fx', value } }) as const

export default [
  {
    name: 'on 2026-03-02 two loans of one customer together pass a tenth of net capital',
    kind: 'firing',
    on: '2026-03-02',
    given: [capital('01:00:00', '1000.00'), loan('01:00:00', '60.00', 'L1'), loan('01:00:05', '40.01', 'L2')],
    expect: [{ subject: 'C1', severity: 'red', at: '01:00:05', values: { loans: '100.01', capital: '1000.00', share: '0.1000' }, revisions: ['red'] }],
  },
  {
    name: 'on 2026-03-02 exactly a tenth is lawful, and orange',
    kind: 'boundary',
    on: '2026-03-02',
    given: [capital('01:00:00', '100.00'), loan('01:00:00', '10.00')],
    expect: [{ subject: 'C1', severity: 'orange', values: { share: '0.1000' } }],
  },
  {
    name: 'on 2026-03-02 a cent below 80 % of the limit says nothing',
    kind: 'quiet',
    on: '2026-03-02',
    given: [capital('01:00:00', '1000.00'), loan('01:00:00', '79.99')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a band holds down to 2 points below its edge',
    kind: 'boundary',
    on: '2026-03-02',
    given: [capital('01:00:00', '1000.00'), loan('01:00:00', '80.00'), loan('02:00:00', '78.00'), loan('03:00:00', '77.99')],
    expect: [{ subject: 'C1', revisions: ['blue', 'resolved'], at: '03:00:00' }],
  },
  {
    name: 'on 2026-03-02 less capital alone raises the share',
    kind: 'firing',
    on: '2026-03-02',
    given: [capital('01:00:00', '1000.00'), loan('01:00:00', '50.00'), capital('02:00:00', '500.00', '2026-02-28')],
    expect: [{ subject: 'C1', severity: 'orange', at: '02:00:00' }],
  },
  {
    name: 'on 2026-03-02 consolidated capital counts only where no solo figure exists',
    kind: 'boundary',
    on: '2026-03-02',
    given: [capital('01:00:00', '100.00', '2026-02-28', 'consolidated'), capital('01:00:00', '1000.00'), loan('01:00:00', '50.00')],
    expect: [],
  },
  { name: 'on 2026-03-02 without any capital there is no verdict', kind: 'quiet', on: '2026-03-02', given: [loan('01:00:00', '50.00')], expect: [] },
  {
    name: 'from 2026-03-02 a dollar loan is taken at the last rate of the previous Shanghai day',
    kind: 'firing',
    on: '2026-03-02',
    given: [
      capital('01:00:00', '1000.00'),
      usd('01:00:00', '7.00'),
      loan('01:00:01', '13.00', 'L1', 'USD'),
      usd('02:00:00', '8.00'),
      loan('+1d 01:00:00', '1.00', 'L9', 'CNY', 'C9'),
    ],
    expect: [{ subject: 'C1', severity: 'red', at: '16:00:00', values: { loans: '104.00', share: '0.1040' }, revisions: ['yellow', 'red'] }],
  },
] satisfies Case[]
