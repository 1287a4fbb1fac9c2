/** What of an alert is put into words the same way in the list and in the detail. */
import type { PublishedAlert } from '../../../../pipeline/contract/alert.ts'
import type { Rule, Severity } from '../../../../pipeline/contract/rule.ts'
import { compact, fill, grouped, isDecimal, isMoney, percent } from './format.ts'
import type { Language, Say } from './language.ts'

export const SEVERITY_ORDER: readonly Severity[] = ['red', 'orange', 'yellow', 'blue']
export const ROMAN: Record<Severity, string> = { red: 'Ⅰ', orange: 'Ⅱ', yellow: 'Ⅲ', blue: 'Ⅳ' }
export const GRADES: readonly string[] = ['normal', 'special-mention', 'substandard', 'doubtful', 'loss']
/** What stands in place of a name that belongs to another institution. */
export const REDACTED = '***'

type Label = (group: string, name: string) => string

/** One value of an alert against its threshold. `filled`: 1 is the threshold; `grade`: both are loan grades. */
export type KeyValue = {
  name: string
  value: string
  threshold: string | null
  form: 'ratio' | 'money' | 'count' | 'grade' | 'text'
  filled: number | undefined
}

/**
 * The value that the threshold is held against: the share of a limit, what a rule's kind measures or its condition compares with the threshold, the other grade
 * of a floor, else the first number.
 */
export function keyValue(alert: PublishedAlert, rule: Rule | undefined): KeyValue | undefined {
  const { values, threshold } = alert
  const name = keyName(values, threshold, rule)
  const value = name === undefined ? undefined : values[name]
  if (name === undefined || value === undefined) return undefined
  return { name, value, threshold, form: formOf(name, value), filled: threshold === null ? undefined : fill(value, threshold) }
}

function keyName(values: Record<string, string>, threshold: string | null, rule: Rule | undefined): string | undefined {
  if (values['share'] !== undefined) return 'share'
  const own = rule === undefined ? undefined : ownKey(values, threshold, rule)
  if (own !== undefined && values[own] !== undefined) return own
  const parameter = rule !== undefined && 'threshold' in rule ? rule.threshold.replace(/^:/, '') : undefined
  const names = Object.keys(values)
  if (threshold !== null && GRADES.includes(threshold)) return names.find((n) => GRADES.includes(values[n] ?? '') && n !== parameter && n !== 'floor')
  return names.find((n) => isDecimal(values[n] ?? '') && !isMoney(values[n] ?? '')) ?? names.find((n) => isDecimal(values[n] ?? '')) ?? names[0]
}

/** By what its kind measures; in a window or on a row, by what the condition compares with the threshold. */
function ownKey(values: Record<string, string>, threshold: string | null, rule: Rule): string | undefined {
  switch (rule.kind) {
    case 'summary':
      return 'difference'
    case 'ratio':
    case 'amount':
      return rule.value
    case 'metric':
      return values['outflow'] === undefined ? 'ratio' : 'outflow'
    case 'outlier':
      return 'deviation'
    case 'alerts':
      return 'count'
    case 'window':
      return compared(rule.when, rule.threshold)
    case 'graph': {
      const grade = rule.grades.findLast((g) => threshold === null || isThreshold(rule, g.threshold, threshold))
      return grade === undefined ? undefined : compared(grade.when, grade.threshold)
    }
    default:
      return undefined
  }
}

/** `senders` of `senders >= :senders`; nothing where either side is reckoned with. */
function compared(when: string, threshold: string): string | undefined {
  return new RegExp(`(?<![-+*/]\\s*)\\b(\\w+)\\s*[<>]=?\\s*${threshold.replace(/[^\w:.]/g, '.')}(?!\\w|\\s*[-+*/])`).exec(when)?.[1]
}

function isThreshold(rule: Rule, written: string, value: string): boolean {
  return String(rule.parameters[written.replace(/^:/, '')]?.value ?? written) === value
}

/** Values as one reads a sum: what counts, its parts, what it is measured against, the result. The record itself comes sorted by name. */
const READING_ORDER: readonly string[] =
  'exposure direct indirect loans net amount cumulative senders receivers received sent total tier1 capital assets share ratio now before outflow horizon max min median price vwap deviation dpd class floor detail reported difference metric rules'.split(
    ' ',
  )

export function inReadingOrder(values: Record<string, string>): [name: string, value: string][] {
  const rank = (name: string) => (READING_ORDER.includes(name) ? READING_ORDER.indexOf(name) : READING_ORDER.length)
  return Object.entries(values).sort(([a], [b]) => rank(a) - rank(b))
}

const RATIOS: ReadonlySet<string> = new Set(['share', 'ratio', 'outflow', 'deviation', 'impact'])

export function formOf(name: string, value: string): KeyValue['form'] {
  if (RATIOS.has(name) || name.endsWith('Share') || name.endsWith('Ratio')) return 'ratio'
  if (GRADES.includes(value)) return 'grade'
  if (isMoney(value)) return 'money'
  return isDecimal(value) ? 'count' : 'text'
}

/** A value as shown: money grouped, ratios in percent, counts with their unit, grades by name. `brief`: money rounded. */
export function valueText(name: string, value: string, words: { say: Say; label: Label; language: Language }, brief = false): string {
  const form = formOf(name, value)
  if (form === 'ratio') return percent(value)
  if (form === 'money') return brief ? compact(value, words.language) : grouped(value)
  if (form === 'grade') return words.label('grade', value)
  if (form === 'count' && name === 'senders') return words.say('unit.senders', { n: grouped(value) })
  if (form === 'count' && name === 'dpd') return words.say('unit.dpd', { n: grouped(value) })
  return form === 'count' ? grouped(value) : value
}

/** `P1`, or the words for the obligor nobody could identify. */
export function subjectText(alert: PublishedAlert, label: Label): string {
  const { id, part } = alert.subject
  const name = id === 'unknown' ? label('subject', 'unknown') : id
  return part === undefined ? name : `${name} · ${part}`
}
