/**
 * Round trips (OP-11): payments that lead from an account back to it, over 3 to `maxHops` accounts, times strictly rising, all within `within`, each amount at
 * least `keep` × the one before. Found when the closing payment, the last of them, comes; one per closing payment and smallest account of the cycle: its
 * shortest; of several of that length the one whose payments, read back from the closing one, are the latest in event order.
 *
 * A payment that comes late, is corrected or taken out has every closing payment searched again that it can bear on. A search looks at `visits` payments
 * at most. Shorter cycles are sought first: where the cap bites, longer ones may be missed, and `capped` counts the search.
 */
import type { PathStep } from '../contract/index.ts'
import { Fans } from './fans.ts'
import type { PaymentReader, Payments } from './payments.ts'
import { type Cycle, type TripBounds, TripSearch } from './trip-search.ts'

const DAY_MS = 86_400_000

const DEFAULTS: TripBounds = { within: 10 * DAY_MS, keep: '0.8', maxHops: 6, visits: 1_000 }

/** `account`: the smallest of the cycle; `amount`: the closing payment's, minor units; `payments`: their keys in order. */
export type RoundTrip = { closing: string; account: string; hops: number; amount: bigint; payments: string[]; path: PathStep[] }

export class RoundTrips implements PaymentReader {
  readonly #payments: Payments
  readonly #fans: Fans
  readonly #search: TripSearch
  /** Corrections that a closing payment was too old for: its round trips stand. */
  beyondKeep = 0
  readonly #within: number
  /** By closing payment, and the closing payments by each payment they rest on. */
  readonly #found = new Map<number, { cycles: readonly Cycle[]; trips: RoundTrip[] }>()
  readonly #resting = new Map<number, Set<number>>()
  readonly #changed = new Set<string>()

  /** `payments` keeps them for `within` and whatever a correction may be late. `keep`: a decimal of at most 4 places. */
  constructor(payments: Payments, bounds: Partial<TripBounds> = {}) {
    this.#payments = payments
    const all = { ...DEFAULTS, ...bounds }
    this.#within = all.within
    this.#fans = new Fans(payments, all.within)
    this.#search = new TripSearch(payments, this.#fans, all)
    payments.read(this)
  }

  /** Closing payments whose round trips have changed since the last call, sorted. */
  changed(): string[] {
    const keys = [...this.#changed].sort()
    this.#changed.clear()
    return keys
  }

  /** The round trips a payment closes, by smallest account. */
  closedBy(payment: string): readonly RoundTrip[] {
    return this.#found.get(this.#payments.find(payment) ?? 0)?.trips ?? []
  }

  /** The round trips a payment is part of, in event order of their closing payments. */
  restingOn(payment: string): RoundTrip[] {
    const closings = [...(this.#resting.get(this.#payments.find(payment) ?? 0) ?? [])].sort((a, b) => this.#payments.compare(a, b))
    return closings.flatMap((closing) => this.#found.get(closing)?.trips ?? []).filter((trip) => trip.payments.includes(payment))
  }

  /** Searches, and looks for closing payments that a statement bears on, that a cap cut short. */
  get capped(): number {
    return this.#search.capped
  }

  appended(place: number): void {
    this.#fans.appended(place)
    this.#seek(place)
  }

  inserted(place: number): void {
    this.#fans.inserted(place)
    this.#seek(place)
    for (const closing of this.#search.closingAfter(place)) this.#seekAgain(closing)
  }

  removed(place: number): void {
    this.#fans.removed(place)
    const closings = [...(this.#resting.get(place) ?? [])]
    this.#put(place, [])
    for (const closing of closings) if (closing !== place) this.#seekAgain(closing)
  }

  expired(place: number): void {
    this.#fans.expired(place)
    for (const cycle of this.#found.get(place)?.cycles ?? []) for (const p of cycle.places) this.#unrest(p, place)
    this.#found.delete(place)
    this.#resting.delete(place)
  }

  #seekAgain(closing: number): void {
    if (this.#payments.e(closing) - this.#within < this.#payments.since) this.beyondKeep++
    else this.#seek(closing)
  }

  #seek(closing: number): void {
    this.#put(closing, this.#search.closedBy(closing))
  }

  #put(closing: number, cycles: readonly Cycle[]): void {
    const old = this.#found.get(closing)?.cycles ?? []
    if (old.length === 0 && cycles.length === 0) return
    if (textOf(old) === textOf(cycles)) return
    this.#changed.add(this.#payments.key(closing))
    for (const { places } of old) for (const place of places) this.#unrest(place, closing)
    for (const { places } of cycles) for (const place of places) this.#rest(place, closing)
    if (cycles.length === 0) this.#found.delete(closing)
    else this.#found.set(closing, { cycles, trips: cycles.map((cycle) => this.#trip(closing, cycle)) })
  }

  #rest(place: number, closing: number): void {
    const closings = this.#resting.get(place)
    if (closings === undefined) this.#resting.set(place, new Set([closing]))
    else closings.add(closing)
  }

  #unrest(place: number, closing: number): void {
    const closings = this.#resting.get(place)
    closings?.delete(closing)
    if (closings?.size === 0) this.#resting.delete(place)
  }

  /** In texts, since the first payments of it are let go before the last. */
  #trip(closing: number, { account, places }: Cycle): RoundTrip {
    return {
      closing: this.#payments.key(closing),
      account,
      hops: places.length,
      amount: BigInt(this.#payments.amount(closing)),
      payments: places.map((place) => this.#payments.key(place)),
      path: places.map((place) => this.#payments.step(place)),
    }
  }
}

function textOf(cycles: readonly Cycle[]): string {
  return cycles.map(({ places }) => places.join()).join(';')
}
