import { LookthroughError } from '../contract/errors.ts'
import { parseDecimal } from '../contract/money.ts'
import type { Fans } from './fans.ts'
import { MOST, type Payments } from './payments.ts'

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

  closedBy(closing: number): Cycle[] {
    const p = this.#payments
    this.#visits = 0
    this.#isCut = false
    this.#before = p.e(closing)
    this.#since = this.#before - this.#bounds.within
    if (this.#isDeadEnd(p.to(closing), p.from(closing))) return []
    const front = new Front(p.to(closing), Number.NEGATIVE_INFINITY)
    const back = new Front(p.from(closing), this.#before)
    const cycles = new Map<string, Cycle>()
    const longest = this.#approach(front, back, closing)
    for (let length = 2; length <= longest && this.#visits <= this.#bounds.visits; length++)
      if (this.#meet(front, back, length)) this.#walk({ front, closing, length, cycles })
    if (this.#isCut || this.#visits > this.#bounds.visits) this.capped++
    return [...cycles.values()].sort((a, b) => (a.account < b.account ? -1 : 1))
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
  #approach(front: Front, back: Front, closing: number): number {
    const most = this.#bounds.maxHops - 1
    while (front.depth + back.depth < most) {
      const forward = this.#isAheadFewer(front, back)
      if (forward) this.#advance(front, back.start, closing)
      else this.#retreat(back, front.start, closing)
      if (this.#visits > this.#bounds.visits) {
        // The half-made level is no level: shorter ways are still complete.
        ;(forward ? front : back).drop()
        this.#visits = 0
        this.#isCut = true
        return front.depth + back.depth
      }
      const moved = forward ? front : back
      if (moved.latest.size === 0) return moved.depth - 1
    }
    return most
  }

  #advance(front: Front, payer: number, closing: number): void {
    const p = this.#payments
    const largest = p.amount(closing) * (this.#growth[this.#bounds.maxHops - 1] as number)
    const { latest: level } = front
    const { accounts, edges } = front.deepen()
    for (const [account, arrived] of level) {
      if (account === payer) continue
      for (let q = p.lastOutSince(account, this.#since); q !== 0; q = p.beforeOutSince(q, this.#since)) {
        const e = p.e(q)
        if (!(e > arrived)) break
        if (e >= this.#before) continue
        if (++this.#visits > this.#bounds.visits) return
        const to = p.to(q)
        if (to === front.start || p.amount(q) > largest) continue
        edges.push(q)
        const known = accounts.get(to)
        if (known === undefined || e < known) accounts.set(to, e)
      }
    }
  }

  #retreat(back: Front, payee: number, closing: number): void {
    const p = this.#payments
    const { latest: level } = back
    const { accounts } = back.deepen()
    const largest = p.amount(closing) * (this.#growth[back.depth] as number)
    for (const [account, leaves] of level) {
      if (account === payee) continue
      for (let q = p.lastInSince(account, this.#since); q !== 0; q = p.beforeInSince(q, this.#since)) {
        const e = p.e(q)
        if (e >= this.#before) continue
        if (++this.#visits > this.#bounds.visits) return
        const from = p.from(q)
        if (e >= leaves || from === back.start || p.amount(q) > largest) continue
        const known = accounts.get(from)
        if (known === undefined || e > known) accounts.set(from, e)
      }
    }
  }

  /** Whether the payee is known to have paid nobody, or the payer to have been paid by nobody: most are. */
  #isDeadEnd(payee: number, payer: number): boolean {
    return this.#isCounted && (this.#leading(payee, true) === 0 || this.#leading(payer, false) === 0)
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
    let sum = 0
    for (const account of front.latest.keys()) {
      sum += this.#leading(account, forward)
      if (sum >= MANY) return MANY
    }
    return sum
  }

  /** Whether no more payments lead on from the payee's side than back from the payer's, or both are many. Uncounted they are counted side by side until the fewer are known. */
  #isAheadFewer(front: Front, back: Front): boolean {
    if (this.#isCounted) return this.#fan(front, true) <= this.#fan(back, false)
    const [ahead, behind] = [new Fan(this.#payments, front, true), new Fan(this.#payments, back, false)]
    for (let fan = 0; fan < MANY; fan++) {
      if (!ahead.next(this.#since, this.#before)) return true
      if (!behind.next(this.#since, this.#before)) return false
    }
    return true
  }

  #meet(front: Front, back: Front, length: number): boolean {
    const ahead = Math.min(length, front.depth)
    const [reached, left] = [front.level(ahead), back.level(length - ahead)]
    for (const [account, arrived] of reached) if (arrived < (left.get(account) ?? Number.NEGATIVE_INFINITY)) return true
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
    const isInside = left <= walk.front.depth
    const known = isInside ? walk.front.into(account, left, p) : []
    for (let i = 0, q = isInside ? (known[0] ?? 0) : p.lastIn(account); q !== 0 && p.e(q) >= this.#since; q = isInside ? (known[++i] ?? 0) : p.beforeIn(q)) {
      if (p.e(q) >= this.#before) continue
      if (++this.#visits > this.#bounds.visits) return
      const from = p.from(q)
      if (p.e(q) >= p.e(next) || (from === payee) !== (left === 1) || !this.#isEnough(next, q)) continue
      if (left > 1 && (way.some((place) => p.from(place) === from) || !walk.front.reaches(from, left - 1, p.e(q)))) continue
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

type Walk = { front: Front; closing: number; length: number; cycles: Map<string, Cycle> }

/** The payments that lead on from a front, one after the other. */
class Fan {
  readonly #payments: Payments
  readonly #forward: boolean
  readonly #accounts: Iterator<number>
  #place = 0

  constructor(payments: Payments, front: Front, forward: boolean) {
    this.#payments = payments
    this.#forward = forward
    this.#accounts = front.latest.keys()
  }

  /** Whether there is another one in [since, before), ms. */
  next(since: number, before: number): boolean {
    const p = this.#payments
    for (;;) {
      if (this.#place !== 0) this.#place = this.#forward ? p.beforeOutSince(this.#place, since) : p.beforeInSince(this.#place, since)
      while (this.#place === 0) {
        const account = this.#accounts.next()
        if (account.done === true) return false
        this.#place = this.#forward ? p.lastOutSince(account.value, since) : p.lastInSince(account.value, since)
      }
      if (p.e(this.#place) < before) return true
    }
  }
}

/** Accounts by how many payments they lie from a start, each with the best time of reaching it, and the payments of the last step there. */
class Front {
  readonly start: number
  readonly #levels: Level[]

  constructor(start: number, time: number) {
    this.start = start
    this.#levels = [{ accounts: new Map([[start, time]]), edges: [] }]
  }

  get depth(): number {
    return this.#levels.length - 1
  }

  get latest(): Map<number, number> {
    return this.level(this.depth)
  }

  level(depth: number): Map<number, number> {
    return this.#levels[depth]?.accounts ?? new Map()
  }

  deepen(): Level {
    const level: Level = { accounts: new Map(), edges: [] }
    this.#levels.push(level)
    return level
  }

  drop(): void {
    this.#levels.pop()
  }

  /** Whether an account can be reached by so many payments before `time`, as far as is known. */
  reaches(account: number, depth: number, time: number): boolean {
    return depth > this.depth || (this.level(depth).get(account) ?? Number.POSITIVE_INFINITY) < time
  }

  /** The last payments of ways so long into an account, the latest first. */
  into(account: number, depth: number, payments: Payments): number[] {
    const level = this.#levels[depth]
    if (level === undefined) return []
    if (level.into === undefined) {
      level.into = new Map()
      for (const q of level.edges.sort((a, b) => payments.compare(b, a))) {
        const places = level.into.get(payments.to(q))
        if (places === undefined) level.into.set(payments.to(q), [q])
        else places.push(q)
      }
    }
    return level.into.get(account) ?? []
  }
}

/** `into`: the edges by the account they lead to, once somebody asks. */
type Level = { accounts: Map<number, number>; edges: number[]; into?: Map<number, number[]> }
