import { roundHalfEven } from '../rounding.ts'

/**
 * `part × value` rounded half to even to minor units. Integers up to 2^53 are exact in Float64; what is said above that keeps 53 bits.
 * The result is the same for the same part and value, so what was put into a sum can be taken out of it again.
 */
export function portion(part: number, value: number): number {
  return roundHalfEven(part * value)
}

/** Whether a holder's part can be carried further; where it cannot, what is held there counts as unknown in full. */
export function isPart(part: number): boolean {
  return Math.abs(part) <= MAX_PART
}

const MAX_PART = 2 ** 53
