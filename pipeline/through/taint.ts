/**
 * Where the money of loans lies, by four methods at once, moved on payment by payment. A trace is one loan under one method (loan × 4 + method), a spot an
 * account it has reached. An account without taint costs nothing but its balance: what was paid in less what was paid out, and never below 0.
 *
 * - `fifo`, `lifo`: an account pays out what came in first, or last; what lay there before the loan came first. A payment's parcels arrive in the order they left.
 * - `prorata`: a payment carries the tainted part of the balance, rounded half to even to the minor unit; the rest stays, so that nothing is lost or made.
 * - `poison`: once anything tainted has mixed with the balance, all of it is tainted, until the account is empty.
 *
 * A payment beyond the balance is clean for the excess, which is its last parcel.
 *
 * An account that many traces have reached, a hub, is passed without looking at each: by place in line, only those whose taint lies in what is paid out are
 * touched; pro rata each costs a division in a row of numbers; poison costs nothing until the account is empty. Only traces that may still reach further
 * accounts, or have been where the payment goes, are followed.
 */
import { divideHalfEven } from '../contract/money.ts'
import type { Detached } from './active-spots.ts'
import { MOST } from './payment-record.ts'
import type { Payments } from './payments.ts'
import { grown, GROWTH } from './rows.ts'
import { Spots } from './spots.ts'
import { Stretches } from './stretches.ts'

export const METHODS = ['fifo', 'lifo', 'prorata', 'poison'] as const
export type Method = (typeof METHODS)[number]
const [FIFO, LIFO, PRORATA, POISON] = [0, 1, 2, 3] as const

/** `horizon`, `returnWithin`: ms since the loan's money was paid out. `accounts`: how many one trace may reach. */
export type Bounds = { horizon: number; hops: number; accounts: number; returnWithin: number }

/** The accounts a replay has reached, and what to do when it reaches another one. Without one, every account takes part. */
export type Replay = { has(account: number): boolean; enter(account: number): void }

export class Taint {
  readonly spots = new Spots()
  /** Per account, minor units. */
  balance = new Float64Array(64)
  /** Per trace, minor units: the loan's money, and what lay still beyond the horizon. */
  drawn = new Float64Array(64)
  lapsed = new Float64Array(64)
  /** Traces that had reached as many accounts as they may. */
  capped = 0
  /** Traces that only a replay moves on. */
  readonly stale = new Set<number>()
  replay: Replay | undefined
  readonly #payments: Payments
  readonly #bounds: Bounds
  readonly #reached: (loan: number) => void
  readonly #stretches = new Stretches()
  /** Per account: where in its line by `fifo` it pays out; counted anew when there is no taint in it. By `lifo` that is the balance × −1. */
  #front = new Float64Array(64)
  /** Of what a spot gives to a payment: where in it a piece begins and how much it is, piece by piece. */
  readonly #carried: number[] = []
  /** Shut spots that are open for the payment at hand. */
  readonly #opened: number[] = []
  #now = 0

  /** `reached`: taint of a loan came to an account. */
  constructor(payments: Payments, bounds: Bounds, reached: (loan: number) => void) {
    this.#payments = payments
    this.#bounds = bounds
    this.#reached = reached
  }

