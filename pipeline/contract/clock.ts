/** Time on the wire is RFC 3339; inside it is milliseconds since the Unix epoch, UTC. */

/** Time in ms. The path of an event never reads one; sources, gaps and metrics do, through this port. */
export type Clock = { now(): number }

/** Time since some moment, in ms, the same in all threads of a process: for what lasts. The time of day may be put right by hours at any moment. */
export const steadyClock: Clock = { now: () => Number(process.hrtime.bigint() / 1_000_000n) }

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/
const FOUR_CENTURIES_MS = 146_097 * 86_400_000
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Milliseconds of an RFC 3339 date-time (finer digits are cut), or undefined when it is none. A leap second is the second before it. */
export function parseTime(text: string): number | undefined {
  return plainUtc(text) ?? anyRfc3339(text)
}

/**
 * The two forms nearly every event has, `2026-03-02T01:00:00Z` and `…00.000Z`, without a regular expression (a tenth of its time).
 * Undefined for any other form, and for whatever is out of range.
 */
function plainUtc(text: string): number | undefined {
  if (
    (text.length !== 20 && text.length !== 24) ||
    text[text.length - 1] !== 'Z' ||
    text[10] !== 'T' ||
    text[4] !== '-' ||
    text[7] !== '-' ||
    text[13] !== ':' ||
    text[16] !== ':'
  )
    return undefined
  const [year, month, day] = [digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2)]
  const [hour, minute, second] = [digits(text, 11, 2), digits(text, 14, 2), digits(text, 17, 2)]
  const fraction = text.length === 20 ? 0 : text[19] === '.' ? digits(text, 20, 3) : Number.NaN
  if (!(year >= 100 && month >= 1 && month <= 12 && day >= 1 && day <= 28 && hour <= 23 && minute <= 59 && second <= 59 && fraction >= 0)) return undefined
  return Date.UTC(year, month - 1, day, hour, minute, second, fraction)
}

/** NaN when one of them is no digit. */
function digits(text: string, from: number, count: number): number {
  let n = 0
  for (let i = from; i < from + count; i++) {
    const d = text.charCodeAt(i) - 48
    n = d >= 0 && d <= 9 ? n * 10 + d : Number.NaN
  }
  return n
}

function anyRfc3339(text: string): number | undefined {
  const m = RFC3339.exec(text)
  if (m === null) return undefined
  const [year, month, day, hour, minute, second] = [m[1], m[2], m[3], m[4], m[5], m[6]].map(Number) as [number, number, number, number, number, number]
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 60) return undefined
  const fraction = m[7] === undefined ? 0 : Number(m[7].padEnd(3, '0').slice(0, 3))
  const offset = m[8] === undefined ? 0 : zoneOffset(m[8], Number(m[9]), Number(m[10]))
  if (offset === undefined) return undefined
  // Date.UTC takes years below 100 for 19xx; the calendar repeats after 400 years.
  return Date.UTC(year + 400, month - 1, day, hour, minute, Math.min(second, 59), fraction) - FOUR_CENTURIES_MS - offset * 60_000
}

/** `2026-03-02T01:00:00.000Z`. */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString()
}

const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of a duration such as `30s`, `10min`, `24h`, `5d`; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const m = /^(\d{1,9})(ms|s|min|h|d)$/.exec(text)
  if (m === null) return undefined
  return Number(m[1]) * (UNIT_MS[m[2] ?? ''] ?? Number.NaN)
}

/** Shanghai has kept UTC+8 without summer time since 1991. */
const SHANGHAI_MS = 8 * 3_600_000
const DAY_MS = 86_400_000

/** The Asia/Shanghai midnight at or before `ms`. */
export function shanghaiDay(ms: number): number {
  return Math.floor((ms + SHANGHAI_MS) / DAY_MS) * DAY_MS - SHANGHAI_MS
}

function daysIn(year: number, month: number): number {
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return (DAYS[month - 1] ?? 0) + (leap ? 1 : 0)
}

function zoneOffset(sign: string, hours: number, minutes: number): number | undefined {
  if (hours > 23 || minutes > 59) return undefined
  return (sign === '-' ? -1 : 1) * (hours * 60 + minutes)
}
