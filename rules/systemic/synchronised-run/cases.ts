import type { Case, CaseEvent } from '#contract'

const deposits = (institution: string, at: string, value: string, rest: Partial<CaseEvent> = {}): CaseEvent => ({
  type: 'inst.metric',
  at,
  institution,
  ...rest,
  data: { metric: 'deposits', value, unit: 'CNY', period: `2026-${at.replace('+', '')}`, basis: 'solo' },
})
/** What an institution has on the first day, and later a tenth less. */
const runs = (institution: string, at: string) => [deposits(institution, '01:00:00', '1000.00'), deposits(institution, at, '900.00')]
const inOrder = (events: CaseEvent[]) => [...events].sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))
const placeOf = ({ at }: CaseEvent) => (at.startsWith('+') ? at : `+0d ${at}`)

export default [
  {
    name: 'from 2026-03-02 the third bank whose deposits run off within a day makes it a run, at once',
    kind: 'firing',
    on: '2026-03-02',
    beside: ['LQ-06'],
    given: inOrder([...runs('B0001', '+2d 01:00:00'), ...runs('B0002', '+2d 05:00:00'), ...runs('B0003', '+2d 09:30:00')]),
    expect: [
      {
        subject: 'system',
        severity: 'red',
        at: '+2d 09:30:00',
        values: { institutions: 'B0001,B0002,B0003', count: '3' },
        revisions: ['red'],
      },
    ],
  },
  {
    name: 'from 2026-03-02 a fourth bank shows when the window closes',
    kind: 'firing',
    on: '2026-03-02',
    beside: ['LQ-06'],
    given: inOrder([...runs('B0001', '+2d 01:00:00'), ...runs('B0002', '+2d 05:00:00'), ...runs('B0003', '+2d 09:30:00'), ...runs('B0004', '+2d 09:40:00')]),
    expect: [{ subject: 'system', at: '+2d 10:00:00', values: { institutions: 'B0001,B0002,B0003,B0004', count: '4' }, revisions: ['red', 'red'] }],
  },
  {
    name: 'from 2026-03-02 a second run-off of one bank does not count again',
    kind: 'boundary',
    on: '2026-03-02',
    beside: ['LQ-06'],
    given: inOrder([
      ...runs('B0001', '+2d 01:00:00'),
      deposits('B0001', '+2d 02:00:00', '1000.00'),
      deposits('B0001', '+2d 03:00:00', '900.00'),
      ...runs('B0002', '+2d 05:00:00'),
    ]),
    expect: [],
  },
  {
    name: 'from 2026-03-02 a day between the first and the third is too long, an hour less is not',
    kind: 'boundary',
    on: '2026-03-02',
    beside: ['LQ-06'],
    given: inOrder([...runs('B0001', '+2d 01:00:00'), ...runs('B0002', '+2d 05:00:00'), ...runs('B0003', '+3d 01:00:00'), ...runs('B0004', '+3d 04:59:59')]),
    expect: [{ subject: 'system', at: '+3d 04:59:59', values: { institutions: 'B0002,B0003,B0004' } }],
  },
  {
    name: 'from 2026-03-02 an alert that is over by then still counts',
    kind: 'boundary',
    on: '2026-03-02',
    beside: ['LQ-06'],
    given: inOrder([
      ...runs('B0001', '+2d 01:00:00'),
      deposits('B0001', '+2d 02:00:00', '1000.00'),
      ...runs('B0002', '+2d 05:00:00'),
      ...runs('B0003', '+2d 09:30:00'),
    ]),
    expect: [{ subject: 'system', values: { institutions: 'B0001,B0002,B0003' } }],
  },
  {
    name: 'from 2026-03-02 two banks are too few, and small outflows are none',
    kind: 'quiet',
    on: '2026-03-02',
    beside: ['LQ-06'],
    given: inOrder([
      ...runs('B0001', '+2d 01:00:00'),
      ...runs('B0002', '+2d 05:00:00'),
      deposits('B0003', '01:00:00', '1000.00'),
      deposits('B0003', '+2d 09:00:00', '990.00'),
    ]),
    expect: [],
  },
  {
    name: 'from 2026-03-02 a figure that is corrected into a run-off counts from its correction on',
    kind: 'boundary',
    on: '2026-03-02',
    beside: ['LQ-06'],
    given: inOrder([
      ...runs('B0001', '+2d 01:00:00'),
      ...runs('B0002', '+2d 05:00:00'),
      deposits('B0003', '01:00:00', '1000.00'),
      deposits('B0003', '+2d 06:00:00', '1000.00'),
      deposits('B0003', '+2d 06:00:00', '900.00', { op: 'correct', recordedAt: '+2d 07:00:00' }),
    ]),
    expect: [{ subject: 'system', at: '+2d 07:00:00', revisions: ['red'] }],
  },
  {
    name: 'from 2026-03-02 a figure that comes late counts from the watermark of its log on',
    kind: 'boundary',
    on: '2026-03-02',
    beside: ['LQ-06'],
    given: [
      ...inOrder([...runs('B0001', '+2d 01:00:00'), ...runs('B0002', '+2d 05:00:00'), deposits('B0003', '01:00:00', '1000.00')]),
      deposits('B0009', '+2d 06:00:00', '1.00'),
      deposits('B0003', '+2d 05:30:00', '900.00'),
    ],
    expect: [{ subject: 'system', at: '+2d 05:59:55', revisions: ['red'] }],
  },
] satisfies Case[]
