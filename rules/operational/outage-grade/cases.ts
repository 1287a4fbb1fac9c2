import type { Case, CaseEvent } from '#contract'

const MANY = ['330000', '320000']
const ONE = ['330000']
/** An outage that began at midnight, UTC. */
const outage = (endedAt: string | undefined, provinces: string[], rest: Partial<CaseEvent> = {}, kind = 'outage', incidentId = 'IN1'): CaseEvent => ({
  type: 'ops.incident',
  at: endedAt ?? '00:00:00',
  ...rest,
  data: { incidentId, kind, startedAt: '2026-03-02T00:00:00Z', ...(endedAt !== undefined && { endedAt: `2026-03-02T${endedAt}Z` }), provinces },
})

export default [
  {
    name: 'on 2026-03-02 three hours in two provinces are grade Ⅰ',
    kind: 'firing',
    on: '2026-03-02',
    given: [outage(undefined, MANY), outage('03:00:00', MANY)],
    expect: [{ subject: 'IN1', severity: 'red', at: '03:00:00', values: { hours: '3.00', provinces: '320000,330000', grade: 'Ⅰ' }, revisions: ['red'] }],
  },
  {
    name: 'on 2026-03-02 three hours in one province are grade Ⅱ, six grade Ⅰ',
    kind: 'firing',
    on: '2026-03-02',
    given: [outage('03:00:00', ONE), outage('06:00:00', ONE, {}, 'outage', 'IN2')],
    expect: [
      { subject: 'IN1', severity: 'orange', values: { hours: '3.00', provinces: '330000', grade: 'Ⅱ' } },
      { subject: 'IN2', severity: 'red', values: { hours: '6.00', grade: 'Ⅰ' } },
    ],
  },
  {
    name: 'on 2026-03-02 an outage that goes on has no grade yet, and other incidents never have',
    kind: 'quiet',
    on: '2026-03-02',
    given: [outage(undefined, MANY), outage('09:00:00', MANY, {}, 'cyber', 'IN2')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a second short of half an hour is none, half an hour is',
    kind: 'boundary',
    on: '2026-03-02',
    given: [outage('00:29:59', MANY), outage('00:30:00', MANY, {}, 'outage', 'IN2')],
    expect: [{ subject: 'IN2', severity: 'orange', values: { hours: '0.50', grade: 'Ⅱ' } }],
  },
  {
    name: 'on 2026-03-02 a second short of three hours in two provinces stays grade Ⅱ, though it reads 3.00',
    kind: 'boundary',
    on: '2026-03-02',
    given: [outage('02:59:59', MANY)],
    expect: [{ subject: 'IN1', severity: 'orange', values: { hours: '3.00', grade: 'Ⅱ' } }],
  },
  {
    name: 'on 2026-03-02 one province named twice is one, and none is none',
    kind: 'boundary',
    on: '2026-03-02',
    given: [outage('02:00:00', ['330000', '330000']), outage('09:00:00', [], {}, 'outage', 'IN2')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 times of any zone are instants',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      {
        type: 'ops.incident',
        at: '01:00:00',
        data: { incidentId: 'IN1', kind: 'outage', startedAt: '2026-03-02T08:00:00+08:00', endedAt: '2026-03-02T01:00:00Z', provinces: MANY },
      },
    ],
    expect: [{ subject: 'IN1', values: { hours: '1.00' } }],
  },
  {
    name: 'on 2026-03-02 a correction to a shorter outage lowers the grade, one to minutes ends it',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      outage('03:00:00', MANY),
      {
        type: 'ops.incident',
        at: '03:00:00',
        op: 'correct',
        recordedAt: '05:00:00',
        data: { incidentId: 'IN1', kind: 'outage', startedAt: '2026-03-02T01:00:00Z', endedAt: '2026-03-02T03:00:00Z', provinces: MANY },
      },
      {
        type: 'ops.incident',
        at: '03:00:00',
        op: 'correct',
        recordedAt: '06:00:00',
        data: { incidentId: 'IN1', kind: 'outage', startedAt: '2026-03-02T02:50:00Z', endedAt: '2026-03-02T03:00:00Z', provinces: MANY },
      },
    ],
    expect: [{ subject: 'IN1', state: 'resolved', at: '06:00:00', revisions: ['red', 'orange', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 an outage told late is graded at its own time',
    kind: 'boundary',
    on: '2026-03-02',
    given: [outage('09:00:00', MANY, {}, 'data', 'IN2'), outage('03:00:00', MANY)],
    expect: [{ subject: 'IN1', severity: 'red', at: '03:00:00' }],
  },
] satisfies Case[]
