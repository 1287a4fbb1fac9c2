import type { Case, CaseEvent } from '#contract'

const party = (partyId: string, flags: string[], at = '01:00:00'): CaseEvent => ({
  type: 'ref.party',
  at,
  institution: 'REG',
  data: { partyId, kind: 'company', name: partyId, flags },
})
const listed = (partyId: string, at?: string) => party(partyId, ['sanctioned'], at)
const owns = (owner: string, owned: string, share: string, kind = 'equity', at = '01:00:00'): CaseEvent => ({
  type: 'ref.ownership',
  at,
  institution: 'REG',
  data: { ownershipId: `${owner}-${owned}`, owner, owned, kind, share },
})
const pays = (at: string, debtorId: string, creditorId: string, rest: Partial<CaseEvent> = {}, paymentId = 'T1'): CaseEvent => ({
  type: 'pay.payment',
  at,
  ...rest,
  data: {
    paymentId,
    debtorId,
    debtorAccount: `${debtorId}/1`,
    creditorId,
    creditorAccount: `${creditorId}/1`,
    amount: '10.00',
    ccy: 'CNY',
    channel: 'wire',
    crossBorder: false,
  },
})

export default [
  {
    name: 'on 2026-03-02 a listed party is paid',
    kind: 'firing',
    on: '2026-03-02',
    given: [listed('P2'), pays('02:00:00', 'P1', 'P2')],
    expect: [{ subject: 'P2', severity: 'red', at: '02:00:00', values: { listed: 'P2', via: 'self', share: '1.0000' } }],
  },
  {
    name: 'on 2026-03-02 both sides of one payment are listed: an alert on each, and a correction of one leaves the other',
    kind: 'firing',
    on: '2026-03-02',
    given: [listed('P1'), listed('P2'), pays('02:00:00', 'P1', 'P2'), pays('02:00:00', 'P1', 'P3', { op: 'correct', recordedAt: '04:00:00' })],
    expect: [
      { subject: 'P1', state: 'new' },
      { subject: 'P2', state: 'resolved', at: '04:00:00', values: { listed: 'P2' }, revisions: ['red', 'resolved'] },
    ],
  },
  {
    name: 'on 2026-03-02 half of a half of the debtor belongs to a listed person',
    kind: 'boundary',
    on: '2026-03-02',
    given: [listed('X'), owns('X', 'H', '0.5'), owns('H', 'P1', '0.5'), pays('02:00:00', 'P1', 'P2')],
    expect: [{ subject: 'P1', values: { listed: 'X', via: 'interest', share: '0.2500' } }],
  },
  {
    name: 'on 2026-03-02 a little less is not enough',
    kind: 'boundary',
    on: '2026-03-02',
    given: [listed('X'), owns('X', 'H', '0.5'), owns('H', 'P1', '0.4999'), pays('02:00:00', 'P1', 'P2')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 control without any interest is enough',
    kind: 'firing',
    on: '2026-03-02',
    given: [listed('X'), owns('X', 'P1', '0.51', 'votes'), pays('02:00:00', 'P1', 'P2')],
    expect: [{ subject: 'P1', values: { listed: 'X', via: 'control', share: '0.0000' } }],
  },
  {
    name: 'on 2026-03-02 of two listed owners the larger is named',
    kind: 'boundary',
    on: '2026-03-02',
    given: [listed('X'), listed('Y'), owns('X', 'P1', '0.3'), owns('Y', 'P1', '0.4'), pays('02:00:00', 'P1', 'P2')],
    expect: [{ subject: 'P1', values: { listed: 'Y', share: '0.4000' } }],
  },
  {
    name: 'on 2026-03-02 a payment of the second in which the party was listed counts, one of the second before does not',
    kind: 'boundary',
    on: '2026-03-02',
    given: [listed('P2', '03:00:00'), pays('02:59:59', 'P1', 'P2', {}, 'T1'), pays('03:00:00', 'P1', 'P2', {}, 'T2')],
    expect: [{ subject: 'P2', at: '03:00:00' }],
  },
  {
    name: 'on 2026-03-02 taken off the list, or sold, it may be paid again',
    kind: 'quiet',
    on: '2026-03-02',
    given: [
      listed('P2'),
      party('P2', [], '02:00:00'),
      listed('X'),
      owns('X', 'P3', '0.9'),
      owns('X', 'P3', '0.1', 'equity', '02:00:00'),
      pays('03:00:00', 'P3', 'P2'),
    ],
    expect: [],
  },
  {
    name: 'on 2026-03-02 the payee’s bank reports it too: one alert',
    kind: 'boundary',
    on: '2026-03-02',
    given: [listed('P2'), pays('02:00:00', 'P1', 'P2'), pays('02:00:00', 'P1', 'P2', { institution: 'B0002' })],
    expect: [{ subject: 'P2', revisions: ['red'] }],
  },
  {
    name: 'on 2026-03-02 the bank deletes the payment',
    kind: 'firing',
    on: '2026-03-02',
    given: [listed('P2'), pays('02:00:00', 'P1', 'P2'), { type: 'pay.payment', at: '06:00:00', op: 'delete', data: { paymentId: 'T1' } }],
    expect: [{ subject: 'P2', at: '06:00:00', revisions: ['red', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a correction names a listed creditor',
    kind: 'boundary',
    on: '2026-03-02',
    given: [listed('P3'), pays('02:00:00', 'P1', 'P2'), pays('02:00:00', 'P1', 'P3', { op: 'correct', recordedAt: '04:00:00' })],
    expect: [{ subject: 'P3', at: '04:00:00', revisions: ['red'] }],
  },
  {
    name: 'on 2026-03-02 a payment that comes late is judged by the list as it is when it is known',
    kind: 'boundary',
    on: '2026-03-02',
    given: [listed('P2', '05:00:00'), pays('02:00:00', 'P1', 'P2')],
    expect: [],
  },
] satisfies Case[]
