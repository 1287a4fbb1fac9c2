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
import { viewOf } from '../../../contract/text.ts'
import { textColumn } from '../../../store/columns.ts'
import type { Database } from '../../../store/database.ts'
import type { MoneyTrace } from '../../../through/flows.ts'
import { MOST, type PaymentRecord } from '../../../through/payment-record.ts'
import { Payments } from '../../../through/payments.ts'
import type { Span } from '../../../through/span.ts'
import { SEPARATOR } from './payment-changes.ts'
import { PAYMENT, type PaymentFeed, type PaymentSource } from './payment-feed.ts'
import { CCY, CREDITOR, DELETE, FROM, INSTITUTION, LOAN, OP, PART, PaymentNames, PaymentRows, SOURCE, TO, UPSERT } from './payment-rows.ts'
import { ReportedIds } from './reported-ids.ts'
import type { PaymentRates } from './payment-rates.ts'

/** Within so much time two reports of one id are one payment. */
const SAME_WITHIN_MS = 3 * 86_400_000

/** What a payment did to those that are known. */
export type Taken = 'nothing' | 'new' | 'instead' | 'corrects'

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
  readonly names: PaymentNames
  readonly #part: PaymentBookPart
  readonly #reported = new ReportedIds(SAME_WITHIN_MS)
  /** By number of an institution, what keys of its payments begin with. */
  readonly #institutions: Buffer[] = []
  #key = keyOfLength(64)
  /** The payment in hand. */
  readonly #record: PaymentRecord
  /** What accounts held before this time, ms, is in the file. */
  #since = Number.NEGATIVE_INFINITY
  /** The same as of the last release: of that, evidence is still asked for. */
  #held = Number.NEGATIVE_INFINITY

  constructor(part: PaymentBookPart) {
    this.#part = part
    this.payments = new Payments(part.source.keepMs + part.reachMs)
    this.names = new PaymentNames(this.payments)
    this.#record = { e: 0, source: 0, sequence: 0, id: this.#key, from: 0, to: 0, creditor: 0, amount: 0, loan: -1 }
    part.source.hold(PAYMENT, () => this.#held - SAME_WITHIN_MS)
  }

  /** Takes in the next in event order, in its tick. `instead`: it is new, and has the name of an older one. */
  apply(rows: PaymentRows, row: number): Taken {
    return this.#put(rows, row, this.#inCny(rows, row, false))
  }

  /** Takes in again what had taken effect up to `lastTick`, ms; `trace`: who needs to know what accounts held. */
  async restore(lastTick: number, trace: MoneyTrace | undefined): Promise<void> {
    const { db, feed, rates } = this.#part
    await rates.restore(db)
    this.#since = this.#held = Number(await db.meta.restore('payments', -Infinity))
    for (const [account, amount] of await db.rows('SELECT account, amount FROM engine.balance')) trace?.setBase(String(account), amount as bigint)
    const rows = new PaymentRows(this.names)
    await feed.each(this.#since - SAME_WITHIN_MS, lastTick, (payment) => {
      rows.clear()
      rows.add(payment)
      if (payment.e >= this.#since) this.#put(rows, 0, this.#inCny(rows, 0, true))
      else if (payment.op === 'upsert') this.#reported.isRepeated(rows.paymentId(0), payment.e)
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

  ref(rows: PaymentRows, row: number): EvidenceRef {
    const [source, sequence, id] = [rows.sourceText(row), BigInt(rows.sequence(row)), rows.idText(row)]
    return this.#part.feed.ref({ e: rows.e(row), source, sequence, id, part: rows.at(row, PART), offset: rows.offset(row) })
  }

  refs(events: readonly string[], from: number, to: number): Promise<EvidenceRef[]> {
    return this.#part.feed.refs(events, from, to)
  }

  /** `amount`: as `#inCny`. */
  #put(rows: PaymentRows, row: number, amount: number | undefined): Taken {
    const [op, id, e] = [rows.at(row, OP), rows.paymentId(row), rows.e(row)]
    if (op === UPSERT && this.#reported.isRepeated(id, e)) return 'nothing'
    const key = this.#keyOf(rows, row, id)
    const place = this.payments.find(key)
    if (op === UPSERT) {
      this.payments.put(key, this.#recordOf(rows, row, e, amount), place)
      return place === undefined ? 'new' : 'instead'
    }
    const first = place === undefined ? Number.NEGATIVE_INFINITY : this.payments.e(place)
    if (first < e - this.#part.source.keepMs) return 'nothing'
    this.payments.put(key, op === DELETE ? undefined : this.#recordOf(rows, row, first, amount), place)
    return 'corrects'
  }

  /** In the place of what it corrects, `e`, ms. Without a rate it is known and moves nothing, as from an account to itself. */
  #recordOf(rows: PaymentRows, row: number, e: number, amount: number | undefined): PaymentRecord {
    const record = this.#record
    record.e = e
    record.source = rows.at(row, SOURCE)
    record.sequence = rows.sequence(row)
    record.id = rows.id(row)
    record.to = rows.at(row, TO)
    record.from = amount === undefined ? record.to : rows.at(row, FROM)
    record.creditor = rows.at(row, CREDITOR)
    record.amount = Math.min(MOST, amount ?? 0)
    record.loan = rows.at(row, LOAN)
    return record
  }

  /** Minor units; undefined without a rate. `again`: as it was taken in before a restart. */
  #inCny(rows: PaymentRows, row: number, again: boolean): number | undefined {
    if (rows.at(row, OP) === DELETE) return undefined
    const { rates } = this.#part
    const ccy = this.names.currencies.text(rows.at(row, CCY))
    if (ccy === 'CNY') return rows.roughAmount(row)
    const [amount, tick] = [rows.amount(row), tickOf(rows.e(row))]
    const worth = again ? rates.toCnyAgain(amount, ccy, tick) : rates.toCny(amount, ccy, tick)
    return worth === undefined ? undefined : Number(worth)
  }

  /** Of its reporter's payments the one with its id. */
  #keyOf(rows: PaymentRows, row: number, { bytes, start, end }: Span): Span {
    const reporter = rows.at(row, INSTITUTION)
    const institution = (this.#institutions[reporter] ??= Buffer.from(rows.institutionText(row) + SEPARATOR))
    const length = institution.length + end - start
    if (length > this.#key.bytes.length) this.#key = keyOfLength(2 * length)
    this.#key.bytes.set(institution)
    for (let i = start, k = institution.length; i < end; i++, k++) this.#key.bytes[k] = bytes[i] as number
    this.#key.end = length
    return this.#key
  }
}

function keyOfLength(length: number): Span {
  const bytes = Buffer.alloc(length)
  return { bytes, view: viewOf(bytes), start: 0, end: 0 }
}
