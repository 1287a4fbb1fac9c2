/** Values of options that several commands take. */
import { LookthroughError } from '../../contract/errors.ts'
import { parseTime } from '../../contract/index.ts'

/** RFC 3339 to ms; `none` is before everything. Throws LT-1007. */
export function timeOption(text: string): number {
  const time = text === 'none' ? -Infinity : parseTime(text)
  if (time === undefined) throw new LookthroughError('LT-1007', { why: `${text}: a time such as 2026-03-02T09:00:00+08:00` })
  return time
}
