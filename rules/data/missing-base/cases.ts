import type { Case, CaseEvent } from '#contract'

const metric = (at: string, name: string, value = '1000.00'): CaseEvent => ({
  type: 'inst.metric',
  at,
  data: { metric: name, value, unit: 'CNY', period: '2025-12-31', basis: 'solo' },
})
const loan = (at: string, balance: string, customerId = 'P1'): CaseEvent => ({
  type: 'credit.loan',
  at,
  data: { loanId: `L-${customerId}`, customerId, product: 'corporate', balance, ccy: 'CNY', dpd: 0, class: 'normal' },
})
const units = (at: string, value: string): CaseEvent => ({
  type: 'book.position',
  at,
  data: { positionId: 'PO1', book: 'banking', kind: 'fundUnits', side: 'long', value, ccy: 'CNY', productId: 'F1' },
})
const bank: CaseEvent = {
  type: 'ref.party',
  at: '00:59:00',
  institution: 'REG',
  source: '/registry',
  data: { partyId: 'P1', kind: 'bank', name: 'P1' },
}
const LIMITS = ['CR-01', 'CR-02', 'CR-05', 'CR-06']

export default [
  {
    name: 'on 2026-03-02 a loan without any capital misses two bases, for the limits that had it to judge',
    kind: 'firing',
    on: '2026-03-02',
    beside: LIMITS,
    given: [loan('01:00:00', '50.00')],
    expect: [
      { subject: 'B0001', part: 'net-capital', severity: 'yellow', at: '01:00:00', values: { metric: 'net-capital', rules: 'CR-01' } },
      { subject: 'B0001', part: 'tier1', severity: 'yellow', at: '01:00:00', values: { metric: 'tier1', rules: 'CR-02,CR-06' } },
    ],
  },
  {
    name: 'on 2026-03-02 a product nobody has described misses tier 1 for the unknown client too; the base comes, and it ends',
    kind: 'firing',
    on: '2026-03-02',
    beside: LIMITS,
    given: [units('01:00:00', '50.00'), metric('02:00:00', 'tier1')],
    expect: [{ subject: 'B0001', part: 'tier1', at: '02:00:00', values: { rules: 'CR-05,CR-06' }, revisions: ['yellow', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 only limits that run are named',
    kind: 'boundary',
    on: '2026-03-02',
    beside: ['CR-01'],
    given: [loan('01:00:00', '50.00')],
    expect: [{ subject: 'B0001', part: 'net-capital', values: { rules: 'CR-01' } }],
  },
  {
    name: 'on 2026-03-02 without any limit nothing is missing',
    kind: 'quiet',
    on: '2026-03-02',
    given: [loan('01:00:00', '50.00')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 an institution with nothing to judge misses nothing, and neither does one with both bases',
    kind: 'quiet',
    on: '2026-03-02',
    beside: LIMITS,
    given: [metric('01:00:00', 'pnl'), { ...metric('01:00:00', 'tier1'), institution: 'B0002' }, ...both('01:00:00'), loan('01:00:01', '50.00')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a base that comes in the same second is not missed',
    kind: 'boundary',
    on: '2026-03-02',
    beside: LIMITS,
    given: [loan('01:00:00', '50.00'), ...both('01:00:00')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a bank as a client is outside CR-02, which is not named',
    kind: 'boundary',
    on: '2026-03-02',
    beside: ['CR-02', 'CR-06'],
    given: [bank, loan('01:00:00', '50.00')],
    expect: [{ subject: 'B0001', part: 'tier1', values: { rules: 'CR-06' } }],
  },
  {
    name: 'on 2026-03-02 limits that get something to judge later are no revision of their own, and are named at the end',
    kind: 'boundary',
    on: '2026-03-02',
    beside: LIMITS,
    given: [metric('01:00:00', 'net-capital'), loan('01:00:00', '50.00'), units('02:00:00', '60.00'), metric('03:00:00', 'tier1')],
    expect: [{ subject: 'B0001', part: 'tier1', at: '03:00:00', values: { rules: 'CR-02,CR-05,CR-06' }, revisions: ['yellow', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a base that is taken back is missed from then on',
    kind: 'boundary',
    on: '2026-03-02',
    beside: ['CR-01'],
    given: [metric('01:00:00', 'net-capital'), loan('01:00:00', '50.00'), { ...metric('02:00:00', 'net-capital'), op: 'delete' }],
    expect: [{ subject: 'B0001', part: 'net-capital', at: '02:00:00', revisions: ['yellow'] }],
  },
  {
    name: 'on 2026-03-02 a loan corrected to nothing leaves nothing to judge',
    kind: 'boundary',
    on: '2026-03-02',
    beside: ['CR-01', 'CR-02'],
    given: [loan('01:00:00', '50.00'), { ...loan('01:00:00', '0.00'), op: 'correct', recordedAt: '04:00:00' }],
    expect: [
      { subject: 'B0001', part: 'net-capital', at: '04:00:00', values: { rules: 'CR-01' }, revisions: ['yellow', 'resolved'] },
      { subject: 'B0001', part: 'tier1', at: '04:00:00', values: { rules: 'CR-02' }, revisions: ['yellow', 'resolved'] },
    ],
  },
  {
    name: 'on 2026-03-02 a base that comes late ends it when it comes',
    kind: 'boundary',
    on: '2026-03-02',
    beside: ['CR-01'],
    given: [loan('01:00:00', '50.00'), loan('03:00:00', '1.00', 'P2'), metric('00:30:00', 'net-capital')],
    expect: [{ subject: 'B0001', part: 'net-capital', at: '02:59:55', revisions: ['yellow', 'resolved'] }],
  },
] satisfies Case[]

function both(at: string): CaseEvent[] {
  return [metric(at, 'net-capital'), metric(at, 'tier1')]
}
