import type { Case, CaseEvent } from '#contract'

const trade = (at: string, tradeId: string, price: string, rest: Partial<CaseEvent> = {}, data: Record<string, unknown> = {}): CaseEvent => ({
  type: 'mkt.trade',
  at,
  ...rest,
  data: { tradeId, instrumentId: 'BOND1', buyer: 'B0001', seller: 'B0002', quantity: '1000', price, ccy: 'CNY', ...data },
})
const three = [trade('01:00:00', 'T1', '100'), trade('01:05:00', 'T2', '100'), trade('01:10:00', 'T3', '100')]

export default [
  {
    name: 'on 2026-03-02 a trade more than one percent above three others',
    kind: 'firing',
    on: '2026-03-02',
    given: [...three, trade('01:20:00', 'T4', '101.01')],
    expect: [
      {
        subject: 'T4',
        severity: 'orange',
        at: '01:20:00',
        values: { price: '101.0100000000', vwap: '100.0000000000', deviation: '0.0101' },
        revisions: ['orange'],
      },
    ],
  },
  {
    name: 'on 2026-03-02 the average goes by volume',
    kind: 'firing',
    on: '2026-03-02',
    given: [...three, trade('01:15:00', 'T4', '100.9', {}, { quantity: '7000' }), trade('01:20:00', 'T5', '99.6')],
    expect: [{ subject: 'T5', values: { vwap: '100.6300000000', deviation: '0.0102' } }],
  },
  {
    name: 'on 2026-03-02 exactly one percent is none, whatever the average is',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      ...three,
      trade('01:20:00', 'T4', '101'),
      ...[1, 2, 3].map((i) => trade(`02:0${i}:00`, `U${i}`, '10.1', {}, { instrumentId: 'BOND2' })),
      trade('02:10:00', 'U4', '9.999', {}, { instrumentId: 'BOND2' }),
      trade('03:00:00', 'V1', '10000', {}, { instrumentId: 'BOND3', quantity: '1' }),
      trade('03:01:00', 'V2', '0', {}, { instrumentId: 'BOND3', quantity: '50' }),
      trade('03:02:00', 'V3', '0', {}, { instrumentId: 'BOND3', quantity: '50' }),
      trade('03:03:00', 'V4', '100', {}, { instrumentId: 'BOND3' }),
    ],
    expect: [],
  },
  {
    name: 'on 2026-03-02 thirty minutes before it counts, a moment more does not, and nothing of its own instant',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      ...three,
      trade('01:30:00', 'T4', '110'),
      ...[1, 2, 3].map((i) => trade('03:00:00', `U${i}`, '10', {}, { instrumentId: 'BOND2' })),
      trade('03:30:01', 'U4', '20', {}, { instrumentId: 'BOND2' }),
      ...[1, 2, 3].map((i) => trade('04:00:00', `V${i}`, '10', {}, { instrumentId: 'BOND3' })),
      trade('04:00:00', 'V4', '20', {}, { instrumentId: 'BOND3' }),
    ],
    expect: [{ subject: 'T4' }],
  },
  {
    name: 'on 2026-03-02 two others are too few, also where both sides report one of them',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...three.slice(0, 2), trade('01:05:00', 'T2', '100', { institution: 'B0002' }), trade('01:20:00', 'T4', '120')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a trade both sides report is one alert, of whoever reported first',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...three, trade('01:20:00', 'T4', '120'), trade('01:20:00', 'T4', '120', { institution: 'B0002' })],
    expect: [{ subject: 'T4', revisions: ['orange'] }],
  },
  {
    name: 'on 2026-03-02 prices near each other, and other instruments, are none',
    kind: 'quiet',
    on: '2026-03-02',
    given: [...three, trade('01:20:00', 'T4', '99.5'), trade('01:21:00', 'T5', '50', {}, { instrumentId: 'BOND2' })],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a corrected price takes the alert back',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...three, trade('01:20:00', 'T4', '120'), trade('01:20:00', 'T4', '100.2', { op: 'correct', recordedAt: '05:00:00' })],
    expect: [{ subject: 'T4', at: '05:00:00', values: { price: '100.2000000000', deviation: '0.0020' }, revisions: ['orange', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a corrected price may be the one that is off',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...three, trade('01:20:00', 'T4', '100'), trade('01:20:00', 'T4', '120', { op: 'correct', recordedAt: '05:00:00' })],
    expect: [{ subject: 'T4', at: '05:00:00', values: { price: '120.0000000000' }, revisions: ['orange'] }],
  },
  {
    name: 'on 2026-03-02 a deleted trade takes its alert with it, and is in no average after that',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      ...three,
      trade('01:20:00', 'T4', '120'),
      { type: 'mkt.trade', at: '01:21:00', op: 'delete', data: { tradeId: 'T4', instrumentId: 'BOND1' } },
      { type: 'mkt.trade', at: '01:21:00', op: 'delete', data: { tradeId: 'T3', instrumentId: 'BOND1' } },
      trade('01:22:00', 'T5', '120'),
    ],
    expect: [{ subject: 'T4', at: '01:21:00', revisions: ['orange', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a trade that comes late is judged when it comes, and dated as it was made',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...three, trade('02:00:00', 'T9', '100', {}, { instrumentId: 'BOND9' }), trade('01:20:00', 'T4', '120')],
    expect: [{ subject: 'T4', at: '01:20:00', values: { vwap: '100.0000000000' }, revisions: ['orange'] }],
  },
] satisfies Case[]
