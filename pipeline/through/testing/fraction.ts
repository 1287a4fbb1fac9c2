/** A fraction in lowest terms, denominator above zero: exact, and slow. */
export class Fraction {
  static readonly zero = new Fraction(0n)
  static readonly one = new Fraction(1n)
  readonly numerator: bigint
  readonly denominator: bigint

  constructor(numerator: bigint, denominator = 1n) {
    const divisor = greatestCommon(numerator, denominator) * (denominator < 0n ? -1n : 1n)
    this.numerator = numerator / divisor
    this.denominator = denominator / divisor
  }

  /** Of a plain decimal text. */
  static decimal(text: string): Fraction {
    const [whole = '', decimals = ''] = text.split('.')
    return new Fraction(BigInt(whole + decimals), 10n ** BigInt(decimals.length))
  }

  /** The decimal that `value` was written as. */
  static ofNumber(value: number): Fraction {
    return Fraction.decimal(String(value))
  }

  plus({ numerator, denominator }: Fraction): Fraction {
    return new Fraction(this.numerator * denominator + numerator * this.denominator, this.denominator * denominator)
  }

  minus({ numerator, denominator }: Fraction): Fraction {
    return new Fraction(this.numerator * denominator - numerator * this.denominator, this.denominator * denominator)
  }

  times({ numerator, denominator }: Fraction): Fraction {
    return new Fraction(this.numerator * numerator, this.denominator * denominator)
  }

  over({ numerator, denominator }: Fraction): Fraction {
    return new Fraction(this.numerator * denominator, this.denominator * numerator)
  }

  /** Below zero when this is the smaller, 0 when both are equal. */
  compare({ numerator, denominator }: Fraction): number {
    const difference = this.numerator * denominator - numerator * this.denominator
    return difference < 0n ? -1 : Number(difference > 0n)
  }

  get isZero(): boolean {
    return this.numerator === 0n
  }

  /** The nearest whole number, half to even; `isNearTie`: Float64, off by 10^-13 of it and `amplified` times that, may have come to its neighbour. */
  rounded(amplified = 1): { whole: bigint; isNearTie: boolean } {
    const { numerator, denominator } = this
    const floor = (numerator - (((numerator % denominator) + denominator) % denominator)) / denominator
    const rest = this.minus(new Fraction(floor)).toNumber()
    const twice = (numerator - floor * denominator) * 2n
    const isUp = twice > denominator || (twice === denominator && floor % 2n !== 0n)
    return { whole: isUp ? floor + 1n : floor, isNearTie: Math.abs(rest - 0.5) < Math.max(1e-9, 1e-13 * amplified * Math.abs(Number(floor))) }
  }

  toNumber(): number {
    return Number((this.numerator * 10n ** 30n) / this.denominator) / 1e30
  }
}

/** x with rows · x = right, by elimination; undefined where there is not exactly one. */
export function solveExactly(rows: readonly (readonly Fraction[])[], right: readonly Fraction[]): Fraction[] | undefined {
  const system = rows.map((row, i) => [...row, right[i] as Fraction])
  for (let k = 0; k < system.length; k++) {
    const pivot = system.findIndex((row, i) => i >= k && at(row, k).numerator !== 0n)
    if (pivot < 0) return undefined
    ;[system[k], system[pivot]] = [system[pivot] as Fraction[], system[k] as Fraction[]]
    const row = system[k] as Fraction[]
    const scaled = row.map((x) => x.over(at(row, k)))
    system.forEach((other, i) => {
      system[i] = i === k ? scaled : other.map((x, c) => x.minus(at(other, k).times(at(scaled, c))))
    })
  }
  return system.map((row) => at(row, system.length))
}

function at(row: readonly Fraction[], column: number): Fraction {
  return row[column] as Fraction
}

function greatestCommon(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b]
  while (y !== 0n) [x, y] = [y, x % y]
  return x === 0n ? 1n : x
}
