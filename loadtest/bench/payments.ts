/** Payments for measurements: 200 banks, each with numbers of its own, 50,000 accounts, 10 ms apart. */
import type { WireEvent } from '../../test/wire/events.ts'

const BANKS = 200

export function payment(i: number): WireEvent {
  const institution = `B${String(i % BANKS).padStart(4, '0')}`
  const [debtor, creditor] = [(i * 7919) % 50_000, (i * 104_729) % 50_000]
  return {
    specversion: '1.0',
    id: `pay-${i}`,
    source: `urn:bank:${institution}`,
    type: 'pay.payment',
    time: new Date(Date.UTC(2026, 2, 2) + i * 10).toISOString(),
    subject: `A${debtor}`,
    institution,
    sequence: String(Math.floor(i / BANKS)),
    data: {
      paymentId: `T${i}`,
      debtorId: `P${debtor}`,
      debtorAccount: `A${debtor}`,
      creditorId: `P${creditor}`,
      creditorAccount: `A${creditor}`,
      amount: `${(i * 31) % 1_000_000}.${String(i % 100).padStart(2, '0')}`,
      ccy: 'CNY',
      channel: 'wire',
      crossBorder: false,
      purpose: 'goods',
    },
  }
}
