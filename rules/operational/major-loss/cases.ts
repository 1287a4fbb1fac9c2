import type { Case, CaseEvent } from '#contract'

const capital = (at: string, value: string): CaseEvent => ({
  type: 'inst.metric',
  at,
  data: { metric: 'net-capital', value, unit: 'CNY', period: '2025-12-31', basis: 'solo' },
})
const incident = (at: string, loss: string | undefined, rest: Partial<CaseEvent> = {}, incidentId = 'IN1'): CaseEvent => ({
  type: 'ops.incident',
  at,
  ...rest,
  data: { incidentId, kind: 'fraud', startedAt: '2026-03-01T00:00:00Z', provinces: ['330000'], ...(loss !== undefined && { loss }) },
})

export default [
  {
    name: 'on 2026-03-02 a loss of fifty million is major for anyone',
    kind: 'firing',
    on: '2026-03-02',
    given: [capital('00:00:00', '9000000000.00'), incident('01:00:00', '50000000.00')],
    expect: [{ subject: 'IN1', severity: 'red', at: '01:00:00', values: { loss: '50000000.00', capital: '9000000000.00' }, revisions: ['red'] }],
  },
  {
    name: 'on 2026-03-02 a loss of 5 % of net capital is major for a small bank',
    kind: 'firing',
    on: '2026-03-02',
    given: [capital('00:00:00', '1000000.00'), incident('01:00:00', '50000.00')],
    expect: [{ subject: 'IN1', severity: 'red', values: { loss: '50000.00', capital: '1000000.00' } }],
  },
  {
    name: 'on 2026-03-02 incidents without a loss, and with one of nothing, are quiet',
    kind: 'quiet',
    on: '2026-03-02',
    given: [capital('00:00:00', '0.00'), incident('01:00:00', undefined), incident('01:00:00', '0.00', {}, 'IN2')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a cent less is none',
    kind: 'boundary',
    on: '2026-03-02',
    given: [capital('00:00:00', '1000000.00'), incident('01:00:00', '49999.99')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 without capital the amount alone decides',
    kind: 'boundary',
    on: '2026-03-02',
    given: [incident('01:00:00', '49999999.99'), incident('02:00:00', '50000000.00', {}, 'IN2')],
    expect: [{ subject: 'IN2', values: { loss: '50000000.00', capital: '' } }],
  },
  {
    name: 'on 2026-03-02 the base is the one that stood when the incident came',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      capital('00:00:00', '1000000.00'),
      incident('01:00:00', '50000.00'),
      capital('02:00:00', '9000000.00'),
      incident('03:00:00', '50000.00', {}, 'IN2'),
    ],
    expect: [{ subject: 'IN1', at: '01:00:00' }],
  },
  {
    name: 'on 2026-03-02 a correction to less ends the alert, one to more raises it',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      capital('00:00:00', '1000000.00'),
      incident('01:00:00', '60000.00'),
      incident('02:00:00', '1.00', {}, 'IN2'),
      incident('01:00:00', '40000.00', { op: 'correct', recordedAt: '05:00:00' }),
      incident('02:00:00', '70000.00', { op: 'correct', recordedAt: '06:00:00' }, 'IN2'),
    ],
    expect: [
      { subject: 'IN1', state: 'resolved', at: '05:00:00', revisions: ['red', 'resolved'] },
      { subject: 'IN2', state: 'new', at: '06:00:00', values: { loss: '70000.00' }, revisions: ['red'] },
    ],
  },
  {
    name: 'on 2026-03-02 an incident that is taken back ends its alert',
    kind: 'boundary',
    on: '2026-03-02',
    given: [incident('01:00:00', '60000000.00'), { type: 'ops.incident', at: '02:00:00', op: 'delete', data: { incidentId: 'IN1' } }],
    expect: [{ subject: 'IN1', state: 'resolved', at: '02:00:00', values: { loss: '60000000.00' } }],
  },
  {
    name: 'on 2026-03-02 an incident told late is judged, at its own time, by the base that stands when it comes',
    kind: 'boundary',
    on: '2026-03-02',
    given: [capital('00:00:00', '9000000.00'), capital('03:00:00', '1000000.00'), capital('03:00:10', '1000000.00'), incident('01:00:00', '50000.00')],
    expect: [{ subject: 'IN1', at: '01:00:00', values: { capital: '1000000.00' } }],
  },
] satisfies Case[]
