import type { Case, CaseEvent } from '#contract'

const pledge = (at: string, mitigantId: string, loanIds: string[], rest: Partial<CaseEvent> & { assetId?: string; kind?: string } = {}): CaseEvent => ({
  type: 'credit.mitigant',
  at,
  institution: rest.institution ?? 'B0001',
  ...(rest.op !== undefined && { op: rest.op }),
  ...(rest.recordedAt !== undefined && { recordedAt: rest.recordedAt }),
  data: { mitigantId, kind: rest.kind ?? 'collateral', providerId: 'P1', loanIds, value: '100.00', ccy: 'CNY', assetId: rest.assetId ?? 'H1' },
})

export default [
  {
    name: 'on 2026-03-02 a second bank takes the same asset',
    kind: 'firing',
    on: '2026-03-02',
    given: [pledge('01:00:00', 'M1', ['L1']), pledge('02:00:00', 'M1', ['L9'], { institution: 'B0002' })],
    expect: [{ subject: 'H1', severity: 'red', at: '02:00:00', values: { pledges: '2', institutions: 'B0001,B0002' }, revisions: ['red'] }],
  },
  {
    name: 'on 2026-03-02 it ends when one of them releases the asset',
    kind: 'firing',
    on: '2026-03-02',
    given: [pledge('01:00:00', 'M1', ['L1']), pledge('01:00:00', 'M2', ['L2']), pledge('03:00:00', 'M2', [], { op: 'delete' })],
    expect: [{ subject: 'H1', at: '03:00:00', revisions: ['red', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 one pledge for several loans is one',
    kind: 'quiet',
    on: '2026-03-02',
    given: [pledge('01:00:00', 'M1', ['L1', 'L2'])],
    expect: [],
  },
  {
    name: 'on 2026-03-02 two records of the same loans are one pledge, and a guarantee that names an asset is none',
    kind: 'boundary',
    on: '2026-03-02',
    given: [pledge('01:00:00', 'M1', ['L1']), pledge('01:00:00', 'M2', ['L1']), pledge('01:00:00', 'M3', ['L2'], { kind: 'guarantee' })],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a correction that names another asset ends it',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      pledge('01:00:00', 'M1', ['L1']),
      pledge('01:00:00', 'M2', ['L2']),
      pledge('01:00:00', 'M2', ['L2'], { op: 'correct', recordedAt: '02:00:00', assetId: 'H2' }),
    ],
    expect: [{ subject: 'H1', at: '02:00:00', revisions: ['red', 'resolved'] }],
  },
] satisfies Case[]
