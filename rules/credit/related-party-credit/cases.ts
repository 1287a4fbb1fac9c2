import type { Case, CaseEvent } from '#contract'

const capital: CaseEvent = {
  type: 'inst.metric',
  at: '01:00:00',
  data: { metric: 'net-capital', value: '1000.00', unit: 'CNY', period: '2025-12-31', basis: 'solo' },
}
const loan = (loanId: string, customerId: string, balance: string, rest: Partial<CaseEvent> & { related?: boolean } = {}): CaseEvent => ({
  type: 'credit.loan',
  at: rest.at ?? '01:00:00',
  ...(rest.op !== undefined && { op: rest.op }),
  ...(rest.recordedAt !== undefined && { recordedAt: rest.recordedAt }),
  data: { loanId, customerId, product: 'corporate', balance, ccy: 'CNY', dpd: 0, class: 'normal', ...(rest.related === true && { relatedParty: true }) },
})
const owns = (owner: string, owned: string, share: string, at = '01:00:00'): CaseEvent => ({
  type: 'ref.ownership',
  at,
  institution: 'REG',
  data: { ownershipId: `${owner}-${owned}`, owner, owned, kind: 'equity', share },
})
const margin = (loanIds: string[], value: string, at = '01:00:00'): CaseEvent => ({
  type: 'credit.mitigant',
  at,
  data: { mitigantId: 'M1', kind: 'margin', providerId: 'P1', loanIds, value, ccy: 'CNY' },
})

export default [
  {
    name: 'on 2026-03-02 a declared related party past a tenth of net capital',
    kind: 'firing',
    on: '2026-03-02',
    given: [capital, loan('L1', 'P1', '100.01', { related: true })],
    expect: [{ subject: 'P1', severity: 'red', values: { net: '100.01', capital: '1000.00', scope: 'single', share: '0.1000' } }],
  },
  {
    name: 'on 2026-03-02 an owner through two layers is related: 0.5 × 0.1 of the bank',
    kind: 'firing',
    on: '2026-03-02',
    given: [capital, loan('L1', 'P1', '120.00'), owns('P1', 'H1', '0.5', '02:00:00'), owns('H1', 'B0001', '0.1')],
    expect: [{ subject: 'P1', severity: 'red', at: '02:00:00', values: { scope: 'single' } }],
  },
  {
    name: 'on 2026-03-02 its group has a limit of its own',
    kind: 'firing',
    on: '2026-03-02',
    given: [capital, loan('L1', 'P1', '79.00', { related: true }), loan('L2', 'P2', '79.00'), owns('P1', 'P2', '0.6')],
    expect: [{ subject: 'P1', severity: 'red', values: { net: '158.00', scope: 'group' } }],
  },
  {
    name: 'on 2026-03-02 all related parties together past half',
    kind: 'firing',
    on: '2026-03-02',
    given: [capital, ...Array.from({ length: 7 }, (_, i) => loan(`L${i}`, `P${i}`, '72.00', { related: true }))],
    expect: [{ subject: 'all', severity: 'red', values: { net: '504.00', scope: 'all' } }],
  },
  {
    name: 'on 2026-03-02 margin is taken off, and the alert ends with it',
    kind: 'boundary',
    on: '2026-03-02',
    given: [capital, loan('L1', 'P1', '110.00', { related: true }), margin(['L1'], '50.00', '03:00:00')],
    expect: [{ subject: 'P1', at: '03:00:00', revisions: ['red', 'resolved'], values: { net: '60.00' } }],
  },
  {
    name: 'on 2026-03-02 exactly a tenth is lawful, and orange',
    kind: 'boundary',
    on: '2026-03-02',
    given: [capital, loan('L1', 'P1', '100.00', { related: true })],
    expect: [{ subject: 'P1', severity: 'orange' }],
  },
  {
    name: 'on 2026-03-02 below 5 % of the bank nobody is related by owning it, nor by lending from it',
    kind: 'quiet',
    on: '2026-03-02',
    given: [capital, loan('L1', 'P1', '200.00'), owns('P1', 'B0001', '0.049')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a correction of the declaration, known later, ends it then',
    kind: 'boundary',
    on: '2026-03-02',
    given: [capital, loan('L1', 'P1', '120.00', { related: true }), loan('L1', 'P1', '120.00', { op: 'correct', recordedAt: '06:00:00' })],
    expect: [{ subject: 'P1', at: '06:00:00', revisions: ['red', 'resolved'] }],
  },
] satisfies Case[]
