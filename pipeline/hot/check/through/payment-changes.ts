/** Payments that came in the tick in hand, or that their reporters corrected or deleted, each once: the last that was said of it. */
import { DELETE, OP, type PaymentRows } from './payment-rows.ts'

/** `row`: the last that was said; `corrects`: it is none of those that are new in this tick. */
export type PaymentChange = { row: number; corrects: boolean }

export class PaymentChanges {
  readonly #queue: { readonly rows: PaymentRows }
  #all: PaymentChange[] = []
  /** By key, once somebody asks. */
  #byKey: Map<string, PaymentChange> | undefined

  /** `queue`: it lets go of no row that is named here. */
  constructor(queue: { readonly rows: PaymentRows }) {
    this.#queue = queue
  }

  /** The rows that changes name. */
  get rows(): PaymentRows {
    return this.#queue.rows
  }

  /** In the order in which the first was said of each. */
  get all(): readonly PaymentChange[] {
    return this.#all
  }

  /** `mayRepeat`: something may have been said of it in this tick. */
  note(row: number, corrects: boolean, mayRepeat: boolean): void {
    const before = mayRepeat ? this.#find(keyOf(this.rows, row)) : undefined
    if (before === undefined) {
      const change = { row, corrects }
      this.#all.push(change)
      this.#byKey?.set(keyOf(this.rows, row), change)
    } else {
      before.row = row
      before.corrects &&= corrects
    }
  }

  /** The payment of a key where it is new in this tick; below 0: it is not. */
  freshOf(key: string): number {
    const change = this.#find(key)
    return change === undefined || change.corrects || this.rows.at(change.row, OP) === DELETE ? -1 : change.row
  }

  clear(): void {
    if (this.#all.length > 0) this.#all = []
    this.#byKey = undefined
  }

  #find(key: string): PaymentChange | undefined {
    this.#byKey ??= new Map(this.#all.map((change) => [keyOf(this.rows, change.row), change]))
    return this.#byKey.get(key)
  }
}

/** Between the two parts of a key. */
export const SEPARATOR = '\u0000'

/** A payment, by who first reported it and its id. */
function keyOf(rows: PaymentRows, row: number): string {
  return rows.institutionText(row) + SEPARATOR + rows.paymentIdText(row)
}

/** The two parts of a key. */
export function nameOf(key: string): { institution: string; paymentId: string } {
  const [institution, paymentId] = key.split(SEPARATOR) as [string, string]
  return { institution, paymentId }
}
