import type { Shares } from './cross-holding.ts'
import type { Elimination } from './elimination.ts'
import { WHOLE } from './share.ts'

/** Whether the gain (spectral radius) of a circle of holdings is below 1; `unproved` counts as reached: nothing may rest on a series that may not converge. */
export type Gain = 'below' | 'reached' | 'unproved'

/** Up to this many members it is decided in exact fractions. */
const EXACT_MEMBERS = 12
const ONE = BigInt(WHOLE) * BigInt(WHOLE)

/**
 * Small components exactly: the gain is below 1 just where all leading principal minors of I − A are positive (M-matrices: Berman and Plemmons 1979, ch. 6).
 * Larger ones by a vector x > 0 (Collatz 1942, Wielandt 1950): A x < x proves below, A x ≥ x on the support of x ≥ 0 proves reached; the vector comes out of
 * floating point, the comparison is exact.
 */
export function gainOf(shares: Shares, elimination: Elimination): Gain {
  const { end } = elimination
  if (shares.owned.length <= EXACT_MEMBERS) {
    if (!minorsArePositive(shares)) return 'reached'
    return end === 'done' ? 'below' : 'unproved'
  }
  if (end === 'capped') return 'unproved'
  if (end !== 'done') return holds(shares, elimination.witness(end.pivot), (ax, x) => ax >= x) ? 'reached' : 'unproved'
  const x = elimination.solve(new Float64Array(shares.owned.length).fill(1))
  return holds(shares, x, (ax, xi) => ax < xi) ? 'below' : 'unproved'
}

/** Whether (A x)_i compares to x_i so wherever x_i > 0; exact. */
function holds({ owned }: Shares, x: Float64Array, compares: (ax: bigint, x: bigint) => boolean): boolean {
  if (!x.every(Number.isFinite)) return false
  const whole = wholeNumbers(x)
  return owned.every((row, i) => {
    const xi = whole[i] as bigint
    return (
      xi === 0n ||
      compares(
        row.reduce((sum, { at, exact }) => sum + exact * (whole[at] as bigint), 0n),
        xi * ONE,
      )
    )
  })
}

/** x in units of 2^-60; whatever x ≥ 0 it is, it is the same in both places. */
function wholeNumbers(x: Float64Array): bigint[] {
  return Array.from(x, (v) => BigInt(Math.floor(v * 2 ** 30)) * 2n ** 30n + BigInt(Math.floor(((v * 2 ** 30) % 1) * 2 ** 30)))
}

/** By Bareiss' elimination without fractions: its pivots are the leading principal minors. */
function minorsArePositive({ owned }: Shares): boolean {
  const size = owned.length
  const m = owned.map((row, i) => {
    const line = owned.map(() => 0n)
    line[i] = ONE
    for (const { at, exact } of row) line[at] = (line[at] as bigint) - exact
    return line
  })
  let before = 1n
  for (const [k, top] of m.entries()) {
    const pivot = top[k] as bigint
    if (pivot <= 0n) return false
    for (const line of m.slice(k + 1)) {
      const first = line[k] as bigint
      for (let j = k + 1; j < size; j++) line[j] = ((line[j] as bigint) * pivot - first * (top[j] as bigint)) / before
    }
    before = pivot
  }
  return true
}
