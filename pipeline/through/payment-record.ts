/** A payment as it comes to those that are kept: in texts, or in numbers. */
import { viewOf } from '../contract/text.ts'
import type { Ids } from './ids.ts'
import type { Span } from './span.ts'

/** A payment in event order (`e` in ms, source, sequence, id). `amount` in minor units; `creditor` holds the account paid to. */
export type Payment = {
  e: number
  source: string
  sequence: bigint
  id: string
  from: string
  to: string
  creditor: string
  amount: bigint
  loan?: string
}

/** The same as numbers: of names those of `Payments`; `amount` no more than `MOST`, `loan` -1 where it names none. */
export type PaymentRecord = {
  e: number
  source: number
  sequence: number | bigint
  id: Span
  from: number
  to: number
  creditor: number
  amount: number
  loan: number
}

/** What a larger amount counts as: all sums in minor units stay exact below it. */
export const MOST = Number.MAX_SAFE_INTEGER

/** The same payment in numbers; names that are new get theirs. */
export function recordOf(payment: Payment, ids: { accounts: Ids; parties: Ids; loans: Ids; sources: Ids }): PaymentRecord {
  const { e, source, sequence, id, from, to, creditor, amount, loan } = payment
  return {
    e,
    source: ids.sources.of(source),
    sequence,
    id: spanOf(id),
    from: ids.accounts.of(from),
    to: ids.accounts.of(to),
    creditor: ids.parties.of(creditor),
    amount: amount > BigInt(MOST) ? MOST : Number(amount),
    loan: loan === undefined ? -1 : ids.loans.of(loan),
  }
}

export function spanOf(text: string): Span {
  const bytes = Buffer.from(text)
  return { bytes, view: viewOf(bytes), start: 0, end: bytes.length }
}
