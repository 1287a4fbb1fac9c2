/**
 * Money along: where the money of each loan went, by four methods (contract §6). The loan's money is the payments that name it into its disbursement account;
 * taint follows payments out of there within a time and a number of hops, an account's hops being the fewest by which taint has come to it. A loan paid out
 * in parts is followed from the latest part that can lie in an account. A payment from an account to itself moves nothing.
 *
 * Payments that come in event order are followed one by one. When one is corrected, taken out or comes late, or a loan gets another account, the loans
 * concerned are traced anew from the payments kept. A loan whose first money is older than those stands as it was traced (`beyondKeep` counts them).
 */
import type { PathStep } from '../contract/index.ts'
import { MOST, type PaymentReader, type Payments } from './payments.ts'
import { InOrder } from './replay.ts'
import { grown } from './rows.ts'
import { type Bounds, type Method, METHODS, Taint } from './taint.ts'

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
  readonly #stale = new Set<number>()
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
    this.#forget(id)
    if (this.#drawings(id).length === 0) this.#stale.delete(id)
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
    this.#forget(id)
    if (this.#drawings(id).length > 0) return true
    this.#stale.delete(id)
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
    const { at } = this.#taint.spots.rows
    let held = 0n
    for (const s of this.#spots(loan, method)) held += BigInt(at.held[s] as number)
    const trace = this.#trace(loan, method)
    const of = (column: Float64Array) => BigInt(trace === undefined ? 0 : (column[trace] ?? 0))
    return { drawn: of(this.#taint.drawn), held, lapsed: of(this.#taint.lapsed), beyond: of(this.#taint.beyond) }
  }

  /** Times that a trace had reached as many accounts as it may, and did not follow money to another. */
  get capped(): number {
    return this.#taint.capped
  }

  appended(place: number): void {
    this.#reserve()
    this.#name(place)
    const loan = this.#drawnBy(place)
    this.#taint.pay(place, this.#stale.has(loan) ? -1 : loan)
  }

  inserted(place: number): void {
    this.#reserve()
    this.#name(place)
    this.#doubt(place)
  }

  removed(place: number): void {
    const naming = this.#naming.get(this.#payments.loan(place))
    naming?.splice(naming.indexOf(place), 1)
    this.#doubt(place)
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

  /** Balances of the two accounts, and the traces that pass them, are not what they would have been. */
  #doubt(place: number): void {
    const accounts = [this.#payments.from(place), this.#payments.to(place)]
    for (const account of accounts) this.#taint.balance[account] = this.#balanceBefore(account, this.#payments.ofAccount(account), undefined).balance
    const own = this.#drawnBy(place)
    for (let loan = 0; loan < this.#payments.loans.size; loan++) {
      if (this.#account[loan] === 0 || this.#stale.has(loan)) continue
      if (loan !== own && !METHODS.some((_, m) => accounts.some((account) => this.#taint.spots.find(loan * 4 + m, account) !== 0))) continue
      if (this.#frozen.has(loan)) this.beyondKeep++
      else this.#forget(loan)
    }
  }

  #forget(loan: number): void {
    for (let trace = loan * 4; trace < loan * 4 + 4; trace++) this.#taint.clear(trace)
    this.#changed.add(loan)
    this.#stale.add(loan)
  }

  /** Traces stale loans anew, all together: each account they reach is replayed from the payment by which it is reached. */
  #settle(): void {
    const stale = [...this.#stale]
    if (stale.length === 0) return
    for (const loan of stale) this.#forget(loan)
    const inOrder = new InOrder(this.#payments)
    const aside = new Map<number, [number, number]>()
    const enter = (account: number, place: number) => {
      const places = this.#payments.ofAccount(account)
      const { balance, next } = this.#balanceBefore(account, places, place)
      this.#taint.balance[account] = balance
      aside.set(account, this.#taint.spots.aside(account))
      inOrder.join(places, next + 1)
    }
    for (const loan of stale) inOrder.join(this.#drawings(loan), 0)
    this.#taint.replay = { has: (account) => aside.has(account), enter }
    for (const place of inOrder) {
      const loan = this.#drawnBy(place)
      this.#taint.pay(place, this.#stale.has(loan) ? loan : -1)
    }
    this.#taint.replay = undefined
    for (const [account, firsts] of aside) this.#taint.spots.restore(account, firsts)
    this.#stale.clear()
  }

  /** What an account holds just before a payment of it, and the index of that; without one, after all of them. */
  #balanceBefore(account: number, places: readonly number[], place: number | undefined): { balance: number; next: number } {
    let balance = this.#base[account] as number
    let next = 0
    for (; next < places.length && places[next] !== place; next++) {
      const amount = this.#payments.amount(places[next] as number)
      const isOut = this.#payments.from(places[next] as number) === account
      balance = isOut ? Math.max(0, balance - amount) : Math.min(MOST, balance + amount)
    }
    return { balance, next }
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
    if (accounts > this.#base.length) this.#base = grown(this.#base, Math.ceil(accounts * 1.5))
    if (loans > this.#account.length) this.#account = grown(this.#account, Math.ceil(loans * 1.5))
  }
}
