import { LookthroughError } from '../contract/errors.ts'
import { parseDecimal } from '../contract/money.ts'
import type { Fans } from './fans.ts'
import { AMOUNT, FROM, IN, OUT, TIME, TO } from './payment-chunk.ts'
import { MOST } from './payment-record.ts'
import { type Payments, slotOf } from './payments.ts'
import { Front, type Level } from './trip-front.ts'

/** `within`: from the first to the closing payment, ms. `keep`: a decimal. `visits`: payments looked at per search. */
export type TripBounds = { within: number; keep: string; maxHops: number; visits: number }

/** The places of a cycle's payments, the closing one last, and the smallest account of it. */
export type Cycle = { account: string; places: number[] }

/**
 * The cycles that a payment closes. From its payee forward and from its payer backward, accounts are reached in rising and falling time, always on the side
 * where fewer payments lead on; only where the two meet are cycles walked, backward, the latest payments first. What comes after the closing payment plays
 * no part, whenever the search is made.
 */
export class TripSearch {
  /** Searches cut short. */
  capped = 0
  readonly #payments: Payments
  readonly #fans: Fans
  readonly #bounds: TripBounds
  readonly #part: bigint
  /** How much larger than the closing payment one so many steps before it may be. */
  readonly #growth: number[]
  /** From the payee forward, and from the payer backward. */
  readonly #ahead = new Front()
  readonly #back = new Front()
  #visits = 0
  #isCut = false
  #since = 0
  #before = 0

  /** `fans`: of `within`, told of every payment before it is searched from. */
  constructor(payments: Payments, fans: Fans, bounds: TripBounds) {
    const part = parseDecimal(bounds.keep, 4)
    if (part === undefined) throw new LookthroughError('LT-1003', { parameter: 'keep', why: bounds.keep })
    this.#payments = payments
    this.#fans = fans
    this.#bounds = bounds
    this.#part = part
    this.#growth = Array.from({ length: bounds.maxHops }, (_, steps) => (1 + 1e-9) * (10_000 / Number(part)) ** steps)
  }

