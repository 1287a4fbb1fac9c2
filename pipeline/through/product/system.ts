/**
 * x = b + S·x for the products of one cycle: `x[to]` is what comes in from outside and Σ factor × x[from] over the links into it. Sparse, solved
 * by Gauss–Seidel sweeps in the order given, so that the result depends on the system alone. Converges where the spectral radius of |S| is
 * below 1, which `gain` proves by a Collatz–Wielandt bound: a positive x with |S|·x < x in every place (L. Collatz 1942, H. Wielandt 1950).
 */
export class LinearSystem {
  readonly #size: number
  /** Links into `i` are those from `#starts[i]` up to `#starts[i + 1]`; a link of `i` with itself is in `#own`. */
  readonly #starts: Int32Array
  readonly #from: Int32Array
  readonly #factors: Float64Array
  readonly #own: Float64Array
  /** What of each value is not passed on within the circle: 1 less the factors of the links out of it. NaN where a factor is below 0. */
  readonly #kept: Float64Array

  constructor(size: number, { from, to, factor }: Links) {
    this.#size = size
    this.#own = new Float64Array(size)
    this.#starts = new Int32Array(size + 1)
    for (let k = 0; k < to.length; k++) if (from[k] !== to[k]) this.#starts[(to[k] as number) + 1] = (this.#starts[(to[k] as number) + 1] as number) + 1
    for (let i = 0; i < size; i++) this.#starts[i + 1] = (this.#starts[i + 1] as number) + (this.#starts[i] as number)
    const next = this.#starts.slice()
    this.#from = new Int32Array(this.#starts[size] as number)
    this.#factors = new Float64Array(this.#from.length)
    for (let k = 0; k < to.length; k++) {
      const i = to[k] as number
      if (from[k] === i) this.#own[i] = (this.#own[i] as number) + (factor[k] as number)
      else {
        const at = next[i] as number
        next[i] = at + 1
        this.#from[at] = from[k] as number
        this.#factors[at] = factor[k] as number
      }
    }
    const kept = Array.from({ length: size }, () => new Exactly(1))
    for (let k = 0; k < to.length; k++) kept[from[k] as number]?.add((factor[k] as number) < 0 ? Number.NaN : -(factor[k] as number))
    this.#kept = Float64Array.from(kept, (of) => of.sum)
  }

  /** The solution, to one part in 2^52 of each value or as far as `MAX_VISITS` go; only where `gain` says that there is one. */
  solve(b: Float64Array): Float64Array {
    const x = b.slice()
    let isMoving = true
    const sweeps = this.#sweeps()
    for (let done = 0; isMoving && done < sweeps; done++) {
      isMoving = this.#sweep(x, b, this.#factors, this.#own)
      if (isMoving && done < MAX_SCALINGS) this.#scale(x, b)
    }
    return x
  }

