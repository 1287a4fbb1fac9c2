import type { Case, CaseEvent } from '#contract'

const loan = (at: string, institution = 'B0001', data: Record<string, unknown> = {}): CaseEvent => ({
  type: 'credit.loan',
  at,
  institution,
  data: { loanId: `L${at}`, customerId: 'C1', product: 'corporate', balance: '100.00', ccy: 'CNY', dpd: 0, class: 'normal', ...data },
})
const heartbeat = (at: string): CaseEvent => ({ type: 'sys.heartbeat', at, data: { until: `2026-03-02T${at}Z` } })
const others = (...times: string[]) => times.map((at) => loan(at, 'B0002'))

export default [
  {
    name: 'on 2026-03-02 the first second after ten minutes without a word is silence, until the next word',
    kind: 'firing',
    on: '2026-03-02',
    given: [loan('01:00:00'), ...others('01:05:00', '01:12:00'), loan('01:12:30')],
    expect: [
      {
        subject: 'B0001',
        severity: 'orange',
        at: '01:12:30',
        state: 'resolved',
        values: { last: '2026-03-02T01:12:30.000Z' },
        revisions: ['orange', 'resolved'],
      },
    ],
  },
  {
    name: 'on 2026-03-02 the alert names the last word, of whatever type',
    kind: 'firing',
    on: '2026-03-02',
    given: [loan('01:00:00'), heartbeat('01:01:00'), ...others('01:09:00', '01:18:00')],
    expect: [{ subject: 'B0001', at: '01:11:01', state: 'new', values: { last: '2026-03-02T01:01:00.000Z' } }],
  },
  {
    name: 'on 2026-03-02 a heartbeat is a word',
    kind: 'quiet',
    on: '2026-03-02',
    given: [loan('01:00:00'), heartbeat('01:08:00'), ...others('01:09:00', '01:17:00')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 the end of the log is not silence',
    kind: 'quiet',
    on: '2026-03-02',
    given: [loan('01:00:00'), ...others('01:00:30')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 exactly ten minutes are no silence',
    kind: 'boundary',
    on: '2026-03-02',
    given: [loan('01:00:00'), ...others('01:09:00'), loan('01:10:00'), ...others('01:18:00', '01:20:00')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a correction is a word, when it is recorded',
    kind: 'quiet',
    on: '2026-03-02',
    given: [loan('01:00:00'), { ...loan('01:00:00'), op: 'correct', recordedAt: '01:08:00' }, ...others('01:09:00', '01:17:00')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a late event is a word when it takes effect, and what is refused is none',
    kind: 'firing',
    on: '2026-03-02',
    dead: 1,
    given: [loan('01:00:00'), ...others('01:08:00'), loan('01:01:00'), loan('01:12:00', 'B0001', { balance: '1.234' }), ...others('01:17:00', '01:19:00')],
    expect: [{ subject: 'B0001', at: '01:17:56', state: 'new', values: { last: '2026-03-02T01:07:55.000Z' } }],
  },
] satisfies Case[]
