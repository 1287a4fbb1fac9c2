/** Payments by row, in columns: from when they arrive, or are read from the segments, until their tick is judged. Names are numbers, ids are bytes. */
import { OPERATIONS } from '../../../contract/index.ts'
import type { EventColumns, Occurred } from '../../../contract/stage.ts'
import { TextColumn } from '../../../contract/text.ts'
import { Ids } from '../../../through/ids.ts'
import { Payments } from '../../../through/payments.ts'
import type { Span } from '../../../through/span.ts'
import { grown } from '../../../through/grown.ts'
import type { PaymentStatement } from './payment-feed.ts'

/** What lies side by side of a payment: when it took effect, its own time, ms, and its offset in the log. */
const [E, TIME, OFFSET] = [0, 1, 2]
const TIMES = 3
/** The same of its names and small numbers; `LOAN`, below 0: none. */
export const [SOURCE, INSTITUTION, DEBTOR, FROM, CREDITOR, TO, CCY, LOAN, PART, OP] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
const NAMES = 10
/** The same of what has 64 bits. `AMOUNT`: minor units of `CCY`. */
const [SEQUENCE, AMOUNT] = [0, 1]
const LONGS = 2
/** A row without its ids, bytes. */
export const ROW_BYTES = 8 * TIMES + 4 * NAMES + 8 * LONGS

export const [UPSERT, DELETE] = [OPERATIONS.indexOf('upsert'), OPERATIONS.indexOf('delete')]

const SEPARATOR = '\u0000'

/** Names of payments as numbers: those that are kept with them, and those that are read in their tick alone. */
export class PaymentNames {
  readonly kept: Pick<Payments, 'accounts' | 'parties' | 'loans' | 'sources'>
  readonly debtors = new Ids()
  readonly institutions = new Ids()
  readonly currencies = new Ids()

  constructor(kept: PaymentNames['kept']) {
    this.kept = kept
  }
}

export class PaymentRows {
  count = 0
  readonly names: PaymentNames
  #times = new Float64Array(0)
  #names = new Int32Array(0)
  #longs = new Int32Array(0)
  #exact = new BigInt64Array(0)
  readonly #ids = new TextColumn()
  readonly #paymentIds = new TextColumn()

  constructor(names: PaymentNames) {
    this.names = names
  }

  clear(): void {
    this.count = 0
    this.#ids.clear()
    this.#paymentIds.clear()
  }

  /** When it took effect, ms. */
  e(row: number): number {
    return this.#times[row * TIMES + E] as number
  }

  /** Its own time, ms. */
  time(row: number): number {
    return this.#times[row * TIMES + TIME] as number
  }

  offset(row: number): number {
    return this.#times[row * TIMES + OFFSET] as number
  }

  /** One of its names or small numbers. */
  at(row: number, name: number): number {
    return this.#names[row * NAMES + name] as number
  }

  /** A number while it is below 2^32, as almost all are. */
  sequence(row: number): number | bigint {
    const i = row * LONGS + SEQUENCE
    return this.#longs[2 * i + 1] === 0 ? (this.#longs[2 * i] as number) >>> 0 : (this.#exact[i] as bigint)
  }

  /** Minor units of its currency. */
  amount(row: number): bigint {
    return this.#exact[row * LONGS + AMOUNT] as bigint
  }

