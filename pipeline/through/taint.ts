/**
 * Where the money of loans lies, by four methods at once, moved on payment by payment. A trace is one loan under one method (loan × 4 + method), a spot an
 * account it has reached. An account without taint costs nothing but its balance: what was paid in less what was paid out, and never below 0.
 *
 * - `fifo`, `lifo`: an account pays out what came in first, or last; what lay there before the loan came first. A payment's parcels arrive in the order they left.
 * - `prorata`: a payment carries the tainted part of the balance, rounded half to even to the minor unit; the rest stays, so that nothing is lost or made.
 * - `poison`: once anything tainted has mixed with the balance, all of it is tainted, until the account is empty.
 *
 * A payment beyond the balance is clean for the excess, which is its last parcel.
 */
import { divideHalfEven } from '../contract/money.ts'
import { Parcels } from './parcels.ts'
import { MOST, type Payments } from './payments.ts'
import { grown } from './rows.ts'
import { type List, MIXED, PLACED, Spots } from './spots.ts'

export const METHODS = ['fifo', 'lifo', 'prorata', 'poison'] as const
export type Method = (typeof METHODS)[number]
const [LIFO, PRORATA, POISON] = [1, 2, 3]

/** `horizon`, `returnWithin`: ms since the loan's money was paid out. `accounts`: how many one trace may reach. */
export type Bounds = { horizon: number; hops: number; accounts: number; returnWithin: number }

/** The accounts a replay has reached, and what to do when it reaches another one by a payment. Without one, every account takes part. */
export type Replay = { has(account: number): boolean; enter(account: number, place: number): void }

export class Taint {
  readonly spots = new Spots()
  /** Per account, minor units. */
  balance = new Float64Array(64)
  /** Per trace, minor units: the loan's money, what was followed no further, and what lay still beyond the horizon. */
  drawn = new Float64Array(64)
  beyond = new Float64Array(64)
  lapsed = new Float64Array(64)
  /** Times that taint was not followed to an account because its trace had reached as many as it may. */
  capped = 0
  replay: Replay | undefined
  readonly #payments: Payments
  readonly #bounds: Bounds
  readonly #reached: (loan: number) => void
  readonly #parcels = new Parcels()
  readonly #carried: number[] = []

  /** `reached`: taint of a loan came to an account. */
  constructor(payments: Payments, bounds: Bounds, reached: (loan: number) => void) {
    this.#payments = payments
    this.#bounds = bounds
    this.#reached = reached
  }

  /** Moves money and taint by one payment; `loan`: whose money it is, -1 none. */
  pay(place: number, loan: number): void {
    const [from, to, amount] = [this.#payments.from(place), this.#payments.to(place), this.#payments.amount(place)]
    if (this.#takesPart(from)) {
      const held = this.balance[from] as number
      const available = Math.min(amount, held)
      this.#leave(PLACED, place, loan, held, available)
      this.#leave(MIXED, place, loan, held, available)
      this.balance[from] = held - available
    }
    if (loan >= 0 && amount > 0) this.#draw(place, loan, amount)
    if (!this.#takesPart(to)) return
    for (let s = this.spots.firstActive(PLACED, to); s !== 0; s = this.spots.rows.at.later[s] as number)
      if (this.spots.rows.at.paid[s] !== place) this.#put(s, amount)
    this.balance[to] = Math.min(MOST, (this.balance[to] as number) + amount)
  }

  /** Forgets what a trace has reached. */
  clear(trace: number): void {
    const { at } = this.spots.rows
    for (let s = this.spots.latest(trace); s !== 0; s = at.next[s] as number) if (at.active[s] === 1) this.#rest(s)
    this.spots.clear(trace)
    if (trace < this.drawn.length) this.drawn[trace] = this.beyond[trace] = this.lapsed[trace] = 0
  }

  /** Room for every account and loan there is: before `pay`. */
  reserve(): void {
    const [accounts, traces] = [this.#payments.accounts.size, this.#payments.loans.size * 4]
    this.spots.reserve(accounts, traces)
    if (accounts > this.balance.length) this.balance = grown(this.balance, Math.ceil(accounts * 1.5))
    if (traces <= this.drawn.length) return
    const length = Math.ceil(traces * 1.5)
    ;[this.drawn, this.beyond, this.lapsed] = [grown(this.drawn, length), grown(this.beyond, length), grown(this.lapsed, length)]
  }

  #takesPart(account: number): boolean {
    return this.replay === undefined || this.replay.has(account)
  }

  #draw(place: number, loan: number, amount: number): void {
    for (let trace = loan * 4; trace < loan * 4 + 4; trace++) {
      this.drawn[trace] = (this.drawn[trace] as number) + amount
      this.#carried.length = 0
      this.#carried.push(-amount)
      this.#arrive(trace, 0, place, amount)
    }
  }

  #leave(list: List, place: number, loan: number, held: number, available: number): void {
    for (let s = this.spots.firstActive(list, this.#payments.from(place)); s !== 0; ) {
      const later = this.spots.rows.at.later[s] as number
      this.#pass(s, place, loan, held, available)
      s = later
    }
  }

  /** What a spot gives to one payment out of its account, which holds `held` and of it pays `available`. */
  #pass(s: number, place: number, loan: number, held: number, available: number): void {
    if (this.#isOver(s, this.#payments.e(place))) return this.#rest(s)
    const trace = this.spots.rows.at.trace[s] as number
    const method = trace & 3
    const moved = this.#taken(s, method, held, available)
    const followed = trace >> 2 !== loan && (this.spots.rows.at.hops[s] as number) < this.#bounds.hops
    if (moved > 0 && followed) this.#arrive(trace, s, place, moved)
    else if (moved > 0) this.beyond[trace] = (this.beyond[trace] as number) + moved
    if (method === POISON ? held === available : this.spots.rows.at.held[s] === 0) this.#rest(s)
  }

  #taken(s: number, method: number, held: number, available: number): number {
    this.#carried.length = 0
    if (method === POISON) return available
    const { at } = this.spots.rows
    const tainted = at.held[s] as number
    const moved = method === PRORATA ? partOf(tainted, available, held) : this.#parcels.take(at.line[s] as number, available, this.#carried)
    at.held[s] = tainted - moved
    return moved
  }

