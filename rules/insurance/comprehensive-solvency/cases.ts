import type { Case, CaseEvent } from '#contract'

const metric = (at: string, name: string, value: string, rest: Partial<CaseEvent['data']> = {}): CaseEvent => ({
  type: 'inst.metric',
  at,
  institution: 'INS01',
  data: { metric: name, value, unit: 'CNY', period: '2025-12-31', basis: 'solo', ...rest },
})
const actual = (at: string, value: string, rest?: Partial<CaseEvent['data']>) => metric(at, 'actual-capital', value, rest)
const minimum = (at: string, value: string) => metric(at, 'minimum-capital', value)

export default [
  {
    name: 'on 2026-03-02 actual capital of 99.99 % of the minimum is below its limit',
    kind: 'firing',
    on: '2026-03-02',
    given: [minimum('01:00:00', '100000000.00'), actual('01:00:00', '99990000.00')],
    expect: [{ subject: 'INS01', severity: 'red', at: '01:00:00', values: { ratio: '0.9999' }, revisions: ['red'] }],
  },
  {
    name: 'on 2026-03-02 a repair leads over the watch line back into order',
    kind: 'firing',
    on: '2026-03-02',
    given: [minimum('01:00:00', '1000.00'), actual('01:00:00', '990.00'), actual('02:00:00', '1100.00'), actual('03:00:00', '1200.00')],
    expect: [{ subject: 'INS01', state: 'resolved', at: '03:00:00', revisions: ['red', 'yellow', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a minimum that rises is enough',
    kind: 'firing',
    on: '2026-03-02',
    given: [minimum('01:00:00', '500.00'), actual('01:00:00', '1000.00'), minimum('02:00:00', '1000.00')],
    expect: [{ subject: 'INS01', severity: 'yellow', at: '02:00:00' }],
  },
  {
    name: 'on 2026-03-02 exactly the limit is watched, not broken, and exactly the watch line is in order',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      minimum('01:00:00', '1000.00'),
      actual('01:00:00', '1000.00'),
      { ...minimum('01:00:00', '1000.00'), institution: 'INS02' },
      { ...actual('01:00:00', '1200.00'), institution: 'INS02' },
    ],
    expect: [{ subject: 'INS01', severity: 'yellow', values: { ratio: '1.0000' } }],
  },
  {
    name: 'on 2026-03-02 the verdict is on unrounded numbers',
    kind: 'boundary',
    on: '2026-03-02',
    given: [minimum('01:00:00', '100000000.00'), actual('01:00:00', '99999999.99')],
    expect: [{ subject: 'INS01', severity: 'red', values: { ratio: '1.0000' } }],
  },
  {
    name: 'on 2026-03-02 the latest period counts, and solo before consolidated',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      minimum('01:00:00', '1000.00'),
      actual('01:00:00', '1200.00'),
      actual('02:00:00', '1.00', { period: '2025-09-30' }),
      actual('03:00:00', '1.00', { basis: 'consolidated' }),
    ],
    expect: [],
  },
  {
    name: 'on 2026-03-02 without a minimum, or with one of nothing, there is no verdict',
    kind: 'quiet',
    on: '2026-03-02',
    given: [actual('01:00:00', '1.00'), minimum('02:00:00', '0.00')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a correction that puts the ratio in order ends it at its tick',
    kind: 'boundary',
    on: '2026-03-02',
    given: [minimum('01:00:00', '1000.00'), actual('01:00:00', '990.00'), { ...actual('01:00:00', '1200.00'), op: 'correct', recordedAt: '05:00:00' }],
    expect: [{ subject: 'INS01', state: 'resolved', at: '05:00:00', revisions: ['red', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a figure that is taken back ends what rested on it',
    kind: 'boundary',
    on: '2026-03-02',
    given: [minimum('01:00:00', '1000.00'), actual('01:00:00', '990.00'), { ...minimum('02:00:00', '1000.00'), op: 'delete' }],
    expect: [{ subject: 'INS01', state: 'resolved', at: '02:00:00' }],
  },
  {
    name: 'on 2026-03-02 a late figure counts from when it came',
    kind: 'boundary',
    on: '2026-03-02',
    given: [minimum('01:00:00', '1000.00'), metric('03:00:00', 'pnl', '1.00'), actual('00:30:00', '990.00')],
    expect: [{ subject: 'INS01', severity: 'red', at: '02:59:55' }],
  },
] satisfies Case[]