  /** Moves money and taint by one payment; `loan`: whose money it is, -1 none. */
  pay(place: number, loan: number): void {
    const [from, to, amount] = [this.#payments.from(place), this.#payments.to(place), this.#payments.amount(place)]
    this.#now = this.#payments.e(place)
    const takesIn = this.#takesPart(to)
    if (takesIn) this.#makeRoom(to, amount)
    if (this.#takesPart(from)) {
      const held = this.balance[from] as number
      const available = Math.min(amount, held)
      this.#leave({ place, from, to, loan, held, available })
      this.balance[from] = held - available
    }
    if (loan >= 0 && amount > 0) this.#draw(place, loan, amount)
    if (takesIn || this.#takesPart(to)) this.balance[to] = Math.min(MOST, (this.balance[to] as number) + amount)
  }

  /** Tainted minor units in a spot; by poison 0. */
  heldIn(s: number): number {
    const { at } = this.spots.rows
    if (at.active[s] === 0) return 0
    if (((at.trace[s] as number) & 3) === PRORATA) return this.spots.active.keys[this.spots.indexOf(s)] as number
    return at.line[s] === 0 ? 0 : this.#stretches.sum(at.line[s] as number)
  }

  /** When a spot had no taint left, ms; infinity: it has. */
  endOf(s: number): number {
    const { at } = this.spots.rows
    return at.active[s] === 1 ? Number.POSITIVE_INFINITY : (at.ended[s] as number)
  }

  /** Forgets what a trace has reached. */
  clear(trace: number): void {
    const { at } = this.spots.rows
    for (let s = this.spots.latest(trace); s !== 0; s = at.next[s] as number) if (at.active[s] === 1) this.#rest(s)
    this.spots.clear(trace)
    if (trace < this.drawn.length) this.drawn[trace] = this.lapsed[trace] = 0
  }

  /** Takes what lies in an account aside; undefined: nothing does. */
  aside(account: number): Aside | undefined {
    if (METHODS.every((_, method) => this.spots.active.length(this.spots.listAt(account, method)) === 0)) return undefined
    return { lists: this.spots.aside(account), front: this.#front[account] as number }
  }

  /** Brings it back beside what has come to lie there meanwhile. */
  restore(account: number, { lists, front }: Aside): void {
    if (lists[FIFO]?.length !== 0) this.#countFrom(account, front)
    this.spots.restore(account, lists)
  }

  /** Room for every account and loan there is: before `pay`. */
  reserve(): void {
    const [accounts, traces] = [this.#payments.accounts.size, this.#payments.loans.size * 4]
    this.spots.reserve(accounts, traces)
    if (accounts > this.balance.length) {
      const length = Math.ceil(accounts * GROWTH)
      ;[this.balance, this.#front] = [grown(this.balance, length), grown(this.#front, length)]
    }
    if (traces <= this.drawn.length) return
    const length = Math.ceil(traces * GROWTH)
    ;[this.drawn, this.lapsed] = [grown(this.drawn, length), grown(this.lapsed, length)]
  }

  #takesPart(account: number): boolean {
    return this.replay === undefined || this.replay.has(account)
  }

  /** Whether a trace is one of those that are moved on now. */
  #moves(trace: number): boolean {
    return this.stale.has(trace) === (this.replay !== undefined)
  }

  #draw(place: number, loan: number, amount: number): void {
    for (let trace = loan * 4; trace < loan * 4 + 4; trace++) {
      if (!this.#moves(trace)) continue
      this.drawn[trace] = (this.drawn[trace] as number) + amount
      this.#carried.length = 0
      this.#carried.push(0, amount)
      this.#arrive(trace, 0, place, amount)
    }
  }

  #leave(paid: Paid): void {
    const { active } = this.spots
    const [placed, mixed] = [this.spots.listAt(paid.from, FIFO), this.spots.listAt(paid.from, PRORATA)]
    if (active.length(placed) > 0) {
      const front = this.#front[paid.from] as number
      this.#leavePlaced(placed, front, paid)
      this.#front[paid.from] = front + paid.available
    }
    if (active.length(placed + 1) > 0) this.#leavePlaced(placed + 1, -paid.held, paid)
    if (active.length(mixed) + active.length(mixed + 1) === 0) return
    this.#open(paid)
    this.#leaveProrata(mixed, paid)
    this.#leavePoison(mixed + 1, paid)
    for (const s of this.#opened) this.#settle(s)
    this.#opened.length = 0
  }

  /** By place in line: those with taint before `front` and what is paid out. */
  #leavePlaced(list: number, front: number, paid: Paid): void {
    const { active } = this.spots
    const [start, end] = [active.start(list), front + paid.available]
    for (let i = start + active.length(list) - 1; i >= start; i--)
      if ((active.keys[i] as number) < end) this.#passPlaced(Math.abs(active.spots[i] as number), front, paid)
  }

  #passPlaced(s: number, front: number, paid: Paid): void {
    if (this.#isOver(s)) return this.#rest(s)
    const { at } = this.spots.rows
    const line = at.line[s] as number
    this.#carried.length = 0
    const moved = this.#stretches.take(line, front, front + paid.available, this.#carried)
    const first = this.#stretches.first(line)
    this.spots.active.keys[this.spots.indexOf(s)] = first
    this.#pass(s, paid, moved)
    if (first === Number.POSITIVE_INFINITY) this.#rest(s)
  }

  #leaveProrata(list: number, paid: Paid): void {
    const { active } = this.spots
    const { held, available } = paid
    const start = active.start(list)
    for (let i = start + active.length(list) - 1; i >= start; i--) {
      const s = active.spots[i] as number
      if (this.#now > (active.untils[i] as number)) {
        this.#rest(Math.abs(s))
        continue
      }
      const tainted = active.keys[i] as number
      const moved = partOf(tainted, available, held)
      active.keys[i] = tainted - moved
      if (s > 0 && moved > 0) this.#pass(s, paid, moved)
      if (moved === tainted) this.#rest(Math.abs(s))
    }
  }

  #leavePoison(list: number, paid: Paid): void {
    const { active } = this.spots
    const isEmptied = paid.held === paid.available
    const start = active.start(list)
    for (let i = start + active.length(list) - 1; i >= start; i--) {
      const s = active.spots[i] as number
      if (s < 0 && !isEmptied) continue
      const isOver = this.#isOver(Math.abs(s))
      if (s > 0 && !isOver && paid.available > 0) this.#pass(s, paid, paid.available)
      if (isOver || isEmptied) this.#rest(Math.abs(s))
    }
  }

