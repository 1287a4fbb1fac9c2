import type { Case, CaseEvent } from '#contract'

const loan = (customerId: string, at = '01:00:00', rest: Partial<CaseEvent> & { loanId?: string } = {}): CaseEvent => ({
  type: 'credit.loan',
  at,
  institution: rest.institution ?? 'B0001',
  ...(rest.op !== undefined && { op: rest.op }),
  data: { loanId: rest.loanId ?? `L-${customerId}`, customerId, product: 'corporate', balance: '100.00', ccy: 'CNY', dpd: 0, class: 'normal' },
})
const guarantee = (providerId: string, customerId: string, at = '01:00:00', rest: Partial<CaseEvent> & { kind?: string; to?: string } = {}): CaseEvent => ({
  type: 'credit.mitigant',
  at,
  institution: rest.institution ?? 'B0001',
  ...(rest.op !== undefined && { op: rest.op }),
  ...(rest.recordedAt !== undefined && { recordedAt: rest.recordedAt }),
  data: {
    mitigantId: `G-${providerId}-${customerId}`,
    kind: rest.kind ?? 'guarantee',
    providerId,
    loanIds: [`L-${rest.to ?? customerId}`],
    value: '100.00',
    ccy: 'CNY',
  },
})
const loans = [loan('P1'), loan('P2'), loan('P3')]
const two = [guarantee('P1', 'P2'), guarantee('P2', 'P3')]

export default [
  {
    name: 'on 2026-03-02 the third guarantee closes the circle, and its release opens it',
    kind: 'firing',
    on: '2026-03-02',
    given: [...loans, ...two, guarantee('P3', 'P1', '02:00:00'), guarantee('P3', 'P1', '03:00:00', { op: 'delete' })],
    expect: [{ subject: 'P1', at: '03:00:00', values: { size: '3', members: 'P1,P2,P3', institutions: 'B0001' }, revisions: ['orange', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a loan that becomes another customer’s closes it, and repaid it is open again',
    kind: 'firing',
    on: '2026-03-02',
    given: [
      ...loans,
      ...two,
      loan('P9', '01:00:00', { loanId: 'L-X' }),
      guarantee('P3', 'X'),
      loan('P1', '02:00:00', { loanId: 'L-X' }),
      loan('P1', '04:00:00', { loanId: 'L-X', op: 'delete' }),
    ],
    expect: [{ subject: 'P1', at: '04:00:00', revisions: ['orange', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a circle that closes only across two banks is for the supervisor',
    kind: 'firing',
    on: '2026-03-02',
    given: [...loans, ...two, loan('P1', '01:00:00', { institution: 'B0002' }), guarantee('P3', 'P1', '02:00:00', { institution: 'B0002' })],
    expect: [{ subject: 'P1', at: '02:00:00', values: { institutions: 'B0001,B0002' } }],
  },
  {
    name: 'on 2026-03-02 two who guarantee each other are fewer than three',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...loans, guarantee('P1', 'P2'), guarantee('P2', 'P1')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a fourth member changes the circle, and is no new alert',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...loans, ...two, guarantee('P3', 'P1'), loan('P4'), guarantee('P3', 'P4', '03:00:00'), guarantee('P4', 'P1', '03:00:00')],
    expect: [{ subject: 'P1', at: '01:00:00', revisions: ['orange'] }],
  },
  {
    name: 'on 2026-03-02 a chain is no circle, and collateral is no guarantee',
    kind: 'quiet',
    on: '2026-03-02',
    given: [...loans, ...two, guarantee('P3', 'P1', '02:00:00', { kind: 'collateral' })],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a correction, known later, says whose loan it was for',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...loans, ...two, guarantee('P3', 'P1'), loan('P8'), guarantee('P3', 'P1', '01:00:00', { op: 'correct', recordedAt: '05:00:00', to: 'P8' })],
    expect: [{ subject: 'P1', at: '05:00:00', revisions: ['orange', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a guarantee that comes late takes effect when it is known',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...loans, ...two, loan('P8', '04:00:00'), guarantee('P3', 'P1', '01:00:00')],
    expect: [{ subject: 'P1', at: '03:59:55' }],
  },
] satisfies Case[]
