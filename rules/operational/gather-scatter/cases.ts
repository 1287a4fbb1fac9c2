import type { Case, CaseEvent } from '#contract'

const pay = (at: string, from: string, to: string, amount: string, rest: Partial<CaseEvent> & { id?: string } = {}): CaseEvent => {
  const { id = `${from}-${to}-${at}`, ...event } = rest
  return {
    type: 'pay.payment',
    at,
    ...event,
    data: {
      paymentId: id,
      debtorId: `P-${from}`,
      debtorAccount: from,
      creditorId: `P-${to}`,
      creditorAccount: to,
      amount,
      ccy: 'CNY',
      channel: 'online',
      crossBorder: false,
    },
  }
}
const gathered = [pay('01:10:00', 'D1', 'M', '40000.00'), pay('01:20:00', 'D2', 'M', '40000.00'), pay('01:30:00', 'D3', 'M', '20000.00', { id: 'third' })]

export default [
  {
    name: 'on 2026-03-02 an account paid by three passes nine tenths on, and the first window to close says so',
    kind: 'firing',
    on: '2026-03-02',
    given: [...gathered, pay('05:00:00', 'M', 'X', '90000.00')],
    expect: [
      {
        subject: 'M',
        severity: 'orange',
        at: '06:00:00',
        values: { received: '100000.00', sent: '90000.00', senders: '3' },
        revisions: ['orange'],
      },
    ],
  },
  {
    name: 'on 2026-03-02 windows that overlap and hold more are the same alert, which shows the first',
    kind: 'firing',
    on: '2026-03-02',
    given: [...gathered, pay('05:00:00', 'M', 'X', '90000.00'), pay('08:00:00', 'M', 'Y', '10000.00')],
    expect: [{ subject: 'M', at: '06:00:00', values: { sent: '90000.00' }, revisions: ['orange'] }],
  },
  {
    name: 'from 2026-03-02 the window that ends on the full hour leaves out what is paid on it',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...gathered, pay('05:00:00', 'M', 'X', '89000.00'), pay('06:00:00', 'M', 'Y', '1000.00')],
    expect: [{ subject: 'M', at: '07:00:00', values: { sent: '90000.00' } }],
  },
  {
    name: 'on 2026-03-02 a cent below nine tenths, a cent below the floor and two payers are none',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      ...gathered,
      pay('05:00:00', 'M', 'X', '89999.99'),
      ...['E1', 'E2', 'E3'].map((from) => pay('01:40:00', from, 'N', '33333.33')),
      pay('05:10:00', 'N', 'X', '99999.99'),
      pay('01:50:00', 'F1', 'O', '60000.00'),
      pay('01:51:00', 'F2', 'O', '60000.00'),
      pay('05:20:00', 'O', 'X', '120000.00'),
    ],
    expect: [],
  },
  {
    name: 'from 2026-03-02 what is paid on a day later is in no window with what came',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...gathered, pay('+1d 02:00:00', 'M', 'X', '100000.00')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 the same payer three times, and another bank’s payments, do not count',
    kind: 'quiet',
    on: '2026-03-02',
    given: [
      ...['01:10:00', '01:20:00', '01:30:00'].map((at) => pay(at, 'D1', 'M', '40000.00')),
      pay('01:40:00', 'D2', 'M', '40000.00', { institution: 'B0002' }),
      pay('05:00:00', 'M', 'X', '150000.00'),
    ],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a payment that turns out to be another account’s takes the alert back',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      ...gathered,
      pay('05:00:00', 'M', 'X', '90000.00', { id: 'out' }),
      pay('05:00:00', 'Z', 'X', '90000.00', { id: 'out', op: 'correct', recordedAt: '09:00:00' }),
    ],
    expect: [{ subject: 'M', at: '09:00:00', revisions: ['orange', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a corrected third payer makes windows qualify that had closed without',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      pay('01:10:00', 'D1', 'M', '40000.00'),
      pay('01:20:00', 'D2', 'M', '40000.00'),
      pay('01:30:00', 'D3', 'M2', '20000.00', { id: 'third' }),
      pay('05:00:00', 'M', 'X', '90000.00'),
      pay('01:30:00', 'D3', 'M', '20000.00', { id: 'third', op: 'correct', recordedAt: '09:00:00' }),
    ],
    expect: [{ subject: 'M', at: '09:00:00', values: { received: '100000.00', senders: '3' }, revisions: ['orange'] }],
  },
  {
    name: 'on 2026-03-02 a payment that comes late is in no window',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...gathered.slice(0, 2), pay('05:00:00', 'M', 'X', '90000.00'), gathered[2] as CaseEvent],
    expect: [],
  },
] satisfies Case[]
