import type { Case, CaseEvent } from '#contract'

const tier1: CaseEvent = { type: 'inst.metric', at: '01:00:00', data: { metric: 'tier1', value: '1000.00', unit: 'CNY', period: '2025-12-31', basis: 'solo' } }
const loan = (customerId: string, balance: string, at = '01:00:00', institution = 'B0001'): CaseEvent => ({
  type: 'credit.loan',
  at,
  institution,
  data: { loanId: `L-${customerId}`, customerId, product: 'corporate', balance, ccy: 'CNY', dpd: 0, class: 'normal' },
})
const owns = (owner: string, owned: string, share: string, at = '01:00:00', rest: Partial<CaseEvent> & { kind?: string } = {}): CaseEvent => ({
  type: 'ref.ownership',
  at,
  institution: 'REG',
  ...(rest.op !== undefined && { op: rest.op }),
  ...(rest.recordedAt !== undefined && { recordedAt: rest.recordedAt }),
  data: { ownershipId: `${owner}-${owned}`, owner, owned, kind: rest.kind ?? 'equity', share },
})

export default [
  {
    name: 'on 2026-03-02 two clients past the limit together, one controls the other',
    kind: 'firing',
    on: '2026-03-02',
    given: [tier1, loan('P1', '120.00'), loan('P2', '80.01'), owns('P1', 'P2', '0.51', '02:00:00')],
    expect: [{ subject: 'P1', severity: 'red', at: '02:00:00', values: { exposure: '200.01', share: '0.2000', members: 'P1,P2' } }],
  },
  {
    name: 'on 2026-03-02 selling down to half splits the group',
    kind: 'firing',
    on: '2026-03-02',
    given: [tier1, loan('P1', '120.00'), loan('P2', '90.00'), owns('P1', 'P2', '0.51'), owns('P1', 'P2', '0.50', '03:00:00')],
    expect: [{ subject: 'P1', at: '03:00:00', revisions: ['red', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a smaller name in the group ends the alert and opens another',
    kind: 'firing',
    on: '2026-03-02',
    given: [tier1, loan('P1', '120.00'), loan('P2', '90.00'), owns('P1', 'P2', '0.60'), owns('P0', 'P1', '0.90', '02:00:00')],
    expect: [
      { subject: 'P1', at: '02:00:00', revisions: ['red', 'resolved'] },
      { subject: 'P0', at: '02:00:00', revisions: ['red'], values: { members: 'P0,P1,P2' } },
    ],
  },
  {
    name: 'on 2026-03-02 dependence joins too, in either direction',
    kind: 'firing',
    on: '2026-03-02',
    given: [tier1, loan('P1', '120.00'), loan('P2', '90.00'), owns('P2', 'P1', '0', '01:00:00', { kind: 'dependence' })],
    expect: [{ subject: 'P1', severity: 'red' }],
  },
  {
    name: 'on 2026-03-02 exactly a fifth of tier 1 is lawful, and orange',
    kind: 'boundary',
    on: '2026-03-02',
    given: [tier1, loan('P1', '120.00'), loan('P2', '80.00'), owns('P1', 'P2', '0.51')],
    expect: [{ subject: 'P1', severity: 'orange' }],
  },
  {
    name: 'on 2026-03-02 exactly half of the votes is no control',
    kind: 'boundary',
    on: '2026-03-02',
    given: [tier1, loan('P1', '120.00'), loan('P2', '120.00'), owns('P1', 'P2', '0.5')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 one client alone is no group, and another bank’s loans are another bank’s',
    kind: 'quiet',
    on: '2026-03-02',
    given: [tier1, loan('P1', '300.00'), loan('P2', '150.00'), loan('P3', '150.00', '01:00:00', 'B0002'), owns('P2', 'P3', '0.9')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a correction of the share, known later, splits them then',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      tier1,
      loan('P1', '120.00'),
      loan('P2', '120.00'),
      owns('P1', 'P2', '0.51'),
      owns('P1', 'P2', '0.15', '01:00:00', { op: 'correct', recordedAt: '05:00:00' }),
    ],
    expect: [{ subject: 'P1', at: '05:00:00', revisions: ['red', 'resolved'] }],
  },
  {
    name: 'from 2026-03-02 an ownership that ends by its own date splits them at that Shanghai midnight',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      tier1,
      loan('P1', '120.00'),
      loan('P2', '120.00'),
      {
        type: 'ref.ownership',
        at: '01:00:00',
        institution: 'REG',
        data: { ownershipId: 'O1', owner: 'P1', owned: 'P2', kind: 'equity', share: '0.51', to: '2026-03-03' },
      },
      loan('P9', '1.00', '17:00:00'),
    ],
    expect: [{ subject: 'P1', at: '16:00:00', revisions: ['red', 'resolved'] }],
  },
] satisfies Case[]
