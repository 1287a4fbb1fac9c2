/**
 * How many payments of the last while lead out of each account and into it: kept up as payments come and go, since counting them again for each search costs
 * more than the search. Two numbers per account; a payment is counted when it comes and once more when the cut has passed it.
 */
import { grown } from './grown.ts'
import type { PaymentReader, Payments } from './payments.ts'

export class Fans implements PaymentReader {
  /** Counted are payments that took effect at this time, ms, or later: `within` before the latest that came in turn. */
  since = Number.NEGATIVE_INFINITY
  readonly #payments: Payments
  readonly #within: number
  #out = new Int32Array(64)
  #into = new Int32Array(64)
  /** The first place, of those that came in turn, that the cut has not passed; the places after the last. */
  #place = 1
  #end = 1
  /** Places out of turn that `#place` has not come to, and those of them that are counted, in event order. */
  readonly #strays = new Set<number>()
  readonly #counted: number[] = []

  /** `within`: ms, no longer than payments are kept. */
  constructor(payments: Payments, within: number) {
    this.#payments = payments
    this.#within = within
  }

  out(account: number): number {
    return this.#out[account] ?? 0
  }

  into(account: number): number {
    return this.#into[account] ?? 0
  }

  appended(place: number): void {
    const since = this.#payments.e(place) - this.#within
    for (let next = this.#next(); next !== 0 && this.#payments.e(next) < since; next = this.#next()) this.#pass(next)
    this.since = since
    this.#count(place, 1)
  }

  inserted(place: number): void {
    this.#strays.add(place)
    this.#end = place + 1
    if (this.#payments.e(place) < this.since) return
    this.#count(place, 1)
    let i = this.#counted.length
    while (i > 0 && this.#payments.compare(this.#counted[i - 1] as number, place) > 0) i--
    this.#counted.splice(i, 0, place)
  }

  removed(place: number): void {
    if (this.#payments.e(place) >= this.since) this.#count(place, -1)
  }

  /** Where time has leapt, payments go before the cut has passed them. */
  expired(place: number): void {
    if (this.#payments.e(place) >= this.since) this.#pass(this.#next())
  }

  /** The first counted payment in event order, 0: none. */
  #next(): number {
    const p = this.#payments
    while (this.#place < this.#end && (!p.isKept(this.#place) || this.#strays.has(this.#place) || p.from(this.#place) === p.to(this.#place)))
      this.#strays.delete(this.#place++)
    while (this.#counted.length > 0 && !p.isKept(this.#counted[0] as number)) this.#counted.shift()
    const [place, stray] = [this.#place < this.#end ? this.#place : 0, this.#counted[0] ?? 0]
    return place === 0 || (stray !== 0 && p.compare(stray, place) < 0) ? stray : place
  }

  #pass(next: number): void {
    this.#count(next, -1)
    if (next === this.#counted[0]) this.#counted.shift()
    else this.#place = next + 1
  }

  #count(place: number, by: 1 | -1): void {
    const [from, to] = [this.#payments.from(place), this.#payments.to(place)]
    const accounts = this.#payments.accounts.size
    if (accounts > this.#out.length) [this.#out, this.#into] = [grown(this.#out, accounts), grown(this.#into, accounts)]
    this.#out[from] = this.out(from) + by
    this.#into[to] = this.into(to) + by
    this.#end = Math.max(this.#end, place + 1)
  }
}
