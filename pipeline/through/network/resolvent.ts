import { roundHalfEven } from '../rounding.ts'
import type { Distress } from './debtrank.ts'
import type { Lending } from './lending.ts'

/** A network this dense (one in SPARSE of all claims there could be) and no larger is inverted once rather than walked once per default. */
const SPARSE = 16
const MOST_INVERTED = 1000
/** Of the equity: a pivot below it is one of a network that passes on nearly all distress it gets, which is walked. */
const LEAST_PIVOT = 1e-3
/** Distress nearer to its cap than this is walked too. */
const LIMIT = 1 - 1e-12

/**
 * Linear DebtRank of all defaults at once, where nobody meets the cap: with X the inverse of (equity − claims), the default of k leaves i with h = X_ik ÷ X_kk.
 * Eliminated without pivoting, as is right for such a matrix: only diagonals are ever subtracted from, and those are watched.
 */
export class Resolvent {
  readonly #equity: Float64Array
  readonly #inverse: Float64Array

  /** Undefined where the network is sparse, someone has no equity that lends, or distress does not fade. */
  static of(lending: Lending, equity: Float64Array): Resolvent | undefined {
    const size = lending.size
    if (size > MOST_INVERTED || lending.creditor.length * SPARSE < size * size) return undefined
    if (lending.creditor.some((i) => equity[i] === 0)) return undefined
    const inverse = inverted(matrixOf(lending, equity), size)
    return inverse === undefined ? undefined : new Resolvent(equity, inverse)
  }

  private constructor(equity: Float64Array, inverse: Float64Array) {
    this.#equity = equity
    this.#inverse = inverse
  }

  /** Undefined where someone loses all, or the one that defaults has no equity of its own. */
  distress(defaulting: number): Distress | undefined {
    const size = this.#equity.length
    if (!((this.#equity[defaulting] as number) > 0)) return undefined
    const own = this.#inverse[defaulting * size + defaulting] as number
    const touched: number[] = []
    const distress: number[] = []
    for (let i = 0; i < size; i++) {
      const h = i === defaulting ? 1 : (this.#inverse[i * size + defaulting] as number) / own
      if (h >= LIMIT && i !== defaulting) return undefined
      if (!(h > 0)) continue
      touched.push(i)
      distress.push(h)
    }
    const loss = Float64Array.from(touched, (i, n) => (i === defaulting ? 0 : roundHalfEven((distress[n] as number) * (this.#equity[i] as number))))
    return { touched: Int32Array.from(touched), loss, distress: Float64Array.from(distress), capped: false }
  }
}

/** Equity on the diagonal, less what the row's institution lent the column's; one that takes nothing stands by itself. */
function matrixOf(lending: Lending, equity: Float64Array): Float64Array {
  const size = lending.size
  const matrix = new Float64Array(size * size)
  for (let i = 0; i < size; i++) matrix[i * size + i] = (equity[i] as number) > 0 ? (equity[i] as number) : 1
  for (let debtor = 0; debtor < size; debtor++) {
    for (let e = lending.start(debtor); e < lending.end(debtor); e++) {
      const i = lending.creditor[e] as number
      if ((equity[i] as number) > 0) matrix[i * size + debtor] = -(lending.weight[e] as number)
    }
  }
  return matrix
}

/** The inverse, in place (Gauss and Jordan); undefined when a pivot is too small. */
function inverted(matrix: Float64Array, size: number): Float64Array | undefined {
  const least = Float64Array.from({ length: size }, (_, k) => LEAST_PIVOT * (matrix[k * size + k] as number))
  for (let k = 0; k < size; k++) {
    const row = matrix.subarray(k * size, (k + 1) * size)
    const pivot = row[k] as number
    if (pivot < (least[k] as number)) return undefined
    row[k] = 1
    for (let c = 0; c < size; c++) row[c] = (row[c] as number) / pivot
    for (let i = 0; i < size; i++) {
      const from = i * size
      const factor = matrix[from + k] as number
      if (i === k || factor === 0) continue
      matrix[from + k] = 0
      for (let c = 0; c < size; c++) matrix[from + c] = (matrix[from + c] as number) - factor * (row[c] as number)
    }
  }
  return matrix
}
