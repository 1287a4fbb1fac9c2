import type { Case, CaseEvent } from '#contract'

const claim = (institution: string, side: 'long' | 'short', issuerId: string, value: string, rest: Partial<CaseEvent> = {}): CaseEvent => ({
  type: 'book.position',
  at: '01:00:00',
  institution,
  ...rest,
  data: { positionId: `${side}-${issuerId}`, book: 'banking', kind: 'interbank', issuerId, side, value, ccy: 'CNY' },
})
const lent = (value: string, rest?: Partial<CaseEvent>) => claim('B0001', 'long', 'B0002', value, rest)
const borrowed = (value: string, rest?: Partial<CaseEvent>) => claim('B0002', 'short', 'B0001', value, rest)

export default [
  {
    name: 'on 2026-03-02 one says it lent 100.00, the other that it borrowed 80.00',
    kind: 'firing',
    on: '2026-03-02',
    given: [lent('100.00'), borrowed('80.00')],
    expect: [{ subject: 'B0001>B0002', severity: 'orange', values: { lent: '100.00', borrowed: '80.00', difference: '20.00' } }],
  },
  {
    name: 'on 2026-03-02 what only the borrower reports is a difference of all of it',
    kind: 'firing',
    on: '2026-03-02',
    given: [borrowed('80.00')],
    expect: [{ subject: 'B0001>B0002', values: { lent: '0.00', borrowed: '80.00', difference: '80.00' } }],
  },
  {
    name: 'on 2026-03-02 one percent of the larger amount is within tolerance',
    kind: 'boundary',
    on: '2026-03-02',
    given: [lent('99.00'), borrowed('100.00')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a cent more is not',
    kind: 'boundary',
    on: '2026-03-02',
    given: [lent('98.99'), borrowed('100.00')],
    expect: [{ subject: 'B0001>B0002', values: { difference: '1.01' } }],
  },
  {
    name: 'on 2026-03-02 both agree, each the other way round is another pair, and deposits are not compared',
    kind: 'quiet',
    on: '2026-03-02',
    given: [
      lent('100.00'),
      borrowed('100.00'),
      claim('B0002', 'long', 'B0001', '7.00'),
      claim('B0001', 'short', 'B0002', '7.00'),
      { ...lent('55.00'), data: { positionId: 'D1', book: 'banking', kind: 'deposit', issuerId: 'B0002', side: 'long', value: '55.00', ccy: 'CNY' } },
    ],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a correction by one side, known later, ends it then',
    kind: 'boundary',
    on: '2026-03-02',
    given: [lent('100.00'), borrowed('80.00'), borrowed('100.00', { op: 'correct', recordedAt: '03:00:00' })],
    expect: [{ subject: 'B0001>B0002', at: '03:00:00', revisions: ['orange', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 the side that comes late ends it at the watermark of its log',
    kind: 'boundary',
    on: '2026-03-02',
    given: [lent('100.00'), lent('100.00', { at: '02:00:00' }), borrowed('100.00', { at: '01:30:00' })],
    expect: [{ subject: 'B0001>B0002', at: '01:59:55', revisions: ['orange', 'resolved'] }],
  },
] satisfies Case[]
