/** What a window rule says of its windows, in milliseconds, and the SQL that follows from it. */
import { type EventType, STREAMS } from '../../../contract/index.ts'
import type { WindowRule } from '../../../contract/rule.ts'
import { PART_MARK } from '../../../contract/subjects.ts'
import { TICK_MS } from '../../../contract/tick.ts'
import { durationOf, withLiterals } from '../expression.ts'

export type Shape = {
  kind: 'hopping' | 'session' | 'rolling'
  /** Length of a hopping or rolling window; 0 for sessions. */
  size: number
  every: number
  gap: number
  /** Windows start at multiples of `every` from here. */
  origin: number
  /** Greatest length that divides every window: partial results are kept per pane. */
  pane: number
  /** The keys of a row within the institution, as SQL, whose they are, and their names. */
  keys: { key: string; per: string; as: string }[]
  early: boolean
  late: 'drop' | 'correct'
  /** All institutions together. */
  everyone: boolean
  /** Rows are statements of state: which of them are late depends on the window. */
  state: boolean
  /** How far a row's windows reach on either side of it; a session may be longer. */
  reach: number
}

/** Shanghai's midnight in UTC. */
const SHANGHAI_MIDNIGHT_MS = -8 * 3_600_000

export function shapeOf(rule: WindowRule): Shape {
  const { window } = rule
  const common = {
    size: 0,
    every: 0,
    gap: 0,
    origin: 0,
    pane: 0,
    keys: [rule.window, ...(rule.window.also ?? [])].map((key) => ({ key: keySql(rule, key), per: sqlOf(rule, key.per), as: key.as ?? '' })),
    early: window.kind !== 'rolling' && window.early,
    late: window.late ?? 'drop',
    everyone: rule.scope === '*',
    state: STREAMS[rule.reads].state,
  }
  if (window.kind === 'session') {
    const gap = durationOf(rule, window.gap)
    return { ...common, kind: 'session', gap, reach: gap }
  }
  const size = durationOf(rule, window.size)
  if (window.kind === 'rolling') return { ...common, kind: 'rolling', size, reach: size }
  const every = durationOf(rule, window.every)
  const origin = window.calendar === undefined ? 0 : SHANGHAI_MIDNIGHT_MS
  return { ...common, kind: 'hopping', size, every, origin, pane: greatestCommonDivisor(size, every), reach: size }
}

/** The longest reach of the windows over each stream, and the fields their rules name. */
export function longestReach(rules: readonly WindowRule[], type: EventType): number {
  return rules.filter((r) => r.reads === type).reduce((longest, r) => Math.max(longest, shapeOf(r).reach), 0)
}

export const TICK_SQL = `ceil(e / ${TICK_MS}) * ${TICK_MS}`

/** Milliseconds as an SQL literal, infinities included. */
export function double(ms: number): string {
  return Number.isFinite(ms) ? `${ms}::DOUBLE` : `'${ms < 0 ? '-' : ''}inf'::DOUBLE`
}

export function whereOf(rule: WindowRule): string {
  return rule.where === undefined ? 'true' : `coalesce(${withLiterals(rule, rule.where, 'time')}, false)`
}

/** A row's key; null where one of its parts is. */
function keySql(rule: WindowRule, { per, part }: Pick<WindowRule['window'], 'per' | 'part'>): string {
  return [per, ...(part === undefined ? [] : [part])].map((text) => sqlOf(rule, text)).join(` || chr(${PART_MARK.charCodeAt(0)}) || `)
}

/** A field, or an expression over fields. */
function sqlOf(rule: WindowRule, text: string): string {
  return /^\w+$/.test(text) ? `"${text}"` : `(${withLiterals(rule, text)})`
}

/** Start of the pane that holds `time`. */
export function paneStart({ origin, pane }: Shape, time = 'time'): string {
  return `floor((${time} - ${origin}) / ${pane}) * ${pane} + ${origin}`
}

/** One row per hopping window that contains `time`: an expression over it for the select list. */
export function windowStarts({ size, every, origin }: Shape, time: string): string {
  const last = `floor((${time} - ${origin}) / ${every}) * ${every} + ${origin}`
  if (size === every) return last
  const back = `range(0, ${size}, ${every})`
  if (size % every === 0) return `${last} - unnest(${back})`
  return `unnest(list_filter(list_transform(${back}, lambda x: ${last} - x), lambda x: x + ${size} > ${time}))`
}

/** Of rows with the `start` of hopping windows those whose windows end in (from, to]. */
export function endsIn({ size }: Shape, from: number, to: number): string {
  return `start > ${double(from - size)} AND start <= ${double(to - size)}`
}

/** The starts of the hopping windows that contain `time`. */
export function startsAt({ size, every, origin }: Shape, time: number): number[] {
  const starts: number[] = []
  for (let start = Math.floor((time - origin) / every) * every + origin; start + size > time; start -= every) starts.push(start)
  return starts
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
