/** Payments that close a round trip: OP-11. Found when the closing payment takes effect; a correction of any payment of it may end one or make another. */
import type { Evidence } from '../../../contract/index.ts'
import { refOf } from '../evidence.ts'
import { type RoundTrip, RoundTrips } from '../../../through/round-trips.ts'
import type { TripBounds } from '../../../through/trip-search.ts'
import type { Capped } from './capped.ts'
import { Occurrences } from './occurrences.ts'
import type { Part } from './part.ts'
import type { PaymentBook } from './payment-book.ts'
import { nameOf, type PaymentChanges } from './payment-changes.ts'
import { restingOn } from './rows.ts'

/** What is known of a closing payment that has been told: its event, when it took effect, ms, and the smallest accounts of its round trips. */
type Told = { event: string; time: number; accounts: string[] }

export class RoundTripPayments implements Part {
  readonly reads = {}
  readonly recalls = {}
  readonly tables = { round_trip: new Occurrences() }
  readonly trips: RoundTrips
  readonly #within: number
  readonly #book: PaymentBook
  readonly #changes: PaymentChanges
  readonly #told = new Map<string, Told>()

  constructor(book: PaymentBook, changes: PaymentChanges, bounds: Pick<TripBounds, 'within' | 'keep' | 'maxHops'>) {
    this.#book = book
    this.#changes = changes
    this.#within = bounds.within
    this.trips = new RoundTrips(book.payments, bounds)
  }

  apply(): void {}

  capped(): Capped {
    return { 'round-trips': this.trips.capped }
  }

  settle(at: number): void {
    for (const closing of this.trips.changed()) this.#tell(closing, this.trips.closedBy(closing), at)
    for (const key of this.#told.keys()) {
      if (this.#book.payments.find(key) !== undefined) break
      this.#told.delete(key)
    }
  }

  #tell(closing: string, trips: readonly RoundTrip[], at: number): void {
    const before = this.#told.get(closing)
    const row = this.#changes.freshOf(closing)
    const now = this.#closed(closing, trips, before)
    for (const trip of trips) this.#add(closing, now, trip.account, at, row, trip)
    for (const account of before?.accounts ?? []) if (!now.accounts.includes(account)) this.#add(closing, now, account, at, -1)
    if (trips.length === 0) this.#told.delete(closing)
    else this.#told.set(closing, now)
  }

  #closed(closing: string, trips: readonly RoundTrip[], before: Told | undefined): Told {
    const { payments } = this.#book
    const place = payments.find(closing)
    return {
      event: trips[0]?.path.at(-1)?.event ?? before?.event ?? '',
      time: place === undefined ? (before?.time ?? Number.NEGATIVE_INFINITY) : payments.e(place),
      accounts: trips.map(({ account }) => account),
    }
  }

  /** `row`: of the closing payment where it is new in this tick, else below 0. */
  #add(closing: string, { event, time }: Told, account: string, at: number, row: number, trip?: RoundTrip): void {
    const { institution, paymentId } = nameOf(closing)
    const { rows } = this.#changes
    this.tables.round_trip.add({
      institution,
      subject: { kind: 'account', id: account },
      cells: trip === undefined ? undefined : { hops: trip.hops, amount: trip.amount },
      occurrence: {
        event,
        order: row < 0 ? orderAt(at) : this.#book.ref(rows, row).order,
        thing: `${paymentId}|${account}`,
        time: row < 0 ? time : rows.time(row),
        corrects: row < 0,
      },
      capture: () => () => this.#evidenceOf(trip, time),
    })
  }

  async #evidenceOf(trip: RoundTrip | undefined, closedAt: number): Promise<Evidence> {
    if (trip === undefined) return { refs: [], count: 0, path: [] }
    const events = trip.path.flatMap(({ event }) => event ?? [])
    const refs = await this.#book.refs(events, closedAt - this.#within, closedAt)
    return restingOn(refs, trip.path)
  }
}

/** After all that took effect before a tick, ms. */
function orderAt(tick: number): string {
  return refOf({ e: tick, source: '', sequence: 0n, id: '', part: 0, offset: 0 }, 'pay.payment', () => undefined).order
}
