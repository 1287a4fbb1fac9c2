import type { Case, CaseEvent } from '#contract'

const fails = (at: string, institution: string, rest: Partial<CaseEvent> = {}, data: Record<string, unknown> = {}): CaseEvent => ({
  type: 'ops.incident',
  at,
  institution,
  ...rest,
  data: { incidentId: `I-${institution}`, kind: 'outage', startedAt: '2026-03-02T00:50:00Z', provinces: ['北京'], vendorId: 'V1', ...data },
})

export default [
  {
    name: 'on 2026-03-02 the second institution of one vendor opens it, and the third makes it red',
    kind: 'firing',
    on: '2026-03-02',
    given: [fails('01:00:10', 'B0001'), fails('01:20:00', 'B0002'), fails('01:30:00', 'B0003')],
    expect: [
      {
        subject: 'V1',
        severity: 'red',
        at: '01:30:00',
        values: { count: '3', institutions: 'B0001,B0002,B0003' },
        revisions: ['orange', 'red'],
      },
    ],
  },
  {
    name: 'on 2026-03-02 two institutions stay orange to the end of the window',
    kind: 'firing',
    on: '2026-03-02',
    given: [fails('01:00:10', 'B0001'), fails('01:20:00', 'B0002')],
    expect: [{ subject: 'V1', severity: 'orange', at: '01:20:00', values: { count: '2', institutions: 'B0001,B0002' }, revisions: ['orange'] }],
  },
  {
    name: 'on 2026-03-02 a third institution after the first window has closed makes a later window red, and the alert shows that one',
    kind: 'firing',
    on: '2026-03-02',
    given: [fails('01:00:10', 'B0001'), fails('01:30:00', 'B0002'), fails('01:45:30', 'B0003')],
    expect: [{ subject: 'V1', severity: 'red', at: '01:45:30', values: { institutions: 'B0001,B0002,B0003' }, revisions: ['orange', 'red'] }],
  },
  {
    name: 'on 2026-03-02 59 minutes apart there is a window for both, an hour apart there is none',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      fails('01:00:59', 'B0001'),
      fails('01:59:59', 'B0002'),
      fails('01:00:00', 'B0003', {}, { vendorId: 'V2' }),
      fails('02:00:00', 'B0004', {}, { vendorId: 'V2' }),
    ],
    expect: [{ subject: 'V1', at: '01:59:59' }],
  },
  {
    name: 'on 2026-03-02 two outages of one institution count once',
    kind: 'boundary',
    on: '2026-03-02',
    given: [fails('01:00:10', 'B0001'), fails('01:20:00', 'B0001', {}, { incidentId: 'I-2' })],
    expect: [],
  },
  {
    name: 'on 2026-03-02 fraud, outages of other vendors and of nobody’s are none',
    kind: 'quiet',
    on: '2026-03-02',
    given: [
      fails('01:00:10', 'B0001'),
      fails('01:20:00', 'B0002', {}, { vendorId: 'V2' }),
      fails('01:21:00', 'B0003', {}, { vendorId: undefined }),
      fails('01:22:00', 'B0004', {}, { kind: 'fraud' }),
    ],
    expect: [],
  },
  {
    name: 'on 2026-03-02 the third outage turns out to be another vendor’s: orange again',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      fails('01:00:10', 'B0001'),
      fails('01:20:00', 'B0002'),
      fails('01:30:00', 'B0003'),
      fails('01:30:00', 'B0003', { op: 'correct', recordedAt: '05:00:00' }, { vendorId: 'V2' }),
    ],
    expect: [{ subject: 'V1', severity: 'orange', at: '05:00:00', values: { institutions: 'B0001,B0002' }, revisions: ['orange', 'red', 'orange'] }],
  },
  {
    name: 'on 2026-03-02 an outage that is reported late is in no window',
    kind: 'boundary',
    on: '2026-03-02',
    given: [fails('01:00:10', 'B0001'), fails('01:20:00', 'B0009', {}, { vendorId: 'V9' }), fails('01:10:00', 'B0002')],
    expect: [],
  },
] satisfies Case[]
