/** Units of what a rule names, and comparisons of two that do not go together: 元 with a ratio, days with a count of people, a ratio made a percentage. */
import { dataColumns, type EventType } from '../../contract/index.ts'
import type { Measure, Parameter, Rule, WindowRule } from '../../contract/rule.ts'
import { columnsOfTable, THROUGH_TABLES, type ThroughTable } from '../../contract/through-table.ts'
import type { Linted, Remark } from './lint.ts'
import { expressionsOf } from './scopes.ts'

/** `number`: a plain one, of any meaning; it goes with counts. */
export type Unit = 'money' | 'ratio' | 'count' | 'days' | 'duration' | 'number' | 'text'

export function unitLints({ rule }: Linted): Remark[] {
  const units = { ...fieldUnits(rule), ...valueUnits(rule) }
  return expressionsOf(rule).flatMap(({ sql, at }) => [
    ...percentages(sql, (term) => unitOf(term, units, rule)).map((text): Remark => ({ lint: 'percent', at, facts: { text } })),
    ...comparisons(sql).flatMap(({ text, left, right }) => {
      const [a, b] = [unitOf(left, units, rule), unitOf(right, units, rule)]
      return a === undefined || b === undefined || goTogether(a, b) ? [] : [{ lint: 'unit', at, facts: { text, left: a, right: b } } satisfies Remark]
    }),
  ])
}

/** Of what an alert shows; undefined where it is an expression. */
export function valueUnits(rule: Rule): Record<string, Unit | undefined> {
  switch (rule.kind) {
    case 'window':
      return windowUnits(rule)
    case 'each':
    case 'graph': {
      const fields = fieldUnits(rule)
      return Object.fromEntries(Object.entries(rule.values).map(([name, sql]) => [name, fields[sql.trim()]]))
    }
    case 'limit':
      return { [rule.value]: 'money', ...alsoUnits(rule.also ?? [], rule), [rule.base.name]: 'money', share: 'ratio', band: 'text' }
    case 'ratio':
      return { [rule.value]: 'ratio' }
    case 'metric':
      return 'to' in rule.against ? { ratio: 'ratio' } : { now: 'money', before: 'money', outflow: 'ratio', horizon: 'text' }
    case 'amount':
      return { [rule.value]: 'money', [rule.base.name]: 'money', ...(rule.running !== undefined && { [rule.running.value]: 'money' }) }
    case 'outlier':
      return { [rule.value]: undefined, vwap: undefined, deviation: 'ratio' }
    case 'alerts':
      return { institutions: 'text', count: 'count' }
    case 'summary':
      return { detail: 'money', reported: 'money', difference: 'money' }
    case 'missing':
      return { metric: 'text', rules: 'text' }
    case 'due':
      return { last: 'text', from: 'text', to: 'text' }
  }
}

/** Whoever looks across institutions names them. */
function windowUnits({ reads, measures, scope, window }: WindowRule): Record<string, Unit | undefined> {
  return {
    ...Object.fromEntries(Object.entries(measures).map(([name, m]) => [name, measureUnit(reads, m)])),
    ...(scope === '*' && { institutions: 'text' as const }),
    ...(window.partAs !== undefined && { [window.partAs]: 'text' as const }),
  }
}

function alsoUnits(names: readonly string[], rule: Rule): Record<string, Unit | undefined> {
  const fields = fieldUnits(rule)
  return Object.fromEntries(names.map((name) => [name, fields[name] ?? (name === 'direct' || name === 'indirect' ? 'money' : undefined)]))
}

const KIND_UNITS = {
  money: 'money',
  price: undefined,
  share: 'ratio',
  ratio: 'ratio',
  integer: 'number',
  boolean: 'text',
  day: 'text',
  time: 'text',
  text: 'text',
  json: 'text',
} as const

/** Of the columns that expressions are over. */
function fieldUnits(rule: Rule): Record<string, Unit | undefined> {
  if ('reads' in rule) return Object.fromEntries(dataColumns(rule.reads).map(({ field, kind }) => [field, KIND_UNITS[kind]]))
  const from = rule.kind === 'graph' ? rule.from : rule.kind === 'limit' ? rule.numerator.from : undefined
  if (from === undefined || !(from in THROUGH_TABLES)) return {}
  return Object.fromEntries(columnsOfTable(from as ThroughTable).map(([name, kind]) => [name, KIND_UNITS[kind]]))
}

function measureUnit(reads: EventType, measure: Measure): Unit | undefined {
  if (measure.kind === 'count' || measure.kind === 'distinct') return 'count'
  if (measure.kind === 'top') return 'text'
  const column = dataColumns(reads).find((c) => c.field === measure.field)
  return column === undefined ? undefined : KIND_UNITS[column.kind]
}

function parameterUnit(p: Parameter | undefined): Unit | undefined {
  if (p === undefined) return undefined
  if (p.type === 'amount') return 'money'
  if (p.type === 'count') return p.unit === 'days' ? 'days' : 'count'
  return p.type === 'choice' || p.type === 'words' ? 'text' : p.type
}

function unitOf(term: string, units: Record<string, Unit | undefined>, rule: Rule): Unit | undefined {
  return term.startsWith(':') ? parameterUnit(rule.parameters[term.slice(1)]) : units[term.replaceAll('"', '')]
}

function goTogether(a: Unit, b: Unit): boolean {
  if (a === b) return true
  const plain = new Set<Unit>(['count', 'days', 'number'])
  return plain.has(a) && plain.has(b) && (a === 'number' || b === 'number')
}

/** Ratios times 100: a ratio is a ratio everywhere, and printed as a percentage. */
function percentages(sql: string, unit: (term: string) => Unit | undefined): string[] {
  const times = /(:?"?[A-Za-z]\w*"?)\s*\*\s*100(?![\w.])|(?<![\w.])100\s*\*\s*(:?"?[A-Za-z]\w*"?)/g
  return [...sql.matchAll(times)].filter((m) => unit(m[1] ?? m[2] ?? '') === 'ratio').map((m) => m[0])
}

/** Comparisons of two bare names: `total >= :threshold`. A name that is part of a sum or product has another unit. */
function comparisons(sql: string): { text: string; left: string; right: string }[] {
  const bare = /(?<![\w."':+*/-]\s*)(:?"?[A-Za-z]\w*"?)\s*(>=|<=|<>|>|<|=)\s*(:?"?[A-Za-z]\w*"?)(?!\s*[\w.(+*/:-])/g
  return [...sql.matchAll(bare)].map((m) => ({ text: m[0], left: m[1] ?? '', right: m[3] ?? '' }))
}
