import type { Case, CaseEvent } from '#contract'

const holding = (at: string, totalAssets: string, rest: Partial<CaseEvent['data']> = {}): CaseEvent => ({
  type: 'product.holding',
  at,
  institution: 'AM001',
  data: { productId: 'F1', kind: 'fund', asOf: '2026-03-02', nav: '1000.00', totalAssets, lines: [], unidentified: '0.00', ...rest },
})
const publicFund = { publicFund: true }

export default [
  {
    name: 'on 2026-03-02 a private product with assets above twice its net assets breaks its limit',
    kind: 'firing',
    on: '2026-03-02',
    given: [holding('01:00:00', '2000.01')],
    expect: [{ subject: 'F1', severity: 'red', at: '01:00:00', values: { leverage: '2.0000' }, revisions: ['red'] }],
  },
  {
    name: 'on 2026-03-02 a public fund has the tighter limit',
    kind: 'firing',
    on: '2026-03-02',
    given: [holding('01:00:00', '1500.00', publicFund)],
    expect: [{ subject: 'F1', severity: 'red', values: { leverage: '1.5000' } }],
  },
  {
    name: 'on 2026-03-02 what is paid back leads down the ladder and out of it',
    kind: 'firing',
    on: '2026-03-02',
    given: [holding('01:00:00', '2100.00'), holding('02:00:00', '1900.00'), holding('03:00:00', '1700.00'), holding('04:00:00', '1500.00')],
    expect: [{ subject: 'F1', state: 'resolved', at: '04:00:00', revisions: ['red', 'orange', 'blue', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 less than 80 % of the limit is quiet',
    kind: 'quiet',
    on: '2026-03-02',
    given: [holding('01:00:00', '1599.99'), holding('01:00:00', '1119.99', { productId: 'F2', ...publicFund })],
    expect: [],
  },
  {
    name: 'on 2026-03-02 exactly the limit is lawful, and orange',
    kind: 'boundary',
    on: '2026-03-02',
    given: [holding('01:00:00', '2000.00'), holding('01:00:00', '1400.00', { productId: 'F2', ...publicFund })],
    expect: [
      { subject: 'F1', severity: 'orange', values: { leverage: '2.0000' } },
      { subject: 'F2', severity: 'orange', values: { leverage: '1.4000' } },
    ],
  },
  {
    name: 'on 2026-03-02 a band holds on while the value is no more than two points below its edge',
    kind: 'boundary',
    on: '2026-03-02',
    given: [holding('01:00:00', '2000.01'), holding('02:00:00', '1960.00'), holding('03:00:00', '1959.99')],
    expect: [{ subject: 'F1', at: '03:00:00', revisions: ['red', 'orange'] }],
  },
  {
    name: 'on 2026-03-02 a product without net assets is over every limit',
    kind: 'boundary',
    on: '2026-03-02',
    given: [holding('01:00:00', '10.00', { nav: '0.00' })],
    expect: [{ subject: 'F1', severity: 'red' }],
  },
  {
    name: 'on 2026-03-02 another source’s word on the product is a claim, and judged by nobody',
    kind: 'boundary',
    on: '2026-03-02',
    given: [holding('01:00:00', '1000.00'), { ...holding('02:00:00', '9000.00'), institution: 'B0001' }],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a correction in order ends the episode when it comes',
    kind: 'boundary',
    on: '2026-03-02',
    given: [holding('01:00:00', '3000.00'), { ...holding('01:00:00', '1000.00'), op: 'correct', recordedAt: '05:00:00' }],
    expect: [{ subject: 'F1', state: 'resolved', at: '05:00:00', revisions: ['red', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a product that is no more has no leverage',
    kind: 'boundary',
    on: '2026-03-02',
    given: [holding('01:00:00', '3000.00'), { type: 'product.holding', at: '02:00:00', institution: 'AM001', op: 'delete', data: { productId: 'F1' } }],
    expect: [{ subject: 'F1', state: 'resolved', at: '02:00:00', values: { leverage: '3.0000' } }],
  },
  {
    name: 'on 2026-03-02 a late statement is judged when it comes, unless a later one stands',
    kind: 'boundary',
    on: '2026-03-02',
    given: [holding('03:00:00', '1000.00'), holding('00:30:00', '3000.00', { productId: 'F2' }), { ...holding('00:30:00', '3000.00'), recordedAt: '05:00:00' }],
    expect: [{ subject: 'F2', severity: 'red', at: '02:59:55' }],
  },
  {
    name: 'on 2026-03-02 two episodes of one instant are two alerts',
    kind: 'boundary',
    on: '2026-03-02',
    given: [holding('01:00:00', '3000.00'), holding('01:00:00', '1000.00'), holding('01:00:00', '3000.00')],
    expect: [
      { subject: 'F1', revisions: ['red', 'resolved'] },
      { subject: 'F1', revisions: ['red'] },
    ],
  },
] satisfies Case[]
