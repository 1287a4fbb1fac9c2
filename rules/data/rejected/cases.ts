import type { Case, CaseEvent } from '#contract'

const loan = (at: string, loanId: string, balance = '100.00', institution = 'B0001'): CaseEvent => ({
  type: 'credit.loan',
  at,
  institution,
  data: { loanId, customerId: 'C1', product: 'corporate', balance, ccy: 'CNY', dpd: 0, class: 'normal' },
})
const noMoney = (at: string, institution?: string) => loan(at, `M${at}`, '1.234', institution)
const noClass = (at: string): CaseEvent => ({ ...loan(at, `S${at}`), data: { loanId: `S${at}`, balance: '1.00' } })

export default [
  {
    name: 'on 2026-03-02 the first refused event opens the alert, the second shows when the hour ends',
    kind: 'firing',
    on: '2026-03-02',
    dead: 2,
    given: [loan('01:00:00', 'L1'), noClass('01:10:00'), noClass('01:59:59'), loan('02:10:00', 'L2')],
    expect: [{ subject: 'schema', severity: 'yellow', at: '02:00:00', values: { count: '2', reason: 'schema' }, revisions: ['yellow', 'yellow'] }],
  },
  {
    name: 'on 2026-03-02 each reason has an alert of its own',
    kind: 'firing',
    on: '2026-03-02',
    dead: 2,
    given: [loan('01:00:00', 'L1'), noClass('01:10:00'), noMoney('01:20:00')],
    expect: [
      { subject: 'schema', at: '01:10:00', values: { count: '1' } },
      { subject: 'bad-money', at: '01:20:00', values: { count: '1' } },
    ],
  },
  {
    name: 'on 2026-03-02 an institution whose events are all in order has none',
    kind: 'quiet',
    on: '2026-03-02',
    given: [loan('01:00:00', 'L1'), loan('01:00:00', 'L1', '200.00', 'B0002')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 what is refused at the full hour belongs to the hour that begins',
    kind: 'boundary',
    on: '2026-03-02',
    dead: 2,
    given: [loan('01:00:00', 'L1'), noClass('01:59:59'), noClass('02:00:00'), loan('03:10:00', 'L2')],
    expect: [
      { subject: 'schema', at: '01:59:59', values: { count: '1' }, revisions: ['yellow'] },
      { subject: 'schema', at: '02:00:00', values: { count: '1' }, revisions: ['yellow'] },
    ],
  },
  {
    name: 'on 2026-03-02 two refused events are below a threshold of three',
    kind: 'boundary',
    on: '2026-03-02',
    params: { least: '3' },
    dead: 2,
    given: [loan('01:00:00', 'L1'), noMoney('01:10:00'), noMoney('01:20:00')],
    expect: [],
  },
] satisfies Case[]
