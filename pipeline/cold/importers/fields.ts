/** Reading records whose shape is only promised: what is not there, or not of the kind, is undefined. */
import { formatTime, parseTime } from '../../contract/index.ts'
import { isRecord } from '../../hot/accept/schema.ts'

export type Fields = Record<string, unknown>

/** A text that says something, or a number as text. */
export function text(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

export function fields(value: unknown): Fields {
  return isRecord(value) ? value : {}
}

/** The records of a list; one that stands alone counts as a list of one. */
export function records(value: unknown): Fields[] {
  return (Array.isArray(value) ? value : [value]).filter(isRecord)
}

/** RFC 3339 of a date (its first moment) or a date-time; one without a zone is taken as UTC. */
export function timeOf(value: unknown): string | undefined {
  const said = text(value)
  if (said === undefined) return undefined
  const ms = parseTime(/^\d{4}-\d{2}-\d{2}$/.test(said) ? `${said}T00:00:00Z` : said) ?? parseTime(`${said}Z`)
  return ms === undefined ? undefined : formatTime(ms)
}

/** `YYYY-MM-DD` of a date or a date-time, as written there. */
export function dayOf(value: unknown): string | undefined {
  const day = text(value)?.slice(0, 10)
  return day !== undefined && timeOf(day) !== undefined ? day : undefined
}

/** The record without what is undefined. */
export function present(record: Fields): Fields {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))
}

/** What a table says about a code, undefined where the code is not in it. */
export function lookUp<T>(table: Readonly<Record<string, T>>, code: unknown): T | undefined {
  const key = text(code)
  return key !== undefined && Object.hasOwn(table, key) ? table[key] : undefined
}
