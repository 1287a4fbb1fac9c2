import type { Case, CaseEvent } from '#contract'

const cash = (
  at: string,
  direction: 'in' | 'out',
  value: string,
  rest: { party?: string; ccy?: string; channel?: string; institution?: string } = {},
): CaseEvent => ({
  type: 'pay.payment',
  at,
  ...(rest.institution !== undefined && { institution: rest.institution }),
  data: {
    paymentId: `T${at}${direction}${rest.institution ?? ''}`,
    debtorId: direction === 'out' ? (rest.party ?? 'C1') : 'CASH',
    debtorAccount: 'A1',
    creditorId: direction === 'in' ? (rest.party ?? 'C1') : 'CASH',
    creditorAccount: 'A2',
    amount: value,
    ccy: rest.ccy ?? 'CNY',
    channel: rest.channel ?? 'cash',
    cash: direction,
    crossBorder: false,
  },
})

export default [
  {
    name: 'on 2026-03-02 two deposits of one day reach the threshold together',
    kind: 'firing',
    on: '2026-03-02',
    given: [cash('01:00:00', 'in', '30000.00'), cash('03:00:00', 'in', '20000.00')],
    expect: [{ subject: 'C1', part: 'in', severity: 'blue', at: '03:00:00', values: { total: '50000.00', count: '2', direction: 'in' }, revisions: ['blue'] }],
  },
  {
    name: 'on 2026-03-02 what comes after shows when the day ends',
    kind: 'firing',
    on: '2026-03-02',
    given: [cash('01:00:00', 'out', '60000.00'), cash('03:00:00', 'out', '5000.00'), cash('16:00:01', 'in', '1.00')],
    expect: [{ subject: 'C1', part: 'out', values: { total: '65000.00', count: '2' }, revisions: ['blue', 'blue'] }],
  },
  {
    name: 'on 2026-03-02 in and out are apart',
    kind: 'boundary',
    on: '2026-03-02',
    given: [cash('01:00:00', 'in', '30000.00'), cash('03:00:00', 'out', '20000.00')],
    expect: [],
  },
  { name: 'on 2026-03-02 a cent less is none', kind: 'boundary', on: '2026-03-02', given: [cash('01:00:00', 'in', '49999.99')], expect: [] },
  {
    name: 'from 2026-03-02 midnight in Shanghai ends the day',
    kind: 'boundary',
    on: '2026-03-02',
    given: [cash('15:59:59', 'in', '30000.00'), cash('16:00:00', 'in', '30000.00')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 transfers, foreign cash and another bank’s cash do not count',
    kind: 'quiet',
    on: '2026-03-02',
    given: [
      cash('01:00:00', 'in', '40000.00'),
      cash('01:00:01', 'in', '40000.00', { channel: 'wire' }),
      cash('01:00:02', 'in', '40000.00', { ccy: 'USD' }),
      cash('01:00:03', 'in', '40000.00', { institution: 'B0002' }),
    ],
    expect: [],
  },
] satisfies Case[]
