/** Values of options that several commands take. */
import { LookthroughError } from '../../contract/errors.ts'
import { parseDuration, parseTime } from '../../contract/index.ts'

/** RFC 3339 to ms; `none` is before everything. Throws LT-1007. */
export function timeOption(text: string): number {
  return text === 'none' ? -Infinity : instantOption(text)
}

/** RFC 3339 to ms. Throws LT-1007. */
export function instantOption(text: string): number {
  const time = parseTime(text)
  if (time === undefined) throw new LookthroughError('LT-1007', { why: `${text}: a time such as 2026-03-02T09:00:00+08:00` })
  return time
}

/** `400d` to ms. Throws LT-1007. */
export function durationOption(text: string): number {
  const duration = parseDuration(text)
  if (duration === undefined || duration === 0) throw new LookthroughError('LT-1007', { why: `${text}: a duration such as 24h, 400d` })
  return duration
}
