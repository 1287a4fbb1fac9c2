/**
 * Money along: where the money of each loan went, by four methods (contract §6). The loan's money is the payments that name it into its disbursement account;
 * taint follows payments out of there within a time and a number of hops, an account's hops being the fewest by which taint has come to it. A loan paid out
 * in parts is followed from the latest part that can lie in an account. A payment from an account to itself moves nothing.
 *
 * Payments that come in event order are followed one by one. When one is corrected, taken out or comes late, or a loan gets another account, the loans
 * concerned are traced anew from the payments kept. A loan whose first money is older than those stands as it was traced (`beyondKeep` counts them).
 */
import type { PathStep } from '../contract/index.ts'
import { MOST } from './payment-record.ts'
import type { PaymentReader, Payments } from './payments.ts'
import { grown, GROWTH } from './rows.ts'
import { type Aside, type Bounds, type Method, METHODS, Taint } from './taint.ts'

const DAY_MS = 86_400_000

/** An account that a loan's money has reached: `amount` in minor units, whether or not it was paid on; `first` ms. */
export type Reached = { method: Method; account: string; party: string; amount: bigint; hops: number; first: number }

/** Where a loan's money is, minor units: `drawn` = `held` + `lapsed` (not moved within the horizon) + `beyond` (paid on, and followed no further). Not by poison. */
export type Whereabouts = { drawn: bigint; held: bigint; lapsed: bigint; beyond: bigint }

/** What came back, minor units, and the payments of its largest part. */
export type Returned = { amount: bigint; account?: string; path: PathStep[] }

const DEFAULTS: Bounds = { horizon: 30 * DAY_MS, hops: 5, accounts: 100, returnWithin: 7 * DAY_MS }

export class MoneyTrace implements PaymentReader {
  /** Corrections that a loan was too old for. */
  beyondKeep = 0
  readonly #payments: Payments
  readonly #taint: Taint
  /** Per loan: its account + 1, 0 none. */
  #account = new Int32Array(64)
  /** Payments that name a loan, in event order. */
  readonly #naming = new Map<number, number[]>()
  /** Per account: the balance before the payments kept. */
  #base = new Float64Array(64)
  readonly #changed = new Set<number>()
  readonly #frozen = new Set<number>()
  readonly #aged = new Set<number>()

  /** `payments` keeps them for the horizon and whatever a correction may be late. */
  constructor(payments: Payments, bounds: Partial<Bounds> = {}) {
    this.#payments = payments
    this.#taint = new Taint(payments, { ...DEFAULTS, ...bounds }, (loan) => void this.#changed.add(loan))
    payments.read(this)
  }

