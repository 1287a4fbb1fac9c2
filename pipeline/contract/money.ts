/**
 * Exact decimals: scaled integers inside, decimal strings outside.
 * Money has 2 decimals (minor units), prices and quantities up to 10, ratios are shown with 4.
 */

/** A decimal as an integer: `value = units ÷ 10^scale`. */
export type Units = bigint

const PLAIN = /^-?\d{1,36}(?:\.\d+)?$/

/**
 * The integer that `text` is at `scale` decimals: `parseDecimal('132.5', 2)` is `13250n`.
 * Undefined when `text` is not a plain decimal, or has more decimals than `scale`.
 */
export function parseDecimal(text: string, scale: number): Units | undefined {
  if (!PLAIN.test(text)) return undefined
  const point = text.indexOf('.')
  if (point < 0) return BigInt(text) * pow10(scale)
  const decimals = text.length - point - 1
  if (decimals > scale) return undefined
  return BigInt(text.slice(0, point) + text.slice(point + 1)) * pow10(scale - decimals)
}

/** The decimal string of `units` at `scale`, with exactly `scale` decimals: `formatDecimal(13250n, 2)` is `'132.50'`. */
export function formatDecimal(units: Units, scale: number): string {
  const negative = units < 0n
  const digits = (negative ? -units : units).toString().padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  const text = scale === 0 ? whole : `${whole}.${digits.slice(digits.length - scale)}`
  return negative ? `-${text}` : text
}

/** `units` at `from` decimals brought to `to` decimals, rounded half to even. */
export function rescale(units: Units, from: number, to: number): Units {
  return to >= from ? units * pow10(to - from) : divideHalfEven(units, pow10(from - to))
}

/** `numerator ÷ denominator` as a decimal string of `decimals` places, rounded half to even. Throws on a zero denominator. */
export function ratioText(numerator: Units, denominator: Units, decimals = 4): string {
  return formatDecimal(divideHalfEven(numerator * pow10(decimals), denominator), decimals)
}

/** Integer division rounded half to even. Throws RangeError on a zero divisor. */
export function divideHalfEven(a: bigint, b: bigint): bigint {
  if (b < 0n) return divideHalfEven(-a, -b)
  const quotient = a / b
  const twice = (a < 0n ? -(a % b) : a % b) * 2n
  const away = a < 0n ? -1n : 1n
  if (twice > b || (twice === b && quotient % 2n !== 0n)) return quotient + away
  return quotient
}

const POWERS = Array.from({ length: 40 }, (_, i) => 10n ** BigInt(i))

function pow10(exponent: number): bigint {
  return POWERS[exponent] ?? 10n ** BigInt(exponent)
}
