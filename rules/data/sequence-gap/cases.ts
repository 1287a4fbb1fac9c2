import type { Case, CaseEvent } from '#contract'

const loan = (at: string, sequence: number, more: Partial<CaseEvent> = {}): CaseEvent => ({
  type: 'credit.loan',
  at,
  sequence,
  data: { loanId: `L${sequence}`, customerId: 'C1', product: 'corporate', balance: '100.00', ccy: 'CNY', dpd: 0, class: 'normal' },
  ...more,
})
const STREAM = '/institutions/B0001/core|credit.loan'

export default [
  {
    name: 'on 2026-03-02 a minute after a later number the numbers before it are missing, to the end of the file',
    kind: 'firing',
    on: '2026-03-02',
    given: [loan('01:00:00', 1), loan('01:00:10', 5)],
    expect: [{ subject: STREAM, part: '2', severity: 'yellow', at: '01:01:10', state: 'new', values: { from: '2', to: '4' } }],
  },
  {
    name: 'on 2026-03-02 one alert per gap, resolved when all of it has come',
    kind: 'firing',
    on: '2026-03-02',
    given: [loan('01:00:00', 1), loan('01:00:10', 4), loan('01:00:20', 6), loan('01:02:00', 3), loan('01:03:00', 2), loan('01:04:00', 7)],
    expect: [
      { subject: STREAM, part: '2', at: '01:03:00', values: { from: '2', to: '3' }, revisions: ['yellow', 'resolved'] },
      { subject: STREAM, part: '5', at: '01:01:20', values: { from: '5', to: '5' }, revisions: ['yellow'] },
    ],
  },
  {
    name: 'on 2026-03-02 a gap that is filled in the middle before it is due is two',
    kind: 'firing',
    on: '2026-03-02',
    given: [loan('01:00:00', 1), loan('01:00:10', 7), loan('01:00:40', 4), loan('01:02:00', 8)],
    expect: [
      { subject: STREAM, part: '2', at: '01:01:10', values: { from: '2', to: '3' } },
      { subject: STREAM, part: '5', at: '01:01:10', values: { from: '5', to: '6' } },
    ],
  },
  {
    name: 'on 2026-03-02 numbers in any order, corrections among them, are all there; each type and source counts for itself',
    kind: 'quiet',
    on: '2026-03-02',
    given: [
      loan('01:00:03', 3),
      loan('01:00:01', 1),
      loan('01:00:00', 9, { source: '/institutions/B0001/cards' }),
      { type: 'sys.heartbeat', at: '01:00:04', sequence: 40, data: { until: '2026-03-02T01:00:00Z' } },
      loan('01:00:01', 2, { op: 'correct', recordedAt: '01:00:05' }),
      loan('01:05:00', 4),
    ],
    expect: [],
  },
  {
    name: 'on 2026-03-02 what comes within the very minute is in time',
    kind: 'boundary',
    on: '2026-03-02',
    given: [loan('01:00:00', 1), loan('01:00:10', 3), loan('01:01:10', 2), loan('01:05:00', 4)],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a second later it is not',
    kind: 'boundary',
    on: '2026-03-02',
    given: [loan('01:00:00', 1), loan('01:00:10', 3), loan('01:01:11', 2), loan('01:05:00', 4)],
    expect: [{ subject: STREAM, part: '2', at: '01:01:11', revisions: ['yellow', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a late number has come when it takes effect',
    kind: 'firing',
    on: '2026-03-02',
    given: [loan('01:00:00', 1), loan('01:00:10', 3), loan('01:03:00', 4), loan('01:00:05', 2)],
    expect: [{ subject: STREAM, part: '2', at: '01:02:55', revisions: ['yellow', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 the number of a refused event is missing, and one used twice is not',
    kind: 'firing',
    on: '2026-03-02',
    dead: 1,
    given: [loan('01:00:00', 1), loan('01:00:01', 2, { data: { loanId: 'L2' } }), loan('01:00:10', 3), loan('01:00:20', 3), loan('01:05:00', 4)],
    expect: [{ subject: STREAM, part: '2', at: '01:01:10', values: { from: '2', to: '2' } }],
  },
] satisfies Case[]
