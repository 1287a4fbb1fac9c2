/** Exact fractions, for slow implementations that rounding cannot touch. */
export class Fraction {
  readonly n: bigint
  readonly d: bigint

  constructor(n: bigint, d = 1n) {
    const by = greatestDivisor(n, d) * (d < 0n ? -1n : 1n)
    this.n = n / by
    this.d = d / by
  }

  /** The decimal that `value` was written as. */
  static of(value: number): Fraction {
    const [whole = '', decimals = ''] = String(value).split('.')
    return new Fraction(BigInt(whole + decimals), 10n ** BigInt(decimals.length))
  }

  plus(other: Fraction): Fraction {
    return new Fraction(this.n * other.d + other.n * this.d, this.d * other.d)
  }

  minus(other: Fraction): Fraction {
    return new Fraction(this.n * other.d - other.n * this.d, this.d * other.d)
  }

  times(other: Fraction): Fraction {
    return new Fraction(this.n * other.n, this.d * other.d)
  }

  over(other: Fraction): Fraction {
    return new Fraction(this.n * other.d, this.d * other.n)
  }

  get isZero(): boolean {
    return this.n === 0n
  }

  /** The nearest whole number, half to even; `isNearTie`: Float64 may have come to its neighbour. */
  rounded(): { whole: bigint; isNearTie: boolean } {
    const floor = (this.n - (((this.n % this.d) + this.d) % this.d)) / this.d
    const rest =
      Number(
        this.minus(new Fraction(floor))
          .times(new Fraction(10n ** 12n))
          .truncated(),
      ) / 1e12
    const twice = (this.n - floor * this.d) * 2n
    const isUp = twice > this.d || (twice === this.d && floor % 2n !== 0n)
    return { whole: isUp ? floor + 1n : floor, isNearTie: Math.abs(rest - 0.5) < Math.max(1e-9, 1e-13 * Math.abs(Number(floor))) }
  }

  truncated(): bigint {
    return this.n / this.d
  }
}

export const ZERO = new Fraction(0n)
export const ONE = new Fraction(1n)

/** Solves `rows · x = right` by elimination; undefined where a pivot is nothing. `pivots` are those met on the way, in order. */
export function solve(rows: Fraction[][], right: Fraction[]): { x: Fraction[] | undefined; pivots: Fraction[] } {
  const m = rows.map((row, i) => [...row, right[i] as Fraction])
  const pivots: Fraction[] = []
  for (let k = 0; k < m.length; k++) {
    const pivot = m[k]?.[k] as Fraction
    pivots.push(pivot)
    if (pivot.isZero) return { x: undefined, pivots }
    for (const [i, row] of m.entries()) {
      const factor = (row[k] as Fraction).over(pivot)
      if (i === k || factor.isZero) continue
      for (let j = k; j <= m.length; j++) row[j] = (row[j] as Fraction).minus(factor.times(m[k]?.[j] as Fraction))
    }
  }
  return { x: m.map((row, i) => (row[m.length] as Fraction).over(row[i] as Fraction)), pivots }
}

function greatestDivisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b]
  while (y !== 0n) [x, y] = [y, x % y]
  return x === 0n ? 1n : x
}
