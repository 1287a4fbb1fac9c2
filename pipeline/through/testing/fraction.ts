/** Exact fractions for the slow implementations that tests compare with. */
export class Fraction {
  static readonly zero = new Fraction(0n, 1n)
  static readonly one = new Fraction(1n, 1n)
  readonly n: bigint
  readonly d: bigint

  private constructor(n: bigint, d: bigint) {
    this.n = n
    this.d = d
  }

  static of(n: bigint, d: bigint): Fraction {
    const divisor = (d < 0n ? -1n : 1n) * greatest(n < 0n ? -n : n, d < 0n ? -d : d)
    return new Fraction(n / divisor, d / divisor)
  }

  /** Of a plain decimal text. */
  static decimal(text: string): Fraction {
    const [whole = '', decimals = ''] = text.split('.')
    return Fraction.of(BigInt(whole + decimals), 10n ** BigInt(decimals.length))
  }

  plus(b: Fraction): Fraction {
    return Fraction.of(this.n * b.d + b.n * this.d, this.d * b.d)
  }

  minus(b: Fraction): Fraction {
    return Fraction.of(this.n * b.d - b.n * this.d, this.d * b.d)
  }

  times(b: Fraction): Fraction {
    return Fraction.of(this.n * b.n, this.d * b.d)
  }

  over(b: Fraction): Fraction {
    return Fraction.of(this.n * b.d, this.d * b.n)
  }

  compare(b: Fraction): number {
    const difference = this.n * b.d - b.n * this.d
    return difference < 0n ? -1 : difference > 0n ? 1 : 0
  }

  get number(): number {
    return Number((this.n * 10n ** 30n) / this.d) / 1e30
  }
}

function greatest(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b]
  return a === 0n ? 1n : a
}
