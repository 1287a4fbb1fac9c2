import type { Shares } from './cross-holding.ts'

/** Members of a component beyond which, and updates (each a multiplication) after which, it is not solved. */
export const MOST_MEMBERS = 10_000
export const MOST_UPDATES = 20_000_000

/**
 * (I − A) x = b by eliminating one member after the other, that with the fewest connections first (Markowitz; ties: the first in text order), which leaves a
 * long circle sparse. Nothing is ever subtracted but from 1, so every value is good to nearly the last bit, and the order is that of the state alone.
 */
export class Elimination {
  /** `done`; or the member whose pivot was not positive; or `capped`. */
  readonly end: 'done' | 'capped' | { pivot: number }
  readonly #order: number[] = []
  readonly #scale: number[] = []
  /** What member k, when eliminated, adds to its owners, and whom it owned then. */
  readonly #below: Steps = []
  readonly #above: Steps = []
  readonly #size: number

  constructor({ owned }: Shares) {
    this.#size = owned.length
    this.end = owned.length > MOST_MEMBERS ? 'capped' : this.#eliminate(owned)
  }

  /** x, for an elimination that is done. */
  solve(b: Float64Array): Float64Array {
    const x = b.slice()
    this.#order.forEach((k, step) => add(x, this.#below[step] as Step, x[k] as number))
    this.#back(x)
    return x
  }

  /** Where a pivot failed: x ≥ 0 with A x ≥ x on its support (Collatz–Wielandt: the gain is at least 1), as far as rounding allows. */
  witness(pivot: number): Float64Array {
    const x = new Float64Array(this.#size)
    x[pivot] = 1
    this.#back(x)
    return x
  }

  #back(x: Float64Array): void {
    for (let step = this.#order.length - 1; step >= 0; step--) {
      const k = this.#order[step] as number
      let sum = x[k] as number
      const { at, factor } = this.#above[step] as Step
      for (let i = 0; i < at.length; i++) sum += (factor[i] as number) * (x[at[i] as number] as number)
      x[k] = sum * (this.#scale[step] as number)
    }
  }

  #eliminate(owned: Shares['owned']): 'done' | 'capped' | { pivot: number } {
    const out = owned.map((row) => new Map(row.map(({ at, share }) => [at, share])))
    const into = owned.map(() => new Set<number>())
    out.forEach((row, i) => row.forEach((_, j) => into[j]?.add(i)))
    const left = new Set(owned.keys())
    let updates = 0
    while (left.size > 0) {
      const k = fewest(left, out, into)
      const [row, column] = [out[k] as Map<number, number>, into[k] as Set<number>]
      const pivot = 1 - (row.get(k) ?? 0)
      if (!(pivot > 0)) return { pivot: k }
      updates += row.size * column.size
      if (updates > MOST_UPDATES) return 'capped'
      left.delete(k)
      row.delete(k)
      column.delete(k)
      this.#note(k, 1 / pivot, row, column, out)
      for (const i of column) pass(out[i] as Map<number, number>, i, k, row, 1 / pivot, into)
      for (const j of row.keys()) into[j]?.delete(k)
    }
    return 'done'
  }

  #note(k: number, scale: number, row: Map<number, number>, column: Set<number>, out: Map<number, number>[]): void {
    this.#order.push(k)
    this.#scale.push(scale)
    this.#below.push({ at: Int32Array.from(column), factor: Float64Array.from(column, (i) => (out[i]?.get(k) ?? 0) * scale) })
    this.#above.push({ at: Int32Array.from(row.keys()), factor: Float64Array.from(row.values()) })
  }
}

type Step = { at: Int32Array; factor: Float64Array }
type Steps = Step[]

function add(x: Float64Array, { at, factor }: Step, by: number): void {
  if (by !== 0) for (let i = 0; i < at.length; i++) x[at[i] as number] = (x[at[i] as number] as number) + (factor[i] as number) * by
}

/** What i owned of k, it owns of what k owned. */
function pass(outOfI: Map<number, number>, i: number, k: number, row: Map<number, number>, scale: number, into: Set<number>[]): void {
  const factor = (outOfI.get(k) ?? 0) * scale
  outOfI.delete(k)
  for (const [j, share] of row) {
    outOfI.set(j, (outOfI.get(j) ?? 0) + factor * share)
    into[j]?.add(i)
  }
}

function fewest(left: Set<number>, out: Map<number, number>[], into: Set<number>[]): number {
  let [best, least] = [-1, Number.POSITIVE_INFINITY]
  for (const k of left) {
    const connections = (out[k]?.size ?? 0) * (into[k]?.size ?? 0)
    if (connections < least) [best, least] = [k, connections]
    if (connections <= 1) break
  }
  return best
}
