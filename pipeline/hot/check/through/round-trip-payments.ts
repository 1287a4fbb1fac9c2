/** Payments that close a round trip: OP-11. Found when the closing payment takes effect; a correction of any payment of it may end one or make another. */
import type { Evidence } from '../../../contract/index.ts'
import { refOf } from '../evidence.ts'
import { type RoundTrip, RoundTrips } from '../../../through/round-trips.ts'
import type { TripBounds } from '../../../through/trip-search.ts'
import type { Capped } from './capped.ts'
import { Occurrences } from './occurrences.ts'
import type { Part } from './part.ts'
import type { PaymentBook, PaymentChange } from './payment-book.ts'
import type { PaymentStatement } from './payment-feed.ts'
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
  readonly #told = new Map<string, Told>()
  /** Payments that are new in this tick. */
  readonly #fresh = new Map<string, PaymentStatement>()

  constructor(book: PaymentBook, bounds: Pick<TripBounds, 'within' | 'keep' | 'maxHops'>) {
    this.#book = book
    this.#within = bounds.within
    this.trips = new RoundTrips(book.payments, bounds)
  }

  apply(): void {}

  capped(): Capped {
    return { 'round-trips': this.trips.capped }
  }

  pay({ key, is, corrects }: PaymentChange): void {
    if (is === undefined) this.#fresh.delete(key)
    else if (!corrects || this.#fresh.has(key)) this.#fresh.set(key, is)
  }

  settle(at: number): void {
    for (const closing of this.trips.changed()) this.#tell(closing, this.trips.closedBy(closing), at)
    this.#fresh.clear()
    for (const key of this.#told.keys()) {
      if (this.#book.payments.find(key) !== undefined) break
      this.#told.delete(key)
    }
  }

  #tell(closing: string, trips: readonly RoundTrip[], at: number): void {
    const before = this.#told.get(closing)
    const statement = this.#fresh.get(closing)
    const now = this.#closed(closing, trips, before)
    for (const trip of trips) this.#add(closing, now, trip.account, at, statement, trip)
    for (const account of before?.accounts ?? []) if (!now.accounts.includes(account)) this.#add(closing, now, account, at, undefined)
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

  #add(closing: string, { event, time }: Told, account: string, at: number, statement: PaymentStatement | undefined, trip?: RoundTrip): void {
    const { institution, paymentId } = this.#book.nameOf(closing)
    this.tables.round_trip.add({
      institution,
      subject: { kind: 'account', id: account },
      cells: trip === undefined ? undefined : { hops: trip.hops, amount: trip.amount },
      occurrence: {
        event,
        order: statement === undefined ? orderAt(at) : this.#book.ref(statement).order,
        thing: `${paymentId}|${account}`,
        time: statement?.time ?? time,
        corrects: statement === undefined,
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