  /** What a spot has given to a payment comes to its payee, unless it is followed no further. The loan's own money is not mixed with what it paid out before. */
  #pass(s: number, { place, loan }: Paid, moved: number): void {
    const { at } = this.spots.rows
    const trace = at.trace[s] as number
    if (moved > 0 && trace >> 2 !== loan && (at.hops[s] as number) < this.#bounds.hops) this.#arrive(trace, s, place, moved)
  }

  /** Opens the shut spots of the payer whose traces have been where the payment goes, pro rata and by poison. */
  #open({ from, to }: Paid): void {
    const { spots } = this
    const { at } = spots.rows
    const { active } = spots
    const [start, end] = [this.spots.listAt(from, PRORATA), this.spots.listAt(from, POISON)]
    if (spots.countAt(to) <= active.length(start) + active.length(end)) {
      for (let b = spots.latestAt(to); b !== 0; b = at.later[b] as number)
        if (((at.trace[b] as number) & 3) >= PRORATA) this.#openOne(spots.find(at.trace[b] as number, from))
      return
    }
    for (let list = start; list <= end; list++)
      for (let i = active.start(list); i < active.start(list) + active.length(list); i++) {
        const s = -(active.spots[i] as number)
        if (s > 0 && spots.find(at.trace[s] as number, to) !== 0) this.#openOne(s)
      }
  }

  #openOne(s: number): void {
    const { at } = this.spots.rows
    if (s === 0 || at.active[s] === 0 || !this.#moves(at.trace[s] as number)) return
    const i = this.spots.indexOf(s)
    if ((this.spots.active.spots[i] as number) > 0) return
    this.spots.active.spots[i] = s
    this.#opened.push(s)
  }

  /** Taint comes to an account from spot `s`, 0: it is the loan's own money. */
  #arrive(trace: number, s: number, place: number, moved: number): void {
    const to = this.#payments.to(place)
    let b = this.spots.find(trace, to)
    if (b === 0 && this.#isFull(trace)) return
    if (this.replay?.has(to) === false) {
      this.replay.enter(to)
      this.#makeRoom(to, this.#payments.amount(place))
    }
    if (b === 0) b = this.#made(trace, to, place)
    this.#note(trace, s, b, place, moved)
    this.#hold(b, moved)
    this.#settle(b)
    this.#reached(trace >> 2)
  }

  #isFull(trace: number): boolean {
    return this.spots.count(trace) >= this.#bounds.accounts
  }

  #made(trace: number, account: number, place: number): number {
    const b = this.spots.make(trace, account)
    const { at } = this.spots.rows
    at.party[b] = this.#payments.creditor(place)
    at.first[b] = this.#payments.e(place)
    at.hops[b] = NOT_YET
    if (!this.#isFull(trace)) return b
    this.capped++
    for (let s = this.spots.latest(trace); s !== 0; s = at.next[s] as number) this.#settle(s)
    return b
  }

  /** What is known of how taint came to spot `b`. */
  #note(trace: number, s: number, b: number, place: number, moved: number): void {
    const { at } = this.spots.rows
    const e = this.#payments.e(place)
    if (at.active[b] === 1 && this.#isOver(b)) this.#rest(b)
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

  #hold(b: number, moved: number): void {
    const { at } = this.spots.rows
    const [account, method] = [at.account[b] as number, (at.trace[b] as number) & 3]
    if (method === FIFO && this.spots.active.length(this.spots.listAt(account, FIFO)) === 0) this.#front[account] = 0
    if (at.active[b] === 0) this.spots.activate(b, 0, 0)
    const { keys } = this.spots.active
    const i = this.spots.indexOf(b)
    if (method === PRORATA) keys[i] = (keys[i] as number) + moved
    if (method >= PRORATA) return
    if (at.line[b] === 0) at.line[b] = this.#stretches.open()
    this.#putInLine(at.line[b] as number, account, method)
    keys[i] = this.#stretches.first(at.line[b] as number)
  }

  #putInLine(line: number, account: number, method: number): void {
    const held = this.balance[account] as number
    const end = (this.#front[account] as number) + held
    for (let piece = 0; piece < this.#carried.length; piece += 2) {
      const [at, size] = [this.#carried[piece] as number, this.#carried[piece + 1] as number]
      if (method === LIFO) this.#stretches.put(line, -(held + at + size), -(held + at), true)
      else this.#stretches.put(line, end + at, end + at + size, false)
    }
  }

  /** Opens or shuts an active spot, and notes until when it may pay. */
  #settle(s: number): void {
    const { at } = this.spots.rows
    if (at.active[s] === 0) return
    const { active } = this.spots
    const i = this.spots.indexOf(s)
    active.spots[i] = (at.hops[s] as number) >= this.#bounds.hops || this.#isFull(at.trace[s] as number) ? -s : s
    active.untils[i] = (at.drawn[s] as number) + this.#bounds.horizon
  }

  /** Ends a spot's part until taint comes again; what is still in it, with the horizon past, stays for good. */
  #rest(s: number): void {
    const { at } = this.spots.rows
    const trace = at.trace[s] as number
    this.lapsed[trace] = (this.lapsed[trace] as number) + this.heldIn(s)
    if (at.line[s] !== 0) this.#stretches.close(at.line[s] as number)
    at.line[s] = 0
    this.spots.rest(s, this.#now)
  }

  #isOver(s: number): boolean {
    return this.#now > (this.spots.rows.at.drawn[s] as number) + this.#bounds.horizon
  }

  /** Keeps the places in line of an account exact when so much more comes in. */
  #makeRoom(account: number, amount: number): void {
    if ((this.#front[account] as number) + (this.balance[account] as number) + amount > MOST) this.#countFrom(account, 0)
  }

  /** Counts the places in line of an account from elsewhere. */
  #countFrom(account: number, front: number): void {
    const { active, rows } = this.spots
    const [list, by] = [this.spots.listAt(account, FIFO), front - (this.#front[account] as number)]
    for (let i = active.start(list); i < active.start(list) + active.length(list); i++) {
      this.#stretches.shift(rows.at.line[Math.abs(active.spots[i] as number)] as number, by)
      active.keys[i] = (active.keys[i] as number) + by
    }
    this.#front[account] = front
  }
}

/** The lists of active spots of an account, by method, and where it pays out by `fifo`. */
export type Aside = { lists: Detached[]; front: number }

/** A payment out of an account that `held` so much, of which `available` is paid; `loan`: whose money it is, -1 none. */
type Paid = { place: number; from: number; to: number; loan: number; held: number; available: number }

/** More hops than there can be. */
const NOT_YET = 255

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
