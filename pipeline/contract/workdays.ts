/**
 * Working days in mainland China, by the yearly notices of the State Council's General Office: holidays, and the weekend days worked in exchange (调休).
 * The days are data of `chinese-days`; its functions are not used, as they take a date for one of the machine's time zone.
 */
import { createRequire } from 'node:module'
import { formatTime, shanghaiDay } from './clock.ts'

/** By `YYYY-MM-DD`: days off, and weekend days at work. */
type Calendar = { holidays: Record<string, string>; workdays: Record<string, string> }

const { holidays, workdays } = createRequire(import.meta.url)('chinese-days/dist/chinese-days.json') as Calendar
const PUBLISHED = new Set(Object.keys(holidays).map((day) => day.slice(0, 4)))

const DAY_MS = 86_400_000
const SHANGHAI_MS = 8 * 3_600_000
const WEEKEND = [0, 6]

/** Whether a day, `YYYY-MM-DD`, is worked. `published`: its year's notice is known; else only weekends and New Year's Day are taken as days off. */
export function workingDay(day: string): { works: boolean; published: boolean } {
  const published = PUBLISHED.has(day.slice(0, 4))
  const weekend = WEEKEND.includes(new Date(`${day}T00:00:00Z`).getUTCDay())
  const off = day in holidays || (!published && day.endsWith('-01-01'))
  return { works: day in workdays || (!weekend && !off), published }
}

/**
 * The end of the `n`-th working day after the Shanghai day of `at`, ms, which itself is not counted (民法典 第二百零一条); n ≥ 1. `day` is that day,
 * `end` the midnight after it, ms. `published` is false where a day on the way lies in a year without a notice: the end may then still move.
 */
export function addWorkingDays(at: number, n: number): { day: string; end: number; published: boolean } {
  let midnight = shanghaiDay(at)
  let [left, known] = [n, true]
  while (left > 0) {
    midnight += DAY_MS
    const { works, published } = workingDay(dayOf(midnight))
    if (works) left--
    known &&= published
  }
  return { day: dayOf(midnight), end: midnight + DAY_MS, published: known }
}

/** `YYYY-MM-DD` of a Shanghai midnight. */
function dayOf(midnight: number): string {
  return formatTime(midnight + SHANGHAI_MS).slice(0, 10)
}
