/**
 * The payments that rules over money follow, each once: a payment reported again within three days, by the bank of the other side most often, is the one that
 * came first in event order; corrections and deletions are its first reporter's, and reach back as far as rows are kept. In CNY at the rate in force; a
 * payment in a currency without one moves nothing.
 *
 * After a restart the payments kept are taken in again from the segments. What accounts held before is written when the Shanghai day of the earliest payment
 * kept changes; rows since then stay in the segments (docs/decisions/0023-payments-at-ticks.md).
 */
import { shanghaiDay } from '../../../contract/index.ts'
import type { EvidenceRef } from '../../../contract/finding.ts'
import { tickOf } from '../../../contract/tick.ts'
import { textColumn } from '../../../store/columns.ts'
import type { Database } from '../../../store/database.ts'
import type { MoneyTrace } from '../../../through/flows.ts'
import { Payments } from '../../../through/payments.ts'
import { PAYMENT, type PaymentFeed, type PaymentSource, type PaymentStatement } from './payment-feed.ts'
import type { PaymentRates } from './payment-rates.ts'

/** Within so much time two reports of one id are one payment. */
const SAME_WITHIN_MS = 3 * 86_400_000
/** How often, in event time, reports are forgotten: whoever looks for the first of a map that others were taken out of passes all of those. */
const FORGET_EVERY_MS = 3_600_000
const SEPARATOR = '\u0000'

/** A payment that came, or that its reporter corrected (`corrects`) or deleted (no `is`). `key`: of its first report, in `Payments`. */
export type PaymentChange = { key: string; is: PaymentStatement | undefined; after: PaymentStatement; corrects: boolean }

export type PaymentBookPart = {
  db: Database
  feed: PaymentFeed
  source: PaymentSource
  rates: PaymentRates
  /** How far back, ms, whoever follows payments looks from one of them. */
  reachMs: number
  /** No window rule reads payments: nobody else lets go of their rows. */
  isAlone: boolean
}

export class PaymentBook {
  readonly payments: Payments
  readonly #part: PaymentBookPart
  /** When an id was last reported, as far as it matters, in event order. */
  readonly #reported = new Map<string, number>()
  /** Up to which time reports were forgotten. */
  #forgotten = Number.NEGATIVE_INFINITY
  /** What accounts held before this time, ms, is in the file. */
  #since = Number.NEGATIVE_INFINITY
  /** The same as of the last release: of that, evidence is still asked for. */
  #held = Number.NEGATIVE_INFINITY

  constructor(part: PaymentBookPart) {
    this.#part = part
    this.payments = new Payments(part.source.keepMs + part.reachMs)
    part.source.hold(PAYMENT, () => this.#held - SAME_WITHIN_MS)
  }

  /** Takes in the next in event order, in its tick; undefined: it changes nothing. */
  apply(payment: PaymentStatement): PaymentChange | undefined {
    return this.#put(payment, this.#part.rates.toCny(payment.amount, payment.ccy, tickOf(payment.e)))
  }

  /** Takes in again what had taken effect up to `lastTick`, ms; `trace`: who needs to know what accounts held. */
  async restore(lastTick: number, trace: MoneyTrace | undefined): Promise<void> {
    const { db, feed, rates } = this.#part
    await rates.restore(db)
    this.#since = this.#held = Number(await db.meta.restore('payments', -Infinity))
    for (const [account, amount] of await db.rows('SELECT account, amount FROM engine.balance')) trace?.setBase(String(account), amount as bigint)
    await feed.each(this.#since - SAME_WITHIN_MS, lastTick, (payment) => {
      if (payment.e >= this.#since) this.#put(payment, rates.toCnyAgain(payment.amount, payment.ccy, tickOf(payment.e)))
      else if (payment.op === 'upsert') this.#report(payment)
    })
  }

  /** Before a release: lets go of rows that nobody needs any more. */
  async expire(lastTick: number): Promise<void> {
    if (this.#held === this.#since) return
    this.#held = this.#since
    const { isAlone, source } = this.#part
    if (isAlone) await source.expire(PAYMENT, lastTick, () => Promise.resolve(Infinity))
  }

  /** Writes what a restart needs, inside the transaction. */
  async write(trace: MoneyTrace | undefined): Promise<void> {
    const { db, rates } = this.#part
    await rates.write(db)
    const { since } = this.payments
    if (!Number.isFinite(since) || shanghaiDay(since) === shanghaiDay(this.#since)) return
    const bases = [...(trace?.bases() ?? [])]
    const amounts = { type: 'bigint' as const, values: BigInt64Array.from(bases, ([, amount]) => amount) }
    await db.run('DELETE FROM engine.balance')
    await db.append('engine', 'balance', [textColumn(bases.map(([account]) => account)), amounts], bases.length)
    db.meta.note('payments', since)
    this.#since = since
  }

  /** Who first reported the payment of a key, and its id. */
  nameOf(key: string): { institution: string; paymentId: string } {
    const [institution, paymentId] = key.split(SEPARATOR) as [string, string]
    return { institution, paymentId }
  }

  ref(payment: PaymentStatement): EvidenceRef {
    return this.#part.feed.ref(payment)
  }

  refs(events: readonly string[], from: number, to: number): Promise<EvidenceRef[]> {
    return this.#part.feed.refs(events, from, to)
  }

  #put(payment: PaymentStatement, amount: bigint | undefined): PaymentChange | undefined {
    const key = payment.institution + SEPARATOR + payment.paymentId
    if (payment.op === 'upsert') {
      if (this.#report(payment)) return undefined
      this.#set(key, payment, amount, payment.e)
      return { key, is: payment, after: payment, corrects: false }
    }
    const place = this.payments.find(key)
    const e = place === undefined ? Number.NEGATIVE_INFINITY : this.payments.e(place)
    if (e < payment.e - this.#part.source.keepMs) return undefined
    const is = payment.op === 'delete' ? undefined : payment
    if (is === undefined) this.payments.set(key, undefined)
    else this.#set(key, payment, amount, e)
    return { key, is, after: payment, corrects: true }
  }

  /** In the place of what it corrects. Without a rate it is known and moves nothing, as from an account to itself. */
  #set(key: string, payment: PaymentStatement, amount: bigint | undefined, e: number): void {
    const { source, sequence, id, debtorAccount, creditorAccount, creditorId, loanId } = payment
    this.payments.set(key, {
      e,
      source,
      sequence,
      id,
      from: amount === undefined ? creditorAccount : debtorAccount,
      to: creditorAccount,
      creditor: creditorId,
      amount: amount ?? 0n,
      ...(loanId !== undefined && { loan: loanNameOf(loanId, creditorAccount) }),
    })
  }

  /** Whether its id was reported shortly before. */
  #report({ paymentId, e }: PaymentStatement): boolean {
    const before = this.#reported.get(paymentId)
    if (before !== undefined) this.#reported.delete(paymentId)
    this.#reported.set(paymentId, e)
    if (e - this.#forgotten > FORGET_EVERY_MS) this.#forget(e)
    return before !== undefined && e - before <= SAME_WITHIN_MS
  }

  #forget(e: number): void {
    this.#forgotten = e
    for (const [old, at] of this.#reported) {
      if (e - at <= SAME_WITHIN_MS) break
      this.#reported.delete(old)
    }
  }
}

/** A loan as payments name it: by its id and the account they go to, which is whose id it is where several institutions use the same. */
export function loanNameOf(loanId: string, account: string): string {
  return loanId + SEPARATOR + account
}
