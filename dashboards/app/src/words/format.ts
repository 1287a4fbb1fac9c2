/** Decimal strings, ratios and times as people read them. Amounts stay strings; only a rounded "about" goes through a float. */
import { formatDecimal, parseDecimal, rescale } from '../../../../pipeline/contract/money.ts'
import type { Language } from './language.ts'

/** `1234567.00` → `1,234,567.00`; what is no plain decimal stays as it is. */
export function grouped(amount: string): string {
  if (!isDecimal(amount)) return amount
  const [whole = '0', decimals] = amount.split('.')
  const text = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
  return decimals === undefined ? text : `${text}.${decimals}`
}

const SCALES: Record<Language, readonly [number, string][]> = {
  zh: [
    [1e12, '万亿'],
    [1e8, '亿'],
    [1e4, '万'],
  ],
  en: [
    [1e12, 'tn'],
    [1e9, 'bn'],
    [1e6, 'm'],
    [1e3, 'k'],
  ],
}

/** Rounded for reading: `6530000000.00` → `65.30亿`, `6.53bn`. */
export function compact(amount: string, language: Language): string {
  if (!isDecimal(amount)) return amount
  const n = Number(amount)
  const [size, unit] = SCALES[language].find(([s]) => Math.abs(n) >= s * 0.99995) ?? [1, '']
  const scaled = n / size
  return `${scaled.toFixed(unit === '' ? 0 : 2)}${unit}`
}

/** A ratio in percent with two decimals, rounded half to even without a float: `0.1320` → `13.20%`. */
export function percent(ratio: string): string {
  const points = pointsOf(ratio)
  return points === undefined ? ratio : `${points}%`
}

/** The distance of two ratios in percentage points: `{ points: '2.42', over: true }` for `0.1742` against `0.15`. */
export function distance(ratio: string, limit: string): { points: string; over: boolean } | undefined {
  const [a, b] = [parseDecimal(ratio, 20), parseDecimal(limit, 20)]
  if (a === undefined || b === undefined) return undefined
  const over = a > b
  return { points: formatDecimal(rescale(over ? a - b : b - a, 18, 2), 2), over }
}

/** How full a limit is, as a plain number for drawing: 1 is the limit itself. */
export function fill(value: string, limit: string): number | undefined {
  const [v, l] = [Number(value), Number(limit)]
  return isDecimal(value) && isDecimal(limit) && l > 0 ? v / l : undefined
}

export function isDecimal(text: string): boolean {
  return parseDecimal(text, 40) !== undefined
}

/** Amounts of money carry two decimals outside; nothing else in an alert does. */
export function isMoney(text: string): boolean {
  return /^-?\d+\.\d{2}$/.test(text)
}

/** `03-02 09:00:00`, in UTC+8; with the year in front on request. */
export function clockTime(iso: string, withYear = false): string {
  const ms = Date.parse(iso)
  if (Number.isNaN(ms)) return iso
  const shanghai = new Date(ms + 8 * 3_600_000).toISOString()
  return `${shanghai.slice(withYear ? 0 : 5, 10)} ${shanghai.slice(11, 19)}`
}

/** Seconds, minutes or hours, as the name of a message and its number. */
export function age(ms: number): { name: 'age.seconds' | 'age.minutes' | 'age.hours'; n: number } {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 90) return { name: 'age.seconds', n: seconds }
  if (seconds < 5400) return { name: 'age.minutes', n: Math.round(seconds / 60) }
  return { name: 'age.hours', n: Math.round(seconds / 3600) }
}

function pointsOf(ratio: string): string | undefined {
  const units = parseDecimal(ratio, 20)
  return units === undefined ? undefined : formatDecimal(rescale(units, 18, 2), 2)
}
