import type { Case, CaseEvent } from '#contract'

/** Each in a period of its own: the day on which it was reported. */
const deposits = (at: string, value: string, rest: Partial<CaseEvent> = {}, period = `day ${/^\+(\d)/.exec(at)?.[1] ?? '0'}`): CaseEvent => ({
  type: 'inst.metric',
  at,
  ...rest,
  data: { metric: 'deposits', value, unit: 'CNY', period, basis: 'solo' },
})

export default [
  {
    name: 'from 2026-03-02 more than 3 % gone within a day is orange, and ends when it is no more',
    kind: 'firing',
    on: '2026-03-02',
    given: [deposits('09:00:00', '1000.00'), deposits('+1d 09:00:00', '969.00'), deposits('+2d 09:00:00', '960.00')],
    expect: [{ subject: 'B0001', at: '+2d 09:00:00', state: 'resolved', revisions: ['orange', 'resolved'] }],
  },
  {
    name: 'on 2026-03-03 it shows what was there a day before',
    kind: 'firing',
    on: '2026-03-02',
    given: [deposits('09:00:00', '1000.00'), deposits('+1d 09:00:00', '969.00')],
    expect: [{ subject: 'B0001', severity: 'orange', at: '+1d 09:00:00', values: { now: '969.00', before: '1000.00', outflow: '0.0310', horizon: 'day' } }],
  },
  {
    name: 'from 2026-03-02 more than 8 % gone within five days is red, though no day was steep',
    kind: 'firing',
    on: '2026-03-02',
    given: [
      deposits('09:00:00', '1000.00'),
      deposits('+1d 09:00:00', '980.00'),
      deposits('+2d 09:00:00', '960.00'),
      deposits('+3d 09:00:00', '945.00'),
      deposits('+4d 09:00:00', '930.00'),
      deposits('+5d 09:00:00', '919.99'),
    ],
    expect: [{ subject: 'B0001', severity: 'red', at: '+5d 09:00:00', values: { before: '1000.00', outflow: '0.0800', horizon: 'week' }, revisions: ['red'] }],
  },
  {
    name: 'on 2026-03-03 the passing of time alone ends it: a day later the low value is what was there before',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      deposits('09:00:00', '1000.00'),
      deposits('+1d 09:00:00', '950.00'),
      { type: 'sys.heartbeat', at: '+2d 10:00:00', data: { until: '2026-03-04T10:00:00Z' } },
    ],
    expect: [{ subject: 'B0001', at: '+2d 09:00:00', state: 'resolved', values: { now: '950.00', before: '950.00' }, revisions: ['orange', 'resolved'] }],
  },
  {
    name: 'from 2026-03-02 exactly 3 % and exactly 8 % are none',
    kind: 'boundary',
    on: '2026-03-02',
    given: [deposits('09:00:00', '1000.00'), deposits('+1d 09:00:00', '970.00'), deposits('+2d 09:00:00', '945.00'), deposits('+5d 09:00:00', '920.00')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 with nothing before there is no verdict, however deep it falls within the day',
    kind: 'quiet',
    on: '2026-03-02',
    given: [deposits('09:00:00', '1000.00'), deposits('10:00:00', '500.00', {}, 'day 1')],
    expect: [],
  },
  {
    name: 'from 2026-03-02 deposits that grow are quiet',
    kind: 'quiet',
    on: '2026-03-02',
    given: [deposits('09:00:00', '1000.00'), deposits('+1d 09:00:00', '1200.00')],
    expect: [],
  },
  {
    name: 'from 2026-03-02 a period restated from day to day falls as well',
    kind: 'boundary',
    on: '2026-03-02',
    given: [deposits('09:00:00', '1000.00', {}, '2026-03'), deposits('+1d 10:00:00', '900.00', {}, '2026-03')],
    expect: [{ subject: 'B0001', severity: 'orange', values: { before: '1000.00', now: '900.00' } }],
  },
  {
    name: 'on 2026-03-03 a correction of what was there before revises it at its tick',
    kind: 'boundary',
    on: '2026-03-02',
    given: [deposits('09:00:00', '1000.00'), deposits('+1d 09:00:00', '960.00'), deposits('09:00:00', '970.00', { op: 'correct', recordedAt: '+1d 12:00:00' })],
    expect: [{ subject: 'B0001', at: '+1d 12:00:00', state: 'resolved', revisions: ['orange', 'resolved'] }],
  },
  {
    name: 'on 2026-03-03 a figure told late for the day before counts from when it came',
    kind: 'boundary',
    on: '2026-03-02',
    given: [deposits('+1d 09:00:00', '960.00'), deposits('09:00:00', '1000.00', { recordedAt: '+1d 11:00:00' })],
    expect: [{ subject: 'B0001', severity: 'orange', at: '+1d 11:00:00' }],
  },
] satisfies Case[]