  /** The account a loan is paid out to; undefined: there is no such loan any more. */
  set(loan: string, statement: { account: string } | undefined): void {
    const id = this.#payments.loans.of(loan)
    const account = statement === undefined ? 0 : this.#payments.accounts.of(statement.account) + 1
    this.#reserve()
    if (this.#account[id] === account) return
    this.#account[id] = account
    this.#frozen.delete(id)
    this.#forgetAll(id)
    if (this.#drawings(id).length === 0) this.#stand(id)
  }

  /** Loans whose trace has changed since the last call, sorted. */
  changed(): string[] {
    this.#settle()
    const loans = [...this.#changed].map((id) => this.#payments.loans.text(id)).sort()
    this.#changed.clear()
    return loans
  }

  /** Loans of which a payment is no longer kept, since the last call, sorted. */
  aged(): string[] {
    const loans = [...this.#aged].map((id) => this.#payments.loans.text(id)).sort()
    this.#aged.clear()
    return loans
  }

  /** Follows a loan from the payments kept alone. False: there is none of its money, and what was traced is forgotten. */
  renew(loan: string): boolean {
    const id = this.#payments.loans.of(loan)
    this.#reserve()
    this.#frozen.delete(id)
    this.#forgetAll(id)
    if (this.#drawings(id).length > 0) return true
    this.#stand(id)
    this.#changed.delete(id)
    return false
  }

  /** What accounts held before the payments kept, minor units; nothing is left out but 0. */
  *bases(): Iterable<[account: string, amount: bigint]> {
    const { accounts } = this.#payments
    for (let id = 0; id < Math.min(accounts.size, this.#base.length); id++)
      if (this.#base[id] !== 0) yield [accounts.text(id), BigInt(this.#base[id] as number)]
  }

  /** Puts in what an account held before the first payment. */
  setBase(account: string, amount: bigint): void {
    const id = this.#payments.accounts.of(account)
    this.#reserve()
    this.#base[id] = this.#taint.balance[id] = Number(amount)
  }

  /** What a loan's money has reached, by method and account. */
  reached(loan: string): Reached[] {
    const { accounts, parties } = this.#payments
    return METHODS.flatMap((method) => {
      const found: Reached[] = []
      const { at } = this.#taint.spots.rows
      for (const s of this.#spots(loan, method)) {
        const [account, party] = [accounts.text(at.account[s] as number), parties.text(at.party[s] as number)]
        found.push({ method, account, party, amount: BigInt(at.reached[s] as number), hops: at.hops[s] as number, first: at.first[s] as number })
      }
      return found.sort((a, b) => (a.account < b.account ? -1 : 1))
    })
  }

  /** The payments by which taint first came to an account with the fewest hops, from the loan's own on. */
  path(loan: string, method: Method, account: string): PathStep[] {
    this.#settle()
    const id = this.#payments.accounts.find(account)
    const trace = this.#trace(loan, method)
    const s = id === undefined || trace === undefined ? 0 : this.#taint.spots.find(trace, id)
    return s === 0 ? [] : this.#pathOf(this.#taint.spots.rows.at.step[s] as number)
  }

  /** Taint in accounts of parties for which `isSink` holds, minor units. */
  sunk(loan: string, method: Method, isSink: (party: string) => boolean): bigint {
    const { at } = this.#taint.spots.rows
    let sum = 0n
    for (const s of this.#spots(loan, method)) if (isSink(this.#payments.parties.text(at.party[s] as number))) sum += BigInt(at.reached[s] as number)
    return sum
  }

  /**
   * Taint, pro rata, that came from an account of an outside party to one of an inside party, the borrower or its client group, other than the account the loan was
   * paid to, within `returnWithin` of the loan. What has come back is not counted again when it moves on inside.
   */
  returned(loan: string, isInside: (party: string) => boolean): Returned {
    const { rows, inflows } = this.#taint.spots
    const inside = (s: number) => isInside(this.#payments.parties.text(rows.at.party[s] as number))
    const own = (this.#account[this.#payments.loans.find(loan) ?? -1] ?? 0) - 1
    const flows: { amount: number; account: string; step: number }[] = []
    for (const s of this.#spots(loan, 'prorata')) {
      const account = rows.at.account[s] as number
      if (account === own || !inside(s)) continue
      for (let f = rows.at.inflow[s] as number; f !== 0; f = inflows.at.next[f] as number)
        if (!inside(inflows.at.from[f] as number))
          flows.push({ amount: inflows.at.amount[f] as number, account: this.#payments.accounts.text(account), step: inflows.at.step[f] as number })
    }
    const amount = flows.reduce((sum, f) => sum + BigInt(f.amount), 0n)
    const [largest] = flows.sort((a, b) => b.amount - a.amount || this.#compareSteps(a.step, b.step))
    return largest === undefined ? { amount, path: [] } : { amount, account: largest.account, path: this.#pathOf(largest.step) }
  }

  whereabouts(loan: string, method: Method): Whereabouts {
    let held = 0n
    for (const s of this.#spots(loan, method)) held += BigInt(this.#taint.heldIn(s))
    const trace = this.#trace(loan, method)
    const of = (column: Float64Array) => BigInt(trace === undefined ? 0 : (column[trace] ?? 0))
    const [drawn, lapsed] = [of(this.#taint.drawn), of(this.#taint.lapsed)]
    return { drawn, held, lapsed, beyond: drawn - held - lapsed }
  }

  /** Traces that had reached as many accounts as they may: to others their money is not followed. */
  get capped(): number {
    return this.#taint.capped
  }

  appended(place: number): void {
    this.#reserve()
    this.#name(place)
    this.#taint.pay(place, this.#drawnBy(place))
  }

  inserted(place: number): void {
    this.#reserve()
    this.#name(place)
    this.#doubt(place, true)
  }

  removed(place: number): void {
    const naming = this.#naming.get(this.#payments.loan(place))
    naming?.splice(naming.indexOf(place), 1)
    this.#doubt(place, false)
  }

  expired(place: number): void {
    const [from, to, amount] = [this.#payments.from(place), this.#payments.to(place), this.#payments.amount(place)]
    const drawn = this.#drawnBy(place)
    if (drawn >= 0) {
      this.#settle()
      this.#frozen.add(drawn)
      this.#aged.add(drawn)
    }
    this.#base[from] = Math.max(0, (this.#base[from] as number) - amount)
    this.#base[to] = Math.min(MOST, (this.#base[to] as number) + amount)
    const loan = this.#payments.loan(place)
    if (loan < 0) return
    const naming = this.#naming.get(loan) ?? []
    naming.splice(naming.indexOf(place), 1)
    if (naming.length === 0) this.#naming.delete(loan)
  }

  #name(place: number): void {
    const loan = this.#payments.loan(place)
    if (loan < 0) return
    const naming = this.#naming.get(loan)
    if (naming === undefined) return void this.#naming.set(loan, [place])
    let i = naming.length
    while (i > 0 && this.#payments.compare(naming[i - 1] as number, place) > 0) i--
    naming.splice(i, 0, place)
  }

  /** The loan whose money a payment is; -1: none's. */
  #drawnBy(place: number): number {
    const loan = this.#payments.loan(place)
    return loan >= 0 && this.#account[loan] === this.#payments.to(place) + 1 ? loan : -1
  }

  #drawings(loan: number): number[] {
    return (this.#naming.get(loan) ?? []).filter((place) => this.#drawnBy(place) === loan)
  }

  /**
   * Balances of the two accounts are not what they would have been, from this payment on until they are again; nor are the traces with taint in them meanwhile.
   * `isIn`: it came in, rather than was taken out.
   */
  #doubt(place: number, isIn: boolean): void {
    const { spots } = this.#taint
    const own = this.#drawnBy(place)
    const traces = new Set<number>(own < 0 ? [] : tracesOf(own))
    for (const account of [this.#payments.from(place), this.#payments.to(place)]) {
      const until = this.#rebalance(account, place, isIn)
      for (let s = spots.latestAt(account); s !== 0; s = spots.rows.at.later[s] as number)
        if ((spots.rows.at.first[s] as number) <= until && this.#taint.endOf(s) >= this.#payments.e(place)) traces.add(spots.rows.at.trace[s] as number)
    }
    const loans = new Set<number>()
    for (const trace of traces) {
      if (this.#frozen.has(trace >> 2)) loans.add(trace >> 2)
      else this.#forget(trace)
    }
    this.beyondKeep += loans.size
  }

  /** Puts right what an account holds now, and returns until when it held something else than before, ms. */
  #rebalance(account: number, place: number, isIn: boolean): number {
    const places = this.#payments.ofAccount(account)
    const start = this.#payments.placeIn(places, place)
    const common = this.#balanceAfter(account, this.#base[account] as number, places, 0, start)
    const other = this.#balanceBy(account, common, place)
    let [now, before] = isIn ? [other, common] : [common, other]
    let next = isIn ? start + 1 : start
    let until = this.#payments.e(place)
    for (; now !== before && next < places.length; next++) {
      const one = places[next] as number
      ;[now, before, until] = [this.#balanceBy(account, now, one), this.#balanceBy(account, before, one), this.#payments.e(one)]
    }
    this.#taint.balance[account] = this.#balanceAfter(account, now, places, next, places.length)
    return now === before ? until : Number.POSITIVE_INFINITY
  }

  #forgetAll(loan: number): void {
    for (const trace of tracesOf(loan)) this.#forget(trace)
    this.#changed.add(loan)
  }

  #forget(trace: number): void {
    this.#taint.clear(trace)
    this.#changed.add(trace >> 2)
    this.#taint.stale.add(trace)
  }

  /** There is nothing to trace of a loan. */
  #stand(loan: number): void {
    for (const trace of tracesOf(loan)) this.#taint.stale.delete(trace)
  }

  /** Traces anew what is stale, all together: each account it reaches takes part from the payment by which it is reached. */
  #settle(): void {
    const { stale } = this.#taint
    if (stale.size === 0) return
    const loans = new Set([...stale].map((trace) => trace >> 2))
    for (const loan of loans) this.#changed.add(loan)
    if ([...loans].some((loan) => this.#drawings(loan).length > 0)) this.#replay()
    stale.clear()
  }

  #replay(): void {
    const held = this.#base.slice()
    const takesPart = new Uint8Array(held.length)
    const aside = new Map<number, Aside>()
    const enter = (account: number) => {
      this.#taint.balance[account] = held[account] as number
      const lists = this.#taint.aside(account)
      if (lists !== undefined) aside.set(account, lists)
      takesPart[account] = 1
    }
    this.#taint.replay = { has: (account) => takesPart[account] === 1, enter }
    this.#payments.each((place) => {
      const [from, to, amount] = [this.#payments.from(place), this.#payments.to(place), this.#payments.amount(place)]
      if (takesPart[from] === 1 || takesPart[to] === 1 || this.#payments.loan(place) >= 0) this.#taint.pay(place, this.#drawnBy(place))
      held[from] = Math.max(0, (held[from] as number) - amount)
      held[to] = Math.min(MOST, (held[to] as number) + amount)
    })
    this.#taint.replay = undefined
    for (const [account, lists] of aside) this.#taint.restore(account, lists)
  }

  /** What an account with `balance` holds after some of its payments, from index `next` to before `end`. */
  #balanceAfter(account: number, balance: number, places: readonly number[], next: number, end: number): number {
    let held = balance
    for (let i = next; i < end; i++) held = this.#balanceBy(account, held, places[i] as number)
    return held
  }

  #balanceBy(account: number, balance: number, place: number): number {
    const amount = this.#payments.amount(place)
    return this.#payments.from(place) === account ? Math.max(0, balance - amount) : Math.min(MOST, balance + amount)
  }

  #trace(loan: string, method: Method): number | undefined {
    const id = this.#payments.loans.find(loan)
    return id === undefined ? undefined : id * 4 + METHODS.indexOf(method)
  }

  *#spots(loan: string, method: Method): Generator<number> {
    this.#settle()
    const trace = this.#trace(loan, method)
    const { at } = this.#taint.spots.rows
    for (let s = trace === undefined ? 0 : this.#taint.spots.latest(trace); s !== 0; s = at.next[s] as number) yield s
  }

  /** A payment that is no longer kept is known by its account alone. */
  #pathOf(last: number): PathStep[] {
    const { at } = this.#taint.spots.steps
    const path: PathStep[] = []
    for (let step = last; step !== 0; step = at.before[step] as number) {
      const place = at.place[step] as number
      if (this.#payments.isKept(place)) path.push(this.#payments.step(place))
      else path.push({ kind: 'payment', to: this.#payments.accounts.text(at.account[step] as number) })
    }
    return path.reverse()
  }

  #compareSteps(a: number, b: number): number {
    const { at } = this.#taint.spots.steps
    const [x, y] = [at.place[a] as number, at.place[b] as number]
    return this.#payments.isKept(x) && this.#payments.isKept(y) ? this.#payments.compare(x, y) : x - y
  }

  #reserve(): void {
    this.#taint.reserve()
    const [accounts, loans] = [this.#payments.accounts.size, this.#payments.loans.size]
    if (accounts > this.#base.length) this.#base = grown(this.#base, Math.ceil(accounts * GROWTH))
    if (loans > this.#account.length) this.#account = grown(this.#account, Math.ceil(loans * GROWTH))
  }
}

/** A loan's traces, one by each method. */
function tracesOf(loan: number): number[] {
  return METHODS.map((_, method) => loan * METHODS.length + method)
}