  /**
   * What comes in equals what is not passed on: scaling all values to that takes out the part of the error that sweeps take out slowest (aggregation to one
   * block, F. Chatelin and W. Miranker 1982). The sweeps after it decide alone.
   */
  #scale(x: Float64Array, b: Float64Array): void {
    const [comes, stays] = [new Exactly(0), new Exactly(0)]
    for (let i = 0; i < this.#size; i++) {
      comes.add(b[i] as number)
      stays.add((x[i] as number) * (this.#kept[i] as number))
    }
    const by = comes.sum / stays.sum
    if (!(by > 0 && by < MAX_SCALE && Math.abs(by - 1) > LEAST_SCALING)) return
    for (let i = 0; i < this.#size; i++) x[i] = (x[i] as number) * by
  }

  /**
   * `bound`: an upper bound of the spectral radius of |S|, the best one met. `isSolvable`: it is below 1, and the sweeps to the last bit
   * stay within `MAX_VISITS`. `isCapped`: neither this nor a gain of 1 was shown within as many.
   */
  gain(): Gain {
    const ones = new Float64Array(this.#size).fill(1)
    const x = ones.slice()
    const [factors, own] = [this.#factors.map(Math.abs), this.#own.map(Math.abs)]
    let bound = Number.POSITIVE_INFINITY
    if (this.#own.some((of) => Math.abs(of) >= ALMOST_ONE)) return { bound, isSolvable: false, isCapped: false }
    let isMoving = true
    for (let sweeps = this.#sweeps(); sweeps > 0; sweeps--) {
      const { least, most } = this.#ratios(x)
      if (most < bound) bound = most
      if (bound < ALMOST_ONE && sweepsNeeded(bound) <= this.#sweeps()) return { bound, isSolvable: true, isCapped: false }
      if (least >= ALMOST_ONE || !Number.isFinite(most)) return { bound, isSolvable: false, isCapped: false }
      // Solved for one right side, it is for any, in about as many sweeps.
      if (!isMoving) return { bound, isSolvable: bound < ALMOST_ONE, isCapped: false }
      isMoving = this.#sweep(x, ones, factors, own)
    }
    return { bound, isSolvable: false, isCapped: true }
  }

  /** One sweep over all places, in place. Whether any value still moved. */
  #sweep(x: Float64Array, b: Float64Array, factors: Float64Array, own: Float64Array): boolean {
    const [starts, from] = [this.#starts, this.#from]
    let isMoving = false
    for (let i = 0; i < this.#size; i++) {
      // Two sums, so that an addition need not wait for the one before.
      let [even, odd] = [b[i] as number, 0]
      const end = starts[i + 1] as number
      let k = starts[i] as number
      for (; k + 1 < end; k += 2) {
        even += (factors[k] as number) * (x[from[k] as number] as number)
        odd += (factors[k + 1] as number) * (x[from[k + 1] as number] as number)
      }
      if (k < end) even += (factors[k] as number) * (x[from[k] as number] as number)
      const value = (even + odd) / (1 - (own[i] as number))
      if (Math.abs(value - (x[i] as number)) > Math.abs(value) * Number.EPSILON) isMoving = true
      x[i] = value
    }
    return isMoving
  }

  /** The least and the greatest of (|S|·x)[i] ÷ x[i]: the spectral radius is at most the greatest, and at least the least. */
  #ratios(x: Float64Array): { least: number; most: number } {
    let [least, most] = [Number.POSITIVE_INFINITY, 0]
    for (let i = 0; i < this.#size; i++) {
      let sum = Math.abs(this.#own[i] as number) * (x[i] as number)
      for (let k = this.#starts[i] as number; k < (this.#starts[i + 1] as number); k++)
        sum += Math.abs(this.#factors[k] as number) * (x[this.#from[k] as number] as number)
      const ratio = sum / (x[i] as number)
      if (ratio < least) least = ratio
      // Where values have outgrown Float64 nothing is shown.
      if (!(ratio <= most)) most = Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : ratio
    }
    return { least, most }
  }

  #sweeps(): number {
    return Math.min(MAX_SWEEPS, Math.ceil(MAX_VISITS / (this.#from.length + this.#size)))
  }
}

/** A sum with what rounding takes from it kept beside it (A. Neumaier 1974). */
class Exactly {
  #sum: number
  #lost = 0

  constructor(start: number) {
    this.#sum = start
  }

  add(term: number): void {
    const sum = this.#sum + term
    this.#lost += Math.abs(this.#sum) >= Math.abs(term) ? this.#sum - sum + term : term - sum + this.#sum
    this.#sum = sum
  }

  get sum(): number {
    return this.#sum + this.#lost
  }
}

/** Link k leads from place `from[k]` to place `to[k]`. */
export type Links = { from: number[]; to: number[]; factor: number[] }
export type Gain = { bound: number; isSolvable: boolean; isCapped: boolean }

/** Factors are rounded: a gain of exactly 1 may look a little less. */
const ALMOST_ONE = 1 - 4e-15
/** Links visited for one system, all sweeps together: about a second. */
const MAX_VISITS = 2e8
/** Of small systems: a gain of 0.9999 takes 400,000. */
const MAX_SWEEPS = 1e6

/** Scalings tried at the start of a solution; a change smaller than this is left to the sweeps, a larger one than that is no correction. */
const MAX_SCALINGS = 50
const LEAST_SCALING = 1e-15
const MAX_SCALE = 1e6

function sweepsNeeded(bound: number): number {
  return bound === 0 ? 1 : Math.log(Number.EPSILON) / Math.log(bound)
}
