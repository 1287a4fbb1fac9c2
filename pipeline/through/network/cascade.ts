/**
 * A threshold cascade (Furfine 2003): a bank that defaults costs its lenders `lossGivenDefault` of what they lent it, and a lender whose losses exceed its
 * equity defaults too. Equity below zero is lost already: its owner takes and passes on nothing more. Each bank falls once, which bounds the search.
 */
import { divideHalfEven } from '../../contract/index.ts'
import type { Losses } from './default.ts'
import type { Lending } from './lending.ts'

/** A ratio as an integer at 20 decimals. */
export type Ratio = bigint
export const WHOLE: Ratio = 10n ** 20n

export class Cascade {
  readonly #lending: Lending
  readonly #lossGivenDefault: Ratio
  /** The most that may be lent to those that fall without falling too; NaN for who takes nothing. */
  readonly #bears: Float64Array
  readonly #lent: Float64Array
  readonly #fallen: Uint8Array

  /** `equity` in minor units, undefined where it is not known: such a lender takes and passes on nothing. Exact while a lender's claims stay below 2^53. */
  constructor(lending: Lending, equity: readonly (bigint | undefined)[], lossGivenDefault: Ratio) {
    this.#lending = lending
    this.#lossGivenDefault = lossGivenDefault
    this.#bears = Float64Array.from(equity, (e) => bearable(e, lossGivenDefault))
    this.#lent = new Float64Array(lending.size)
    this.#fallen = new Uint8Array(lending.size)
  }

  /** Those that lose by it, by place, each loss rounded half to even; the one that defaults first is not among them. */
  of(defaulting: number): Losses {
    const { creditor, weight } = this.#lending
    const touched: number[] = []
    const fallen = [defaulting]
    this.#fallen[defaulting] = 1
    for (let next = 0; next < fallen.length; next++) {
      const debtor = fallen[next] as number
      for (let e = this.#lending.start(debtor); e < this.#lending.end(debtor); e++) {
        const i = creditor[e] as number
        if (i === defaulting || Number.isNaN(this.#bears[i])) continue
        if (this.#lent[i] === 0) touched.push(i)
        this.#lent[i] = (this.#lent[i] as number) + (weight[e] as number)
        if (this.#fallen[i] === 1 || (this.#lent[i] as number) <= (this.#bears[i] as number)) continue
        this.#fallen[i] = 1
        fallen.push(i)
      }
    }
    return this.#collect(Int32Array.from(touched).sort(), defaulting)
  }

  /** The working memory is clean again afterwards. */
  #collect(touched: Int32Array, defaulting: number): Losses {
    const loss = Float64Array.from(touched, (i) => Number(divideHalfEven(BigInt(this.#lent[i] as number) * this.#lossGivenDefault, WHOLE)))
    const defaulted = Uint8Array.from(touched, (i) => this.#fallen[i] as number)
    for (const i of [...touched, defaulting]) this.#lent[i] = this.#fallen[i] = 0
    return { touched, loss, defaulted }
  }
}

function bearable(equity: bigint | undefined, lossGivenDefault: Ratio): number {
  if (equity === undefined || equity < 0n) return Number.NaN
  return lossGivenDefault === 0n ? Number.POSITIVE_INFINITY : Number((equity * WHOLE) / lossGivenDefault)
}