  closedBy(closing: number): readonly Cycle[] {
    const p = this.#payments
    this.#visits = 0
    this.#isCut = false
    this.#before = p.e(closing)
    this.#since = this.#before - this.#bounds.within
    this.#ahead.from(p.to(closing), Number.NEGATIVE_INFINITY)
    this.#back.from(p.from(closing), this.#before)
    if (this.#isDeadEnd) return NONE
    let cycles: Map<string, Cycle> | undefined
    const longest = this.#approach(closing)
    for (let length = 2; length <= longest && this.#visits <= this.#bounds.visits; length++)
      if (this.#meet(length)) this.#walk({ closing, length, cycles: (cycles ??= new Map()) })
    if (this.#isCut || this.#visits > this.#bounds.visits) this.capped++
    return cycles === undefined ? NONE : [...cycles.values()].sort((a, b) => (a.account < b.account ? -1 : 1))
  }

  /** Payments that may close a cycle through this one, in event order. */
  closingAfter(place: number): number[] {
    const p = this.#payments
    const until = p.e(place) + this.#bounds.within
    const closing = new Set<number>()
    let [level, visits] = [new Map([[p.to(place), p.e(place)]]), 0]
    for (let hop = 1; hop < this.#bounds.maxHops && level.size > 0; hop++) {
      const next = new Map<number, number>()
      for (const [account, arrived] of level)
        for (let q = p.lastOut(account); q !== 0 && p.e(q) > arrived; q = p.beforeOut(q)) {
          if (p.e(q) > until) continue
          if (++visits > this.#bounds.visits) break
          closing.add(q)
          next.set(p.to(q), Math.min(next.get(p.to(q)) ?? Number.POSITIVE_INFINITY, p.e(q)))
        }
      level = next
    }
    if (visits > this.#bounds.visits) this.capped++
    return [...closing].sort((a, b) => p.compare(a, b))
  }

  /** Moves the two fronts towards each other and returns how many payments a way from payee to payer may have, as far as was looked. */
  #approach(closing: number): number {
    const most = this.#bounds.maxHops - 1
    const [ahead, back] = [this.#ahead, this.#back]
    while (ahead.depth + back.depth < most) {
      const forward = this.#isAheadFewer()
      const moved = forward ? ahead : back
      if (forward) this.#advance(closing)
      else this.#retreat(closing)
      if (this.#visits > this.#bounds.visits) {
        // The half-made level is no level: shorter ways are still complete.
        moved.drop()
        this.#visits = 0
        this.#isCut = true
        return ahead.depth + back.depth
      }
      if (moved.latest.size === 0) return moved.depth - 1
    }
    return most
  }

  /** Accounts that are reached from the payee by one payment more, each with the earliest time of it. */
  #advance(closing: number): void {
    const p = this.#payments
    const first = p.first
    const since = this.#since
    const before = this.#before
    const start = this.#ahead.start
    const payer = this.#back.start
    const largest = p.amount(closing) * (this.#growth[this.#bounds.maxHops - 1] as number)
    const level = this.#ahead.latest
    const next = this.#ahead.deepen()
    let left = this.#bounds.visits - this.#visits
    for (let n = 0; n < level.size && left >= 0; n++) {
      const account = level.accounts[n] as number
      const arrived = level.times[n] as number
      if (account === payer) continue
      for (let q = p.latestOut(account); q >= first; ) {
        const { money, links, gone } = p.records(q)
        const i = slotOf(q)
        const e = money[4 * i + TIME] as number
        if (e < since || gone[i] === 1 || !(e > arrived)) break
        if (e < before) {
          if (--left < 0) break
          const to = links[8 * i + TO] as number
          if (to !== start && (money[4 * i + AMOUNT] as number) <= largest) {
            next.lead(q)
            const at = next.reach(to)
            if (!(e >= (next.times[at] as number))) next.times[at] = e
          }
        }
        q = links[8 * i + OUT] as number
      }
    }
    this.#visits = this.#bounds.visits - left
  }

  /** Accounts from which the payer is reached by one payment more, each with the latest time of it. */
  #retreat(closing: number): void {
    const p = this.#payments
    const first = p.first
    const since = this.#since
    const before = this.#before
    const start = this.#back.start
    const payee = this.#ahead.start
    const level = this.#back.latest
    const next = this.#back.deepen()
    const largest = p.amount(closing) * (this.#growth[this.#back.depth] as number)
    let left = this.#bounds.visits - this.#visits
    for (let n = 0; n < level.size && left >= 0; n++) {
      const account = level.accounts[n] as number
      const leaves = level.times[n] as number
      if (account === payee) continue
      for (let q = p.latestIn(account); q >= first; ) {
        const { money, links, gone } = p.records(q)
        const i = slotOf(q)
        const e = money[4 * i + TIME] as number
        if (e < since || gone[i] === 1) break
        if (e < before) {
          if (--left < 0) break
          const from = links[8 * i + FROM] as number
          if (e < leaves && from !== start && (money[4 * i + AMOUNT] as number) <= largest) {
            const at = next.reach(from)
            if (!(e <= (next.times[at] as number))) next.times[at] = e
          }
        }
        q = links[8 * i + IN] as number
      }
    }
    this.#visits = this.#bounds.visits - left
  }

  /** Whether the payee is known to have paid nobody, or the payer to have been paid by nobody: many are. */
  get #isDeadEnd(): boolean {
    return this.#isCounted && (this.#fan(this.#ahead, true) === 0 || this.#fan(this.#back, false) === 0)
  }

  /** What closed before the latest payments has another span than what is counted. */
  get #isCounted(): boolean {
    return this.#fans.since === this.#since
  }

  /** How many payments in [since, before) lead on from an account, or back: those counted but for the last few, which are no earlier than the closing one. */
  #leading(account: number, forward: boolean): number {
    const p = this.#payments
    let count = forward ? this.#fans.out(account) : this.#fans.into(account)
    if (count === 0) return 0
    for (let q = forward ? p.lastOut(account) : p.lastIn(account); q !== 0 && p.e(q) >= this.#before; q = forward ? p.beforeOut(q) : p.beforeIn(q)) count--
    return count
  }

  /** The same of all accounts of a front, as far as it is not many. */
  #fan(front: Front, forward: boolean): number {
    if (front.fan >= 0) return front.fan
    const { accounts, size } = front.latest
    let sum = 0
    for (let i = 0; i < size && sum < MANY; i++) sum += this.#leading(accounts[i] as number, forward)
    return (front.fan = Math.min(sum, MANY))
  }

  /** Whether no more payments lead on from the payee's side than back from the payer's, or both are many. Uncounted they are counted side by side until the fewer are known. */
  #isAheadFewer(): boolean {
    if (this.#isCounted) return this.#fan(this.#ahead, true) <= this.#fan(this.#back, false)
    const [ahead, behind] = [new Fan(this.#payments, this.#ahead, true), new Fan(this.#payments, this.#back, false)]
    for (let fan = 0; fan < MANY; fan++) {
      if (!ahead.next(this.#since, this.#before)) return true
      if (!behind.next(this.#since, this.#before)) return false
    }
    return true
  }

  /** Whether ways so long from the payee to the payer may be there: an account is reached before it was left. */
  #meet(length: number): boolean {
    const ahead = Math.min(length, this.#ahead.depth)
    const [reached, left] = [this.#ahead.level(ahead), this.#back.level(length - ahead)]
    const { accounts, size } = reached.size < left.size ? reached : left
    for (let n = 0; n < size; n++) {
      const account = accounts[n] as number
      const [i, j] = [reached.indexOf(account), left.indexOf(account)]
      if (i >= 0 && j >= 0 && (reached.times[i] as number) < (left.times[j] as number)) return true
    }
    return false
  }

  #walk(walk: Walk): void {
    this.#into(this.#payments.from(walk.closing), walk, [walk.closing], walk.length)
  }

  /** Ways of `left` payments from the payee into `account`; `way` lies after them, read backward. As deep as a cycle has hops. */
  #into(account: number, walk: Walk, way: number[], left: number): void {
    const p = this.#payments
    const next = way[way.length - 1] as number
    const payee = p.to(walk.closing)
    const isInside = left <= this.#ahead.depth
    const known = isInside ? this.#ahead.into(account, left, p) : []
    for (let i = 0, q = isInside ? (known[0] ?? 0) : p.lastIn(account); q !== 0 && p.e(q) >= this.#since; q = isInside ? (known[++i] ?? 0) : p.beforeIn(q)) {
      if (p.e(q) >= this.#before) continue
      if (++this.#visits > this.#bounds.visits) return
      const from = p.from(q)
      if (p.e(q) >= p.e(next) || (from === payee) !== (left === 1) || !this.#isEnough(next, q)) continue
      if (left > 1 && (way.some((place) => p.from(place) === from) || !this.#ahead.reaches(from, left - 1, p.e(q)))) continue
      way.push(q)
      if (left === 1) this.#found(walk, way)
      else this.#into(from, walk, way, left - 1)
      way.pop()
    }
  }

  #found({ cycles }: Walk, way: readonly number[]): void {
    const account = way.map((place) => this.#payments.accounts.text(this.#payments.from(place))).reduce((a, b) => (a < b ? a : b))
    if (!cycles.has(account)) cycles.set(account, { account, places: [...way].reverse() })
  }

  /** Whether `later` is at least `keep` × `before`, exactly. */
  #isEnough(later: number, before: number): boolean {
    const [a, b] = [this.#payments.amount(later), this.#payments.amount(before)]
    if (a * 10_000 <= MOST && b * 10_000 <= MOST) return a * 10_000 >= b * Number(this.#part)
    return BigInt(a) * 10_000n >= BigInt(b) * this.#part
  }
}

const MANY = 256
const NONE: readonly Cycle[] = []

type Walk = { closing: number; length: number; cycles: Map<string, Cycle> }

/** The payments that lead on from a front, one after the other. */
class Fan {
  readonly #payments: Payments
  readonly #forward: boolean
  readonly #level: Level
  #next = 0
  #place = 0

  constructor(payments: Payments, front: Front, forward: boolean) {
    this.#payments = payments
    this.#forward = forward
    this.#level = front.latest
  }

  /** Whether there is another one in [since, before), ms. */
  next(since: number, before: number): boolean {
    const p = this.#payments
    for (;;) {
      if (this.#place !== 0) this.#place = this.#forward ? p.beforeOutSince(this.#place, since) : p.beforeInSince(this.#place, since)
      while (this.#place === 0) {
        if (this.#next === this.#level.size) return false
        const account = this.#level.accounts[this.#next++] as number
        this.#place = this.#forward ? p.lastOutSince(account, since) : p.lastInSince(account, since)
      }
      if (p.e(this.#place) < before) return true
    }
  }
}
