import type { Case, CaseEvent } from '#contract'

const pays = (at: string, paymentId: string, from: string, to: string, amount: string, rest: Partial<CaseEvent> = {}): CaseEvent => ({
  type: 'pay.payment',
  at,
  ...rest,
  data: {
    paymentId,
    debtorId: `P-${from}`,
    debtorAccount: from,
    creditorId: `P-${to}`,
    creditorAccount: to,
    amount,
    ccy: 'CNY',
    channel: 'wire',
    crossBorder: false,
  },
})
const two = [pays('01:00:00', 'T1', 'A2', 'A3', '1000.00'), pays('02:00:00', 'T2', 'A3', 'A1', '900.00')]

export default [
  {
    name: 'on 2026-03-02 the third payment brings the money back',
    kind: 'firing',
    on: '2026-03-02',
    given: [...two, pays('03:00:00', 'T3', 'A1', 'A2', '800.00')],
    expect: [{ subject: 'A1', severity: 'orange', at: '03:00:00', values: { hops: '3', amount: '800.00' }, revisions: ['orange'] }],
  },
  {
    name: 'on 2026-03-02 a payment that closes it twice is two alerts, each with the shortest way',
    kind: 'firing',
    on: '2026-03-02',
    given: [
      pays('01:00:00', 'T1', 'A5', 'A1', '100.00'),
      pays('02:00:00', 'T2', 'A1', 'A9', '100.00'),
      pays('01:30:00', 'T3', 'A5', 'A2', '100.00', { source: '/institutions/B0001/core2' }),
      pays('02:30:00', 'T4', 'A2', 'A9', '100.00'),
      pays('03:00:00', 'T5', 'A9', 'A5', '100.00'),
    ],
    expect: [
      { subject: 'A1', at: '03:00:00', values: { hops: '3' } },
      { subject: 'A2', at: '03:00:00', values: { hops: '3' } },
    ],
  },
  {
    name: 'on 2026-03-02 eight tenths of the one before are enough',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...two, pays('03:00:00', 'T3', 'A1', 'A2', '720.00')],
    expect: [{ subject: 'A1', values: { amount: '720.00' } }],
  },
  {
    name: 'on 2026-03-02 one fen less is not',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...two, pays('03:00:00', 'T3', 'A1', 'A2', '719.99')],
    expect: [],
  },
  {
    name: 'from 2026-03-02 the tenth day counts',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...two, pays('+10d 01:00:00', 'T3', 'A1', 'A2', '900.00'), pays('+10d 01:00:01', 'T4', 'A1', 'A2', '900.00')],
    expect: [{ subject: 'A1', at: '+10d 01:00:00' }],
  },
  {
    name: 'on 2026-03-02 there and back, payments of one moment, and a way that begins after it ends are no round trips',
    kind: 'quiet',
    on: '2026-03-02',
    given: [
      pays('01:00:00', 'T1', 'A2', 'A1', '100.00'),
      pays('02:00:00', 'T2', 'A1', 'A2', '100.00'),
      pays('03:00:00', 'T3', 'A4', 'A5', '100.00'),
      pays('03:00:00', 'T4', 'A5', 'A6', '100.00'),
      pays('03:00:00', 'T5', 'A6', 'A4', '100.00'),
    ],
    expect: [],
  },
  {
    name: 'on 2026-03-02 the payee’s bank reports the closing payment too: one alert',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...two, pays('03:00:00', 'T3', 'A1', 'A2', '900.00'), pays('03:00:00', 'T3', 'A1', 'A2', '900.00', { institution: 'B0002' })],
    expect: [{ subject: 'A1', revisions: ['orange'] }],
  },
  {
    name: 'on 2026-03-02 a correction of a payment in the middle resolves it',
    kind: 'firing',
    on: '2026-03-02',
    given: [...two, pays('03:00:00', 'T3', 'A1', 'A2', '900.00'), pays('02:00:00', 'T2', 'A3', 'A1', '90.00', { op: 'correct', recordedAt: '05:00:00' })],
    expect: [{ subject: 'A1', at: '05:00:00', values: { hops: '3', amount: '900.00' }, revisions: ['orange', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a correction that says where a payment went makes one',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      pays('01:00:00', 'T1', 'A2', 'A3', '1000.00'),
      pays('02:00:00', 'T2', 'A3', 'A8', '900.00'),
      pays('03:00:00', 'T3', 'A1', 'A2', '900.00'),
      pays('02:00:00', 'T2', 'A3', 'A1', '900.00', { op: 'correct', recordedAt: '05:00:00' }),
    ],
    expect: [{ subject: 'A1', at: '05:00:00', revisions: ['orange'] }],
  },
  {
    name: 'on 2026-03-02 the closing payment is deleted',
    kind: 'firing',
    on: '2026-03-02',
    given: [...two, pays('03:00:00', 'T3', 'A1', 'A2', '900.00'), { type: 'pay.payment', at: '06:00:00', op: 'delete', data: { paymentId: 'T3' } }],
    expect: [{ subject: 'A1', at: '06:00:00', revisions: ['orange', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a closing payment that comes late closes it when it is known, and is dated as it was made',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...two, pays('05:00:00', 'T9', 'A7', 'A8', '1.00'), pays('03:00:00', 'T3', 'A1', 'A2', '900.00')],
    expect: [{ subject: 'A1', at: '03:00:00', revisions: ['orange'] }],
  },
] satisfies Case[]
