import type { Case, CaseEvent } from '#contract'

const party = (partyId: string, kind = 'company', rest: Partial<CaseEvent> = {}): CaseEvent => ({
  type: 'ref.party',
  at: '00:00:01',
  institution: 'REG',
  source: '/registry',
  ...rest,
  data: { partyId, kind, name: partyId },
})
const pay = (
  at: string,
  from: string,
  to: string,
  amount: string,
  { channel = 'wire', ccy = 'CNY', ...rest }: Partial<CaseEvent> & { channel?: string; ccy?: string } = {},
): CaseEvent => ({
  type: 'pay.payment',
  at,
  ...rest,
  data: {
    paymentId: `${from}-${to}-${at}`,
    debtorId: from,
    debtorAccount: `${from}-1`,
    creditorId: to,
    creditorAccount: `${to}-1`,
    amount,
    ccy,
    channel,
    crossBorder: false,
  },
})
const [company, other] = [party('C1'), party('C2')]

export default [
  {
    name: 'on 2026-03-02 two payments of a day reach the threshold for the company that pays, from person to person none does',
    kind: 'firing',
    on: '2026-03-02',
    given: [company, pay('01:00:00', 'C1', 'P1', '1500000.00'), pay('03:00:00', 'C1', 'P2', '500000.00'), pay('04:00:00', 'P1', 'P2', '9000000.00')],
    expect: [
      { subject: 'C1', part: 'out', severity: 'blue', at: '03:00:00', values: { total: '2000000.00', count: '2', direction: 'out' }, revisions: ['blue'] },
    ],
  },
  {
    name: 'on 2026-03-02 one payment is large for both companies, out for one and in for the other',
    kind: 'firing',
    on: '2026-03-02',
    given: [company, other, pay('01:00:00', 'C1', 'C2', '2000000.00')],
    expect: [
      { subject: 'C1', part: 'out', values: { total: '2000000.00', direction: 'out' } },
      { subject: 'C2', part: 'in', values: { total: '2000000.00', direction: 'in' } },
    ],
  },
  {
    name: 'on 2026-03-02 what comes after shows when the day ends',
    kind: 'firing',
    on: '2026-03-02',
    given: [company, pay('01:00:00', 'C1', 'P1', '2500000.00'), pay('03:00:00', 'C1', 'P1', '1.00'), pay('16:00:01', 'P1', 'P2', '1.00')],
    expect: [{ subject: 'C1', part: 'out', values: { total: '2500001.00', count: '2', direction: 'out' }, revisions: ['blue', 'blue'] }],
  },
  {
    name: 'on 2026-03-02 in and out are apart',
    kind: 'boundary',
    on: '2026-03-02',
    given: [company, pay('01:00:00', 'C1', 'P1', '1500000.00'), pay('02:00:00', 'P1', 'C1', '1500000.00')],
    expect: [],
  },
  { name: 'on 2026-03-02 a cent less is none', kind: 'boundary', on: '2026-03-02', given: [company, pay('01:00:00', 'C1', 'P1', '1999999.99')], expect: [] },
  {
    name: 'on 2026-03-02 cash, foreign currency, persons and another bank’s payments do not count',
    kind: 'quiet',
    on: '2026-03-02',
    given: [
      company,
      party('P1', 'person'),
      pay('01:00:00', 'C1', 'P1', '1500000.00'),
      pay('01:00:01', 'C1', 'P1', '1500000.00', { channel: 'cash' }),
      pay('01:00:02', 'C1', 'P1', '1500000.00', { ccy: 'USD' }),
      pay('01:00:03', 'C1', 'P1', '1500000.00', { institution: 'B0002' }),
      pay('01:00:04', 'P1', 'P3', '9000000.00'),
    ],
    expect: [],
  },
  {
    name: 'from 2026-03-02 midnight in Shanghai ends the day',
    kind: 'boundary',
    on: '2026-03-02',
    given: [company, pay('15:59:59', 'C1', 'P1', '1500000.00'), pay('16:00:00', 'C1', 'P1', '1500000.00')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 payments of a party count from the second in which it is known as a company',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      pay('01:00:00', 'C1', 'P1', '2000000.00'),
      party('C1', 'company', { at: '02:00:00' }),
      pay('02:00:00', 'C1', 'P1', '1900000.00'),
      pay('03:00:00', 'C1', 'P1', '100000.00'),
    ],
    expect: [{ subject: 'C1', part: 'out', at: '03:00:00', values: { total: '2000000.00', count: '2' } }],
  },
  {
    name: 'on 2026-03-02 a party that is no company any more pays as what it is',
    kind: 'boundary',
    on: '2026-03-02',
    given: [company, pay('01:00:00', 'C1', 'P1', '1900000.00'), party('C1', 'person', { at: '02:00:00' }), pay('03:00:00', 'C1', 'P1', '1900000.00')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a correction to less ends both alerts',
    kind: 'boundary',
    on: '2026-03-02',
    given: [company, other, pay('01:00:00', 'C1', 'C2', '2000000.00'), { ...pay('01:00:00', 'C1', 'C2', '1000000.00'), op: 'correct', recordedAt: '05:00:00' }],
    expect: [
      { subject: 'C1', part: 'out', state: 'resolved', at: '05:00:00', values: { total: '1000000.00', direction: 'out' } },
      { subject: 'C2', part: 'in', state: 'resolved', at: '05:00:00', values: { total: '1000000.00', direction: 'in' } },
    ],
  },
  {
    name: 'on 2026-03-02 a payment told late is left out',
    kind: 'boundary',
    on: '2026-03-02',
    given: [company, pay('03:00:00', 'C1', 'P1', '1500000.00'), pay('01:00:00', 'C1', 'P2', '1500000.00')],
    expect: [],
  },
] satisfies Case[]
