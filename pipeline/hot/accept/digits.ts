/** Numbers and times read out of their digits, without a string on the way. */
import { parseTime } from '../../contract/index.ts'

const [Z, MINUS, POINT, ZERO] = [90, 45, 46, 48]
/** More digits might not be exact in a double. */
const MOST_DIGITS = 15

/** The number that 1 to 15 digits are; −1 for anything else. */
export function wholeOf(bytes: Uint8Array, start: number, end: number): number {
  if (end <= start || end - start > MOST_DIGITS) return -1
  let n = 0
  for (let i = start; i < end; i++) {
    const d = (bytes[i] as number) - ZERO
    if (d < 0 || d > 9) return -1
    n = n * 10 + d
  }
  return n
}

/** Minor units of `-?\d{1,13}(\.\d{1,2})?`, exact; NaN for any other text. */
export function unitsOf(bytes: Uint8Array, start: number, end: number): number {
  const negative = bytes[start] === MINUS
  let at = negative ? start + 1 : start
  let units = 0
  const whole = at
  for (; at < end && bytes[at] !== POINT; at++) {
    const d = (bytes[at] as number) - ZERO
    if (d < 0 || d > 9) return Number.NaN
    units = units * 10 + d
  }
  if (at === whole || at - whole > 13) return Number.NaN
  const decimals = end - at - 1
  if (decimals === 0 || decimals > 2) return Number.NaN
  for (let i = at + 1; i <= at + 2; i++) {
    const d = i < end ? (bytes[i] as number) - ZERO : 0
    if (d < 0 || d > 9) return Number.NaN
    units = units * 10 + d
  }
  return negative ? 0 - units : units
}

/** Reads `2026-03-02T01:00:00Z` and `….000Z`, remembering the last minute it saw; other forms go through `parseTime`. */
export class TimeReader {
  readonly #minute = Buffer.alloc(MINUTE_LENGTH)
  #ms = Number.NaN

  /** ms; undefined for what is no time. */
  read(bytes: Buffer, start: number, end: number): number | undefined {
    const length = end - start
    if ((length === 20 || length === 24) && bytes[end - 1] === Z && this.#sameMinute(bytes, start)) {
      const second = wholeOf(bytes, start + MINUTE_LENGTH, start + MINUTE_LENGTH + 2)
      const fraction = length === 20 ? 0 : bytes[start + 19] === POINT ? wholeOf(bytes, start + 20, start + 23) : -1
      if (second >= 0 && second < 60 && fraction >= 0) return this.#ms + second * 1000 + fraction
    }
    const time = parseTime(bytes.toString('latin1', start, end))
    if (time !== undefined && bytes[end - 1] === Z && (length === 20 || length === 24)) {
      bytes.copy(this.#minute, 0, start, start + MINUTE_LENGTH)
      this.#ms = Math.floor(time / 60_000) * 60_000
    }
    return time
  }

  #sameMinute(bytes: Buffer, start: number): boolean {
    const minute = this.#minute
    for (let i = MINUTE_LENGTH - 1; i >= 0; i--) if (minute[i] !== bytes[start + i]) return false
    return true
  }
}

/** `2026-03-02T01:00:`. */
const MINUTE_LENGTH = 17