  /** Taint comes to an account from spot `s`, 0: it is the loan's own money. */
  #arrive(trace: number, s: number, place: number, moved: number): void {
    const to = this.#payments.to(place)
    let b = this.spots.find(trace, to)
    if (b === 0 && this.spots.count(trace) >= this.#bounds.accounts) {
      this.capped++
      this.beyond[trace] = (this.beyond[trace] as number) + moved
      return
    }
    if (this.replay?.has(to) === false) this.replay.enter(to, place)
    if (b === 0) b = this.#made(trace, to, place)
    this.#note(trace, s, b, place, moved)
    this.#hold(b, moved, place)
    this.#reached(trace >> 2)
  }

  #made(trace: number, account: number, place: number): number {
    const b = this.spots.make(trace, account)
    const { at } = this.spots.rows
    at.party[b] = this.#payments.creditor(place)
    at.first[b] = this.#payments.e(place)
    at.hops[b] = NOT_YET
    return b
  }

  /** What is known of how taint came to spot `b`. */
  #note(trace: number, s: number, b: number, place: number, moved: number): void {
    const { at } = this.spots.rows
    const e = this.#payments.e(place)
    if (at.active[b] === 1 && this.#isOver(b, e)) this.#rest(b)
    const [hops, drawn] = s === 0 ? [0, e] : [(at.hops[s] as number) + 1, at.drawn[s] as number]
    const fewer = hops < (at.hops[b] as number)
    const step = fewer ? this.#step(trace, s, b, place) : 0
    if (fewer) {
      at.hops[b] = hops
      at.step[b] = step
    }
    at.drawn[b] = Math.max(at.drawn[b] as number, drawn)
    at.reached[b] = (at.reached[b] as number) + moved
    if (s === 0 || (trace & 3) !== PRORATA || e > drawn + this.#bounds.returnWithin) return
    const flow = this.spots.flow(b, s, moved)
    if (flow !== 0) this.spots.inflows.at.step[flow] = fewer ? step : this.#step(trace, s, b, place)
  }

  #step(trace: number, s: number, b: number, place: number): number {
    const { at } = this.spots.rows
    return this.spots.step(trace, place, at.account[b] as number, s === 0 ? 0 : (at.step[s] as number))
  }

  #hold(b: number, moved: number, place: number): void {
    const { at } = this.spots.rows
    const method = (at.trace[b] as number) & 3
    if (at.active[b] === 0) this.spots.activate(b, listOf(method))
    if (method !== POISON) at.held[b] = (at.held[b] as number) + moved
    if (method >= PRORATA) return
    if (at.line[b] === 0) at.line[b] = this.#parcels.open(this.balance[at.account[b] as number] as number)
    at.paid[b] = place
    let rest = this.#payments.amount(place)
    for (const parcel of this.#carried) {
      this.#put(b, parcel)
      rest -= Math.abs(parcel)
    }
    if (rest > 0) this.#put(b, rest)
  }

  #put(s: number, parcel: number): void {
    const { at } = this.spots.rows
    this.#parcels.put(at.line[s] as number, parcel, ((at.trace[s] as number) & 3) === LIFO)
  }

  /** Ends a spot's part until taint comes again; what is still in it, with the horizon past, stays for good. */
  #rest(s: number): void {
    const { at } = this.spots.rows
    const trace = at.trace[s] as number
    this.lapsed[trace] = (this.lapsed[trace] as number) + (at.held[s] as number)
    at.held[s] = 0
    if (at.line[s] !== 0) this.#parcels.close(at.line[s] as number)
    at.line[s] = 0
    this.spots.rest(s, listOf(trace & 3))
  }

  #isOver(s: number, e: number): boolean {
    return e > (this.spots.rows.at.drawn[s] as number) + this.#bounds.horizon
  }
}

/** More hops than there can be. */
const NOT_YET = 255

function listOf(method: number): List {
  return method < PRORATA ? PLACED : MIXED
}

/** `tainted × paid ÷ held`, rounded half to even; exact for whole numbers up to 2^53. */
function partOf(tainted: number, paid: number, held: number): number {
  if (paid === held) return tainted
  const product = tainted * paid
  if (product > MOST) return Number(divideHalfEven(BigInt(tainted) * BigInt(paid), BigInt(held)))
  let whole = Math.floor(product / held)
  let rest = product - whole * held
  if (rest < 0) [whole, rest] = [whole - 1, rest + held]
  if (rest >= held) [whole, rest] = [whole + 1, rest - held]
  return rest * 2 > held || (rest * 2 === held && whole % 2 === 1) ? whole + 1 : whole
}
