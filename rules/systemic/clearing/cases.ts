import type { Case, CaseEvent } from '#contract'

const metric = (institution: string, name: string, value: string, at = '01:00:00'): CaseEvent => ({
  type: 'inst.metric',
  at,
  institution,
  data: { metric: name, value, unit: 'CNY', period: '2025-12-31', basis: 'solo' },
})
const balance = (institution: string, assets: string, liabilities = '0.00'): CaseEvent[] => [
  metric(institution, 'external-assets', assets),
  metric(institution, 'external-liabilities', liabilities),
]
const lends = (institution: string, issuerId: string, value: string, rest: Partial<CaseEvent> = {}): CaseEvent => ({
  type: 'book.position',
  at: '01:00:00',
  institution,
  ...rest,
  data: { positionId: `${institution}-${issuerId}`, book: 'banking', kind: 'interbank', issuerId, side: 'long', value, ccy: 'CNY' },
})
const acyclic = [
  ...balance('B0001', '3.00'),
  ...balance('B0002', '1.00'),
  ...balance('B0003', '0.00'),
  lends('B0002', 'B0001', '6.00'),
  lends('B0003', 'B0001', '6.00'),
  lends('B0003', 'B0002', '4.00'),
]

export default [
  {
    name: 'on 2026-03-02 one bank cannot pay, and so another cannot',
    kind: 'firing',
    on: '2026-03-02',
    given: acyclic,
    expect: [
      { subject: 'B0001', severity: 'red', values: { payment: '3.00', owed: '12.00', equity: '-9.00' } },
      { subject: 'B0002', severity: 'red', values: { payment: '2.50', owed: '4.00', equity: '-1.50' } },
    ],
  },
  {
    name: 'on 2026-03-02 external creditors are paid before the other banks',
    kind: 'firing',
    on: '2026-03-02',
    given: [...balance('B0001', '90.00', '80.00'), ...balance('B0002', '0.00'), lends('B0002', 'B0001', '100.00')],
    expect: [{ subject: 'B0001', values: { payment: '10.00', owed: '100.00', equity: '-90.00' } }],
  },
  {
    name: 'on 2026-03-02 with equal priority they share',
    kind: 'firing',
    on: '2026-03-02',
    params: { seniority: 'equal' },
    given: [...balance('B0001', '90.00', '80.00'), ...balance('B0002', '0.00'), lends('B0002', 'B0001', '100.00')],
    expect: [{ subject: 'B0001', values: { payment: '50.00', owed: '100.00', equity: '-90.00' } }],
  },
  {
    name: 'on 2026-03-02 a bank with exactly what it owes can pay',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...balance('B0001', '100.00'), ...balance('B0002', '0.00'), lends('B0002', 'B0001', '100.00')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a shock of one percent leaves it short by as much',
    kind: 'boundary',
    on: '2026-03-02',
    params: { shock: '0.01' },
    given: [...balance('B0001', '100.00'), ...balance('B0002', '0.00'), lends('B0002', 'B0001', '100.00')],
    expect: [{ subject: 'B0001', values: { payment: '99.00', equity: '-1.00' } }],
  },
  {
    name: 'on 2026-03-02 debts that only go round are paid, with no money at all; and nothing is said of a bank whose balance is not known',
    kind: 'quiet',
    on: '2026-03-02',
    given: [
      ...balance('B0001', '0.00'),
      ...balance('B0002', '0.00'),
      lends('B0001', 'B0002', '10.00'),
      lends('B0002', 'B0001', '10.00'),
      lends('B0001', 'B0009', '70.00'),
    ],
    expect: [],
  },
  {
    name: 'on 2026-03-02 the second bank recovers when the first is given what it lacks',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...acyclic, metric('B0001', 'external-assets', '12.00', '02:00:00')],
    expect: [
      { subject: 'B0001', at: '02:00:00', revisions: ['red', 'resolved'] },
      { subject: 'B0002', at: '02:00:00', revisions: ['red', 'resolved'] },
    ],
  },
  {
    name: 'on 2026-03-02 a correction of a claim, known later, ends it then',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...balance('B0001', '50.00'), lends('B0002', 'B0001', '100.00'), lends('B0002', 'B0001', '50.00', { op: 'correct', recordedAt: '03:00:00' })],
    expect: [{ subject: 'B0001', at: '03:00:00', revisions: ['red', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a claim that comes late counts from the watermark of its log on',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...balance('B0001', '50.00'), metric('B0001', 'external-liabilities', '0.00', '02:00:00'), lends('B0002', 'B0001', '100.00', { at: '01:30:00' })],
    expect: [{ subject: 'B0001', at: '01:59:55', severity: 'red' }],
  },
] satisfies Case[]
