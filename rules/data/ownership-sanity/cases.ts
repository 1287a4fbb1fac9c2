import type { Case, CaseEvent } from '#contract'

const owns = (owner: string, owned: string, share: string, at = '01:00:00', rest: Partial<CaseEvent> & { isComponent?: boolean } = {}): CaseEvent => ({
  type: 'ref.ownership',
  at,
  institution: 'REG',
  ...(rest.op !== undefined && { op: rest.op }),
  ...(rest.recordedAt !== undefined && { recordedAt: rest.recordedAt }),
  data: { ownershipId: `${owner}-${owned}-${share}`, owner, owned, kind: 'equity', share, ...(rest.isComponent === true && { isComponent: true }) },
})

export default [
  {
    name: 'on 2026-03-02 three owners of 40 % each own more than all',
    kind: 'firing',
    on: '2026-03-02',
    given: [owns('A1', 'X', '0.4'), owns('A2', 'X', '0.4'), owns('A3', 'X', '0.4')],
    expect: [{ subject: 'X', severity: 'orange', values: { sum: '1.2', reason: 'over-owned' } }],
  },
  {
    name: 'on 2026-03-02 a company that owns itself, and two that own each other wholly',
    kind: 'firing',
    on: '2026-03-02',
    given: [owns('S', 'S', '0.1'), owns('Y1', 'Y2', '1'), owns('Y2', 'Y1', '1')],
    expect: [
      { subject: 'S', values: { reason: 'self-owned' } },
      { subject: 'Y1', values: { reason: 'cycle-gain' } },
    ],
  },
  {
    name: 'on 2026-03-02 exactly all of it, in tenths, is in order',
    kind: 'boundary',
    on: '2026-03-02',
    given: Array.from({ length: 10 }, (_, i) => owns(`A${i}`, 'X', '0.1')),
    expect: [],
  },
  {
    name: 'on 2026-03-02 the detail of a record enters no sum, and a plain cross-holding is in order',
    kind: 'quiet',
    on: '2026-03-02',
    given: [owns('A1', 'X', '0.9'), owns('A1', 'X', '0.5', '01:00:00', { isComponent: true }), owns('Y1', 'Y2', '0.3'), owns('Y2', 'Y1', '0.3')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 taking one record back ends it',
    kind: 'boundary',
    on: '2026-03-02',
    given: [owns('A1', 'X', '0.6'), owns('A2', 'X', '0.5'), owns('A2', 'X', '0.5', '03:00:00', { op: 'delete' })],
    expect: [{ subject: 'X', at: '03:00:00', revisions: ['orange', 'resolved'] }],
  },
] satisfies Case[]
