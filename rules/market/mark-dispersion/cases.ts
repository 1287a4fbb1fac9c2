import type { Case, CaseEvent } from '#contract'

const marks = (at: string, institution: string, mark: string | undefined, rest: Partial<CaseEvent> = {}, data: Record<string, unknown> = {}): CaseEvent => ({
  type: 'book.position',
  at,
  institution,
  ...rest,
  data: {
    positionId: `P-${institution}`,
    book: 'trading',
    kind: 'bond',
    issuerId: 'C1',
    instrumentId: 'BOND1',
    side: 'long',
    value: '1000000.00',
    ccy: 'CNY',
    ...(mark !== undefined && { mark }),
    ...data,
  },
})
const three = [marks('01:00:00', 'B0001', '100'), marks('02:00:00', 'B0002', '100.5'), marks('03:00:00', 'B0003', '102.4')]

export default [
  {
    name: 'on 2026-03-02 three marks spread over more than two percent of their median when the Shanghai day ends',
    kind: 'firing',
    on: '2026-03-02',
    given: three,
    expect: [
      {
        subject: 'BOND1',
        severity: 'orange',
        at: '16:00:00',
        values: { max: '102.4000000000', min: '100.0000000000', median: '100.50000000000', institutions: 'B0001,B0002,B0003' },
        revisions: ['orange'],
      },
    ],
  },
  {
    name: 'on 2026-03-02 of an even number the median lies halfway',
    kind: 'firing',
    on: '2026-03-02',
    given: [marks('01:00:00', 'B0001', '100'), marks('02:00:00', 'B0002', '103.0000000001')],
    expect: [{ subject: 'BOND1', values: { median: '101.50000000005' } }],
  },
  {
    name: 'on 2026-03-02 the last mark of an institution counts, not its worst',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...three, marks('09:00:00', 'B0003', '101')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 exactly two percent of the median is none, a hair more is one',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      marks('01:00:00', 'B0001', '99'),
      marks('01:00:00', 'B0002', '100'),
      marks('01:00:00', 'B0003', '101'),
      marks('01:00:00', 'B0001', '99', {}, { positionId: 'P-2', instrumentId: 'BOND2' }),
      marks('01:00:00', 'B0002', '100', {}, { positionId: 'P-2', instrumentId: 'BOND2' }),
      marks('01:00:00', 'B0003', '101.0000000001', {}, { positionId: 'P-2', instrumentId: 'BOND2' }),
    ],
    expect: [{ subject: 'BOND2' }],
  },
  {
    name: 'from 2026-03-02 midnight in Shanghai parts the days',
    kind: 'boundary',
    on: '2026-03-02',
    given: [marks('15:59:59', 'B0001', '100'), marks('16:00:00', 'B0002', '110')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 one institution with two marks, other instruments and positions without a mark are none',
    kind: 'quiet',
    on: '2026-03-02',
    given: [
      marks('01:00:00', 'B0001', '100'),
      marks('02:00:00', 'B0001', '120', {}, { positionId: 'P-other' }),
      marks('03:00:00', 'B0002', '150', {}, { instrumentId: 'BOND9' }),
      marks('04:00:00', 'B0003', undefined),
    ],
    expect: [],
  },
  {
    name: 'from 2026-03-02 a mark corrected the next day takes the alert back',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...three, marks('03:00:00', 'B0003', '101', { op: 'correct', recordedAt: '+1d 02:00:00' })],
    expect: [{ subject: 'BOND1', at: '+1d 02:00:00', revisions: ['orange', 'resolved'] }],
  },
  {
    name: 'from 2026-03-02 a mark that comes after the day has been judged is left out of it',
    kind: 'boundary',
    on: '2026-03-02',
    given: [marks('01:00:00', 'B0001', '100'), marks('+1d 01:00:00', 'B0009', '1'), marks('03:00:00', 'B0002', '110')],
    expect: [],
  },
] satisfies Case[]
