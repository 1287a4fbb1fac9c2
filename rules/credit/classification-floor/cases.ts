import type { Case } from '#contract'

const loan = (at: string, dpd: number, cls: string, id = 'L1') =>
  ({ type: 'credit.loan', at, data: { loanId: id, customerId: 'C1', product: 'corporate', balance: '10000.00', ccy: 'CNY', dpd, class: cls } }) as const

export default [
  {
    name: 'on 2026-03-02 a loan 91 days past due reported as special-mention is below its floor',
    kind: 'firing',
    on: '2026-03-02',
    given: [loan('01:00:00', 91, 'special-mention')],
    expect: [{ subject: 'L1', severity: 'red', at: '01:00:00', values: { dpd: '91', class: 'special-mention', floor: 'substandard' } }],
  },
  {
    name: 'on 2026-03-02 a loan reported worse than its floor is in order',
    kind: 'quiet',
    on: '2026-03-02',
    given: [loan('01:00:00', 10, 'doubtful')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 exactly 90 days still allow special-mention',
    kind: 'boundary',
    on: '2026-03-02',
    given: [loan('01:00:00', 90, 'special-mention')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 exactly 360 days ask for doubtful, 361 for loss',
    kind: 'boundary',
    on: '2026-03-02',
    given: [loan('01:00:00', 360, 'doubtful', 'L1'), loan('01:00:00', 361, 'doubtful', 'L2')],
    expect: [{ subject: 'L2', values: { floor: 'loss' } }],
  },
  {
    name: 'on 2026-03-02 a later statement in order ends the episode',
    kind: 'firing',
    on: '2026-03-02',
    given: [loan('01:00:00', 91, 'normal'), loan('02:00:00', 91, 'substandard')],
    expect: [{ subject: 'L1', state: 'resolved', at: '02:00:00', revisions: ['red', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a deleted loan has no floor any more',
    kind: 'firing',
    on: '2026-03-02',
    given: [loan('01:00:00', 91, 'normal'), { type: 'credit.loan', at: '03:00:00', op: 'delete', data: { loanId: 'L1' } }],
    expect: [{ subject: 'L1', revisions: ['red', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a statement about an earlier day than the one that stands changes nothing',
    kind: 'quiet',
    on: '2026-03-02',
    given: [loan('05:00:00', 0, 'normal'), { ...loan('01:00:00', 91, 'normal'), recordedAt: '06:00:00' }],
    expect: [],
  },
] satisfies Case[]
