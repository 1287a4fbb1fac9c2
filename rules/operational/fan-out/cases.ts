import type { Case } from '#contract'

const pay = (at: string, to: string, amount = '100.00', from = 'A0', institution = 'B0001') =>
  ({
    type: 'pay.payment',
    at,
    institution,
    data: {
      paymentId: `${to}-${at}`,
      debtorId: from,
      debtorAccount: from,
      creditorId: to,
      creditorAccount: to,
      amount,
      ccy: 'CNY',
      channel: 'online',
      crossBorder: false,
    },
  }) as const
const receivers = (n: number, at = (i: number) => `01:00:${String(i).padStart(2, '0')}`) => Array.from({ length: n }, (_, i) => pay(at(i), `D${i}`))

export default [
  {
    name: 'on 2026-03-02 the eighth receiver opens the alert at its tick',
    kind: 'firing',
    on: '2026-03-02',
    given: receivers(8),
    expect: [{ subject: 'A0', severity: 'yellow', at: '01:00:07', values: { receivers: '8', total: '800.00' }, revisions: ['yellow'] }],
  },
  {
    name: 'on 2026-03-02 seven receivers are too few, however often they are paid',
    kind: 'quiet',
    on: '2026-03-02',
    given: [...receivers(7), ...receivers(7, (i) => `02:00:${String(i).padStart(2, '0')}`)],
    expect: [],
  },
  { name: 'on 2026-03-02 the same receiver counts once', kind: 'boundary', on: '2026-03-02', given: [...receivers(7), pay('03:00:00', 'D0')], expect: [] },
  {
    name: 'from 2026-03-02 receivers of the sixth day are in no window with the first',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...receivers(4), ...Array.from({ length: 4 }, (_, i) => pay(`+5d 01:00:0${i}`, `E${i}`))],
    expect: [],
  },
  {
    name: 'on 2026-03-02 two banks’ payments from one account number are not added up',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...receivers(4), ...Array.from({ length: 4 }, (_, i) => pay(`02:00:0${i}`, `E${i}`, '1.00', 'A0', 'B0002'))],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a ninth receiver shows in the closing revision',
    kind: 'firing',
    on: '2026-03-02',
    given: [...receivers(8), pay('05:00:00', 'D8')],
    expect: [{ subject: 'A0', at: '+1d 00:00:00', values: { receivers: '9', total: '900.00' }, revisions: ['yellow', 'yellow'] }],
  },
  {
    name: 'from 2026-03-02 an overlapping window belongs to the same alert',
    kind: 'firing',
    on: '2026-03-02',
    given: [...receivers(8), ...Array.from({ length: 8 }, (_, i) => pay(`+2d 01:00:0${i}`, `E${i}`))],
    expect: [{ subject: 'A0', at: '01:00:07' }],
  },
  {
    name: 'from 2026-03-02 a payment told late is in no window that drops it',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...receivers(7), pay('05:00:00', 'D0'), pay('02:00:00', 'D7')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a payment taken back takes its receiver with it',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...receivers(8), { type: 'pay.payment', at: '03:00:00', op: 'delete', data: { paymentId: 'D7-01:00:07', debtorAccount: 'A0' } }],
    expect: [{ subject: 'A0', state: 'resolved', at: '03:00:00', revisions: ['yellow', 'resolved'] }],
  },
] satisfies Case[]