  /** The same, exact below 2^53. */
  roughAmount(row: number): number {
    const i = 2 * (row * LONGS + AMOUNT)
    return (this.#longs[i + 1] as number) * 2 ** 32 + ((this.#longs[i] as number) >>> 0)
  }

  id(row: number): Span {
    return spanOf(this.#ids, row)
  }

  paymentId(row: number): Span {
    return spanOf(this.#paymentIds, row)
  }

  idText(row: number): string {
    return this.#ids.at(row) as string
  }

  paymentIdText(row: number): string {
    return this.#paymentIds.at(row) as string
  }

  sourceText(row: number): string {
    return this.names.kept.sources.text(this.at(row, SOURCE))
  }

  institutionText(row: number): string {
    return this.names.institutions.text(this.at(row, INSTITUTION))
  }

  /** The new rows of a batch for which `isMeant`. */
  addAll({ columns, fate, effective, partition, offset }: Occurred, isMeant: (row: number) => boolean): void {
    const numbers = numbersOf(columns, this.names)
    const amounts = columns.fields['amount']
    for (let row = 0; row < columns.count; row++) {
      if (fate[row] === 0 || !isMeant(row)) continue
      const to = this.#reserve(this.count)
      const [times, names, exact] = [this.#times, this.#names, this.#exact]
      times[to * TIMES + E] = effective[row] as number
      times[to * TIMES + TIME] = columns.time[row] as number
      times[to * TIMES + OFFSET] = offset[row] as number
      for (let name = 0; name < numbers.length; name++) names[to * NAMES + name] = (numbers[name] as Int32Array)[row] as number
      names[to * NAMES + PART] = partition[row] as number
      names[to * NAMES + OP] = columns.op[row] as number
      exact[to * LONGS + SEQUENCE] = columns.sequence[row] as bigint
      exact[to * LONGS + AMOUNT] = amounts?.kind === 'money' && amounts.valid[row] === 1 ? (amounts.values[row] as bigint) : 0n
      this.#addIds(columns.id, textOf(columns, 'paymentId'), row)
    }
  }

  /** One that was read from the segments. */
  add(payment: PaymentStatement): void {
    const { kept, debtors, institutions, currencies } = this.names
    const { source, institution, debtorId, debtorAccount, creditorId, creditorAccount, ccy, loanId } = payment
    const to = this.#reserve(this.count)
    this.#times.set([payment.e, payment.time, payment.offset], to * TIMES)
    const loan = loanId === undefined ? -1 : kept.loans.of(loanNameOf(loanId, creditorAccount))
    const isThere = payment.op !== 'delete'
    const parties = isThere ? [debtors.of(debtorId), kept.accounts.of(debtorAccount), kept.parties.of(creditorId), kept.accounts.of(creditorAccount)] : NOBODY
    const [ccyNumber, op] = [isThere ? currencies.of(ccy) : -1, (OPERATIONS as readonly string[]).indexOf(payment.op)]
    this.#names.set([kept.sources.of(source), institutions.of(institution), ...parties, ccyNumber, loan, payment.part, op], to * NAMES)
    this.#exact.set([payment.sequence, payment.amount], to * LONGS)
    this.#ids.add(payment.id)
    this.#paymentIds.add(payment.paymentId)
  }

  /** One of another table. */
  copy(from: PaymentRows, row: number): void {
    const to = this.#reserve(this.count)
    this.#times.set(from.#times.subarray(row * TIMES, (row + 1) * TIMES), to * TIMES)
    this.#names.set(from.#names.subarray(row * NAMES, (row + 1) * NAMES), to * NAMES)
    this.#exact.set(from.#exact.subarray(row * LONGS, (row + 1) * LONGS), to * LONGS)
    this.#addIds(from.#ids, from.#paymentIds, row)
  }

  #addIds(ids: TextColumn, paymentIds: TextColumn, row: number): void {
    this.#ids.addBytes(ids.view, ids.start(row), ids.end(row))
    this.#paymentIds.addBytes(paymentIds.view, paymentIds.start(row), paymentIds.end(row))
  }

  /** Room for one more row, which gets this number. */
  #reserve(row: number): number {
    this.count = row + 1
    if (this.#times.length >= this.count * TIMES) return row
    const rows = Math.max(64, row * 2)
    this.#times = grown(this.#times, rows * TIMES)
    this.#names = grown(this.#names, rows * NAMES)
    this.#longs = grown(this.#longs, 2 * rows * LONGS)
    this.#exact = new BigInt64Array(this.#longs.buffer)
    return row
  }
}

/** A loan as payments name it: by its id and the account they go to, which is whose id it is where several institutions use the same. */
export function loanNameOf(loanId: string, account: string): string {
  return loanId + SEPARATOR + account
}

/** Of a deletion nothing is known but its id. */
const NOBODY = [-1, -1, -1, -1]

/** The names of every row of a batch, column by column in the order of `NAMES`. */
function numbersOf(columns: EventColumns, { kept, debtors, institutions, currencies }: PaymentNames): Int32Array[] {
  const of = (ids: Ids, field: string) => ids.ofAll(textOf(columns, field))
  const numbers = [kept.sources.ofAll(columns.source), institutions.ofAll(columns.institution), of(debtors, 'debtorId'), of(kept.accounts, 'debtorAccount')]
  return [...numbers, of(kept.parties, 'creditorId'), of(kept.accounts, 'creditorAccount'), of(currencies, 'ccy'), loansOf(columns, kept.loans)]
}

function loansOf(columns: EventColumns, loans: Ids): Int32Array {
  const [named, accounts] = [textOf(columns, 'loanId'), textOf(columns, 'creditorAccount')]
  const numbers = new Int32Array(columns.count).fill(-1)
  for (let row = 0; row < columns.count; row++) if (!named.isNull(row)) numbers[row] = loans.of(loanNameOf(named.at(row) ?? '', accounts.at(row) ?? ''))
  return numbers
}

function textOf({ fields, type }: EventColumns, name: string): TextColumn {
  const field = fields[name]
  if (field?.kind !== 'text') throw new TypeError(`${type} has no text ${name}`)
  return field.values
}

function spanOf(column: TextColumn, row: number): Span {
  return { bytes: column.bytes, view: column.view, start: column.start(row), end: column.end(row) }
}
