import type { Case, CaseEvent } from '#contract'

const cash = (at: string, value: string, rest: { direction?: 'in' | 'out'; ccy?: string; channel?: string; institution?: string } = {}): CaseEvent => {
  const { direction = 'in', ccy = 'CNY', channel = 'cash', institution = 'B0001' } = rest
  return {
    type: 'pay.payment',
    at,
    institution,
    data: {
      paymentId: `T${at}`,
      debtorId: direction === 'out' ? 'C1' : 'CASH',
      debtorAccount: 'A1',
      creditorId: direction === 'in' ? 'C1' : 'CASH',
      creditorAccount: 'A2',
      amount: value,
      ccy,
      channel,
      cash: direction,
      crossBorder: false,
    },
  }
}

export default [
  {
    name: 'from 2026-03-02 three deposits just below the threshold within a week open the alert at the third',
    kind: 'firing',
    on: '2026-03-02',
    given: [cash('01:00:00', '49000.00'), cash('+2d 01:00:00', '48000.00'), cash('+4d 01:00:00', '47000.00')],
    expect: [{ subject: 'C1', severity: 'orange', at: '+4d 01:00:00', values: { count: '3', total: '144000.00' }, revisions: ['orange'] }],
  },
  {
    name: 'on 2026-03-02 paying in and taking out are one habit',
    kind: 'firing',
    on: '2026-03-02',
    given: [cash('01:00:00', '49000.00'), cash('02:00:00', '49000.00', { direction: 'out' }), cash('03:00:00', '49000.00')],
    expect: [{ subject: 'C1', severity: 'orange', values: { count: '3', total: '147000.00' } }],
  },
  {
    name: 'from 2026-03-02 a fourth of the same days shows when the window closes, and an overlapping window belongs to the alert',
    kind: 'firing',
    on: '2026-03-02',
    given: [
      cash('01:00:00', '49000.00'),
      cash('02:00:00', '49000.00'),
      cash('03:00:00', '49000.00'),
      cash('04:00:00', '41000.00'),
      cash('+8d 01:00:00', '1.00'),
    ],
    expect: [{ subject: 'C1', values: { count: '4', total: '188000.00' }, revisions: ['orange', 'orange'] }],
  },
  {
    name: 'on 2026-03-02 two are too few, and small ones do not count',
    kind: 'quiet',
    on: '2026-03-02',
    given: [cash('01:00:00', '49000.00'), cash('02:00:00', '49000.00'), cash('03:00:00', '20000.00'), cash('04:00:00', '20000.00')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 80 % of the threshold counts, a cent less does not, and neither does the threshold itself',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      cash('01:00:00', '40000.00'),
      cash('02:00:00', '49999.99'),
      cash('03:00:00', '39999.99'),
      cash('04:00:00', '50000.00'),
      cash('05:00:00', '40000.00'),
    ],
    expect: [{ subject: 'C1', at: '05:00:00', values: { count: '3', total: '129999.99' } }],
  },
  {
    name: 'from 2026-03-02 the eighth day is in no window with the first',
    kind: 'boundary',
    on: '2026-03-02',
    given: [cash('01:00:00', '49000.00'), cash('02:00:00', '49000.00'), cash('+7d 01:00:00', '49000.00')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 transfers, foreign cash and another bank’s cash do not count',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      cash('01:00:00', '49000.00'),
      cash('01:00:01', '49000.00'),
      cash('01:00:02', '49000.00', { channel: 'wire' }),
      cash('01:00:03', '49000.00', { ccy: 'USD' }),
      cash('01:00:04', '49000.00', { institution: 'B0002' }),
    ],
    expect: [],
  },
  {
    name: 'on 2026-03-02 many in one part of the threshold must reach it together',
    kind: 'boundary',
    on: '2026-03-02',
    params: { floor: '0.1' },
    given: [cash('01:00:00', '20000.00'), cash('02:00:00', '20000.00'), cash('03:00:00', '9999.99'), cash('04:00:00', '6000.00')],
    expect: [{ subject: 'C1', at: '04:00:00', values: { count: '4', total: '55999.99' } }],
  },
  {
    name: 'on 2026-03-02 a correction out of the range ends it',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      cash('01:00:00', '49000.00'),
      cash('02:00:00', '49000.00'),
      cash('03:00:00', '49000.00'),
      { ...cash('03:00:00', '9000.00'), op: 'correct', recordedAt: '05:00:00' },
    ],
    expect: [{ subject: 'C1', state: 'resolved', at: '05:00:00', revisions: ['orange', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a payment told late is left out',
    kind: 'boundary',
    on: '2026-03-02',
    given: [cash('03:00:00', '49000.00'), cash('04:00:00', '49000.00'), cash('01:00:00', '49000.00')],
    expect: [],
  },
] satisfies Case[]
