/**
 * Shares as they were stated, exact: up to 20 decimals (contract §1) as two whole numbers a Float64 holds exactly, so that sums, and whether they pass a
 * limit, depend on no order. A share is `units ÷ 10^10 + rest ÷ 10^20`; below 0 it counts as 0, above 1,000 times the whole as 1,000 (sums of hundreds stay exact).
 */
import { formatDecimal, parseDecimal } from '../../contract/index.ts'

export type Share = { units: number; rest: number }

/** One whole, in units. */
export const WHOLE = 1e10
/** Shares with more have a rest. */
export const DECIMALS = 10
export const MOST = 1000

export const NONE: Share = { units: 0, rest: 0 }
export const ALL: Share = { units: WHOLE, rest: 0 }

/** The share a text states. Texts come checked against the schema; what is no decimal counts as 0. */
export function parseShare(text: string): Share {
  const value = Number(text)
  if (!(value > 0)) return NONE
  if (value > MOST) return { units: MOST * WHOLE, rest: 0 }
  const point = text.indexOf('.')
  if (point < 0 || text.length - point - 1 <= DECIMALS) return { units: Math.round(value * WHOLE), rest: 0 }
  const exact = parseDecimal(text, 2 * DECIMALS) ?? 0n
  return { units: Number(exact / BigInt(WHOLE)), rest: Number(exact % BigInt(WHOLE)) }
}

/** Whether a sum is more than `limit` units. */
export function exceeds(units: number, rest: number, limit: number): boolean {
  return units > limit || units + Math.floor(rest / WHOLE) > limit || (units + Math.floor(rest / WHOLE) === limit && rest % WHOLE > 0)
}

export function shareNumber(units: number, rest: number): number {
  return rest === 0 ? units / WHOLE : units / WHOLE + rest / WHOLE / WHOLE
}

/** In units of 10^-20. */
export function shareExact(units: number, rest: number): bigint {
  return BigInt(units) * BigInt(WHOLE) + BigInt(rest)
}

/** The exact decimal, without trailing zeros: `0.6`, `3`. */
export function shareText(units: number, rest: number): string {
  return formatDecimal(shareExact(units, rest), 2 * DECIMALS).replace(/\.?0+$/, '')
}
