/**
 * Solves owed_i · r_i = rhs_i + Σ_j flow_ji · r_j, where everyone owes at least what flows to the others in the system, and `leak_j` ≥ 0 is what j owes beyond
 * that. Elimination without subtraction (Grassmann, Taksar and Heyman 1985): pivots are sums of what is owed, so that a system that keeps nearly all of its money
 * inside is solved as accurately as every other.
 */
export class Elimination {
  readonly #size: number
  /** What flows from j to i at [j · size + i]; as left by the elimination. */
  readonly #flow: Float64Array
  readonly #pivot: Float64Array

  /** `flow` is taken over and changed. A system out of which nothing leaks has no solution: its pivot is 0, and its members get 0. */
  constructor(size: number, flow: Float64Array, leak: Float64Array) {
    this.#size = size
    this.#flow = flow
    this.#pivot = new Float64Array(size)
    const out = Float64Array.from(leak)
    for (let k = size - 1; k >= 0; k--) {
      const row = k * size
      let pivot = out[k] as number
      for (let i = 0; i < k; i++) pivot += flow[row + i] as number
      this.#pivot[k] = pivot
      if (pivot === 0) continue
      for (let j = 0; j < k; j++) this.#passOn(j, k, (flow[j * size + k] as number) / pivot, out)
    }
  }

  /** What j owes k is owed, in k's place, to those k owes. */
  #passOn(j: number, k: number, part: number, out: Float64Array): void {
    if (part === 0) return
    const flow = this.#flow
    const [from, row] = [j * this.#size, k * this.#size]
    for (let i = 0; i < k; i++) flow[from + i] = (flow[from + i] as number) + part * (flow[row + i] as number)
    out[j] = (out[j] as number) + part * (out[k] as number)
  }

  /** The solution for one right-hand side, of any signs. */
  solve(rhs: Float64Array): Float64Array {
    const [size, flow, pivot] = [this.#size, this.#flow, this.#pivot]
    const solved = Float64Array.from(rhs)
    for (let k = size - 1; k >= 0; k--) {
      const p = pivot[k] as number
      if (p === 0) continue
      const paid = (solved[k] as number) / p
      for (let i = 0; i < k; i++) solved[i] = (solved[i] as number) + paid * (flow[k * size + i] as number)
    }
    for (let k = 0; k < size; k++) {
      let sum = solved[k] as number
      for (let j = 0; j < k; j++) sum += (flow[j * size + k] as number) * (solved[j] as number)
      const p = pivot[k] as number
      solved[k] = p === 0 ? 0 : sum / p
    }
    return solved
  }
}
