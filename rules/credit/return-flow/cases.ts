import type { Case, CaseEvent } from '#contract'

const loan: CaseEvent = {
  type: 'credit.loan',
  at: '01:00:00',
  data: { loanId: 'L1', customerId: 'P1', product: 'corporate', balance: '1000.00', ccy: 'CNY', dpd: 0, class: 'normal', disbursementAccount: 'P1/1' },
}
const owns = (at: string, share: string): CaseEvent => ({
  type: 'ref.ownership',
  at,
  institution: 'REG',
  data: { ownershipId: 'O1', owner: 'P1', owned: 'P7', kind: 'equity', share },
})
/** Accounts are `<party>/<n>`. */
const pays = (at: string, paymentId: string, from: string, to: string, amount: string, rest: Partial<CaseEvent> = {}, loanId?: string): CaseEvent => ({
  type: 'pay.payment',
  at,
  ...rest,
  data: {
    paymentId,
    debtorId: from.split('/')[0],
    debtorAccount: from,
    creditorId: to.split('/')[0],
    creditorAccount: to,
    amount,
    ccy: 'CNY',
    channel: 'wire',
    crossBorder: false,
    ...(loanId !== undefined && { loanId }),
  },
})
const drawn = pays('01:10:00', 'D1', 'B0001/1', 'P1/1', '1000.00', {}, 'L1')
const out = pays('02:00:00', 'T1', 'P1/1', 'P2/1', '600.00')

export default [
  {
    name: 'on 2026-03-02 a third comes back to another account of the borrower by way of a supplier',
    kind: 'firing',
    on: '2026-03-02',
    given: [loan, drawn, out, pays('03:00:00', 'T2', 'P2/1', 'P1/2', '333.35')],
    expect: [{ subject: 'L1', severity: 'orange', at: '03:00:00', values: { returned: '333.35', loan: '1000.00', share: '0.3334' }, revisions: ['orange'] }],
  },
  {
    name: 'on 2026-03-02 it came to a company that the borrower controls from later on, and no more when it is sold',
    kind: 'firing',
    on: '2026-03-02',
    given: [loan, drawn, out, pays('03:00:00', 'T2', 'P2/1', 'P7/1', '400.00'), owns('05:00:00', '0.60'), owns('08:00:00', '0.10')],
    expect: [{ subject: 'L1', at: '08:00:00', revisions: ['orange', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 three tenths are enough',
    kind: 'boundary',
    on: '2026-03-02',
    given: [loan, drawn, out, pays('03:00:00', 'T2', 'P2/1', 'P1/2', '300.00')],
    expect: [{ subject: 'L1', values: { share: '0.3000' } }],
  },
  {
    name: 'on 2026-03-02 one fen less is not',
    kind: 'boundary',
    on: '2026-03-02',
    given: [loan, drawn, out, pays('03:00:00', 'T2', 'P2/1', 'P1/2', '299.99')],
    expect: [],
  },
  {
    name: 'from 2026-03-02 the seventh day counts, to the second',
    kind: 'boundary',
    on: '2026-03-02',
    given: [loan, drawn, out, pays('+7d 01:10:00', 'T2', 'P2/1', 'P1/2', '300.00'), pays('+7d 01:10:01', 'T3', 'P2/1', 'P1/2', '200.00')],
    expect: [{ subject: 'L1', at: '+7d 01:10:00', values: { returned: '300.00' } }],
  },
  {
    name: 'on 2026-03-02 what the borrower moves between its own accounts, or gets back where the loan was paid to, has not come back',
    kind: 'quiet',
    on: '2026-03-02',
    given: [loan, drawn, pays('02:00:00', 'T0', 'P1/1', 'P1/2', '400.00'), out, pays('03:00:00', 'T2', 'P2/1', 'P1/1', '600.00')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a correction that names another creditor ends it',
    kind: 'firing',
    on: '2026-03-02',
    given: [
      loan,
      drawn,
      out,
      pays('03:00:00', 'T2', 'P2/1', 'P1/2', '400.00'),
      pays('03:00:00', 'T2', 'P2/1', 'P3/2', '400.00', { op: 'correct', recordedAt: '06:00:00' }),
    ],
    expect: [{ subject: 'L1', at: '06:00:00', revisions: ['orange', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a payment that comes late takes effect when it is known',
    kind: 'boundary',
    on: '2026-03-02',
    given: [loan, drawn, out, pays('04:00:00', 'T9', 'P5/1', 'P6/1', '1.00'), pays('03:00:00', 'T2', 'P2/1', 'P1/2', '400.00')],
    expect: [{ subject: 'L1', at: '03:59:55' }],
  },
] satisfies Case[]
