import type { Case, CaseEvent } from '#contract'

const metric = (at: string, name: string, value: string, rest: Partial<CaseEvent['data']> = {}): CaseEvent => ({
  type: 'inst.metric',
  at,
  institution: 'INS01',
  data: { metric: name, value, unit: 'CNY', period: '2025-12-31', basis: 'solo', ...rest },
})
const core = (at: string, value: string, rest?: Partial<CaseEvent['data']>) => metric(at, 'core-capital', value, rest)
const minimum = (at: string, value: string) => metric(at, 'minimum-capital', value)

export default [
  {
    name: 'on 2026-03-02 core capital of 49.99 % of the minimum is below its limit',
    kind: 'firing',
    on: '2026-03-02',
    given: [minimum('01:00:00', '100000000.00'), core('01:00:00', '49990000.00')],
    expect: [{ subject: 'INS01', severity: 'red', at: '01:00:00', values: { ratio: '0.4999' }, revisions: ['red'] }],
  },
  {
    name: 'on 2026-03-02 a repair leads over the watch line back into order',
    kind: 'firing',
    on: '2026-03-02',
    given: [minimum('01:00:00', '1000.00'), core('01:00:00', '490.00'), core('02:00:00', '550.00'), core('03:00:00', '600.00')],
    expect: [{ subject: 'INS01', state: 'resolved', at: '03:00:00', revisions: ['red', 'yellow', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a minimum that rises is enough',
    kind: 'firing',
    on: '2026-03-02',
    given: [minimum('01:00:00', '500.00'), core('01:00:00', '500.00'), minimum('02:00:00', '1000.00')],
    expect: [{ subject: 'INS01', severity: 'yellow', at: '02:00:00' }],
  },
  {
    name: 'on 2026-03-02 exactly the limit is watched, not broken, and exactly the watch line is in order',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      minimum('01:00:00', '1000.00'),
      core('01:00:00', '500.00'),
      { ...minimum('01:00:00', '1000.00'), institution: 'INS02' },
      { ...core('01:00:00', '600.00'), institution: 'INS02' },
    ],
    expect: [{ subject: 'INS01', severity: 'yellow', values: { ratio: '0.5000' } }],
  },
  {
    name: 'on 2026-03-02 the verdict is on unrounded numbers',
    kind: 'boundary',
    on: '2026-03-02',
    given: [minimum('01:00:00', '100000000.00'), core('01:00:00', '49999999.99')],
    expect: [{ subject: 'INS01', severity: 'red', values: { ratio: '0.5000' } }],
  },
  {
    name: 'on 2026-03-02 the latest period counts, and solo before consolidated',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      minimum('01:00:00', '1000.00'),
      core('01:00:00', '600.00'),
      core('02:00:00', '1.00', { period: '2025-09-30' }),
      core('03:00:00', '1.00', { basis: 'consolidated' }),
    ],
    expect: [],
  },
  {
    name: 'on 2026-03-02 without a minimum, or with one of nothing, there is no verdict',
    kind: 'quiet',
    on: '2026-03-02',
    given: [core('01:00:00', '1.00'), minimum('02:00:00', '0.00')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a correction that puts the ratio in order ends it at its tick',
    kind: 'boundary',
    on: '2026-03-02',
    given: [minimum('01:00:00', '1000.00'), core('01:00:00', '490.00'), { ...core('01:00:00', '600.00'), op: 'correct', recordedAt: '05:00:00' }],
    expect: [{ subject: 'INS01', state: 'resolved', at: '05:00:00', revisions: ['red', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a figure that is taken back ends what rested on it',
    kind: 'boundary',
    on: '2026-03-02',
    given: [minimum('01:00:00', '1000.00'), core('01:00:00', '490.00'), { ...minimum('02:00:00', '1000.00'), op: 'delete' }],
    expect: [{ subject: 'INS01', state: 'resolved', at: '02:00:00' }],
  },
  {
    name: 'on 2026-03-02 a late figure counts from when it came',
    kind: 'boundary',
    on: '2026-03-02',
    given: [minimum('01:00:00', '1000.00'), metric('03:00:00', 'pnl', '1.00'), core('00:30:00', '490.00')],
    expect: [{ subject: 'INS01', severity: 'red', at: '02:59:55' }],
  },
] satisfies Case[]
