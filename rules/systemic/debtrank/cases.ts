import type { Case, CaseEvent } from '#contract'

const equity = (institution: string, value: string, at = '01:00:00'): CaseEvent => ({
  type: 'inst.metric',
  at,
  institution,
  data: { metric: 'equity', value, unit: 'CNY', period: '2025-12-31', basis: 'solo' },
})
const lends = (institution: string, issuerId: string, value: string, rest: Partial<CaseEvent> = {}): CaseEvent => ({
  type: 'book.position',
  at: '01:00:00',
  institution,
  ...rest,
  data: { positionId: `${institution}-${issuerId}`, book: 'banking', kind: 'interbank', issuerId, side: 'long', value, ccy: 'CNY' },
})
const hundreds = [equity('B0001', '100.00'), equity('B0002', '100.00'), equity('B0003', '100.00')]

export default [
  {
    name: 'on 2026-03-02 a default that costs the others a cent over a tenth of the equity of all',
    kind: 'firing',
    on: '2026-03-02',
    given: [...hundreds, lends('B0002', 'B0001', '30.01')],
    expect: [{ subject: 'B0001', severity: 'orange', values: { impact: '0.1000' } }],
  },
  {
    name: 'on 2026-03-02 distress goes on along the chain: half of the second, a quarter of the third',
    kind: 'firing',
    on: '2026-03-02',
    given: [...hundreds, lends('B0002', 'B0001', '50.00'), lends('B0003', 'B0002', '50.00')],
    expect: [
      { subject: 'B0001', severity: 'orange', values: { impact: '0.2500' } },
      { subject: 'B0002', severity: 'orange', values: { impact: '0.1667' } },
    ],
  },
  {
    name: 'on 2026-03-02 nobody loses more than its equity, and the own loss does not count',
    kind: 'firing',
    on: '2026-03-02',
    given: [...hundreds, lends('B0002', 'B0001', '500.00')],
    expect: [{ subject: 'B0001', values: { impact: '0.3333' } }],
  },
  {
    name: 'on 2026-03-02 exactly a tenth is none',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...hundreds, lends('B0002', 'B0001', '30.00')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a small claim, and one on a bank whose equity nobody stated, are none',
    kind: 'quiet',
    on: '2026-03-02',
    given: [...hundreds, lends('B0002', 'B0001', '5.00'), lends('B0002', 'B0009', '90.00')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 more equity elsewhere ends it without a statement about the bank',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...hundreds, lends('B0002', 'B0001', '40.00'), equity('B0003', '300.00', '02:00:00')],
    expect: [{ subject: 'B0001', at: '02:00:00', revisions: ['orange', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a correction of the claim, known later, ends it then',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...hundreds, lends('B0002', 'B0001', '40.00'), lends('B0002', 'B0001', '4.00', { op: 'correct', recordedAt: '03:00:00' })],
    expect: [{ subject: 'B0001', at: '03:00:00', revisions: ['orange', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a claim that comes late counts from the watermark of its log on',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...hundreds, equity('B0003', '100.00', '02:00:00'), lends('B0002', 'B0001', '40.00', { at: '01:30:00' })],
    expect: [{ subject: 'B0001', at: '01:59:55', severity: 'orange' }],
  },
] satisfies Case[]
