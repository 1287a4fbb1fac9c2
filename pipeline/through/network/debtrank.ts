/**
 * Linear DebtRank (Bardoscia, Battiston, Caccioli and Caldarelli 2015): what the default of one institution costs the others. A lender loses its exposure times
 * the relative equity loss h of its debtor, h capped at 1: the least solution of h_i = min(1, Σ_j A_ij · h_j ÷ E_i) with h = 1 for the one that defaults.
 * Equity below zero is lost already: its owner takes and passes on nothing more. With none at all the least loss takes everything.
 */
import type { Lending } from './lending.ts'
import { roundHalfEven } from '../rounding.ts'

/**
 * By place, in order: those that are distressed, h, and what they lose, in minor units, rounded half to even. The institution that defaults is among them with
 * h = 1 and without its own loss. To the cent, or one part in 10^12 of equity where that is more.
 */
export type Distress = { touched: Int32Array; loss: Float64Array; distress: Float64Array; capped: boolean }

/** Rounds of one scenario; what is left of a loss beyond them is not counted. */
export const MOST_ROUNDS = 10_000
/** Of h: a further change below this is kept until it has grown. However small h is, a circle in which each loses more than it hears of makes it all. */
const NEGLIGIBLE = 1e-15

export class DebtRank {
  readonly #lending: Lending
  /** In minor units; NaN where it is not known. */
  readonly #equity: Float64Array
  readonly #gain: Float64Array
  readonly #loss: Float64Array
  readonly #distress: Float64Array
  readonly #step: Float64Array
  readonly #seen: Uint8Array

  /** `equity` in minor units, NaN where it is not known: such a lender takes and passes on nothing. */
  constructor(lending: Lending, equity: Float64Array) {
    const size = lending.size
    this.#lending = lending
    this.#equity = equity
    this.#gain = new Float64Array(size)
    this.#loss = new Float64Array(size)
    this.#distress = new Float64Array(size)
    this.#step = new Float64Array(size)
    this.#seen = new Uint8Array(size)
  }

  of(defaulting: number): Distress {
    const touched = [defaulting]
    this.#seen[defaulting] = 1
    this.#distress[defaulting] = 1
    this.#step[defaulting] = 1
    let moving = touched.slice()
    let rounds = 0
    while (moving.length > 0 && rounds++ < MOST_ROUNDS) moving = this.#take(this.#spread(moving), touched)
    return this.#collect(touched, moving.length > 0)
  }

  /** Passes on the steps of those that moved; the lenders concerned, in an order that follows from the network. */
  #spread(moving: readonly number[]): number[] {
    const { creditor, weight } = this.#lending
    const gain = this.#gain
    const losing: number[] = []
    for (const debtor of moving) {
      const step = this.#step[debtor] as number
      const end = this.#lending.end(debtor)
      for (let e = this.#lending.start(debtor); e < end; e++) {
        const i = creditor[e] as number
        const before = gain[i] as number
        if (before === 0) losing.push(i)
        gain[i] = before + (weight[e] as number) * step
      }
    }
    return losing
  }

  /** Takes the losses of those that have something to lose; whose distress has moved. */
  #take(losing: readonly number[], touched: number[]): number[] {
    const moving: number[] = []
    for (const i of losing) {
      const [equity, gain, before] = [this.#equity[i] as number, this.#gain[i] as number, this.#distress[i] as number]
      this.#gain[i] = 0
      if (!(equity >= 0) || before === 1) continue
      const loss = Math.min(equity, (this.#loss[i] as number) + gain)
      const distress = loss === equity ? 1 : loss / equity
      this.#loss[i] = loss
      if (this.#seen[i] === 0) touched.push(i)
      this.#seen[i] = 1
      if (distress - before < NEGLIGIBLE * distress) continue
      this.#distress[i] = distress
      this.#step[i] = distress - before
      moving.push(i)
    }
    return moving
  }

  /** What was found, in order of place; the working memory is clean again. */
  #collect(touched: number[], capped: boolean): Distress {
    const places = Int32Array.from(touched).sort()
    const found = {
      touched: places,
      loss: Float64Array.from(places, (i) => roundHalfEven(this.#loss[i] as number)),
      distress: Float64Array.from(places, (i) => this.#distress[i] as number),
      capped,
    }
    for (const i of places) for (const of of [this.#loss, this.#distress, this.#step, this.#seen]) of[i] = 0
    return found
  }
}
