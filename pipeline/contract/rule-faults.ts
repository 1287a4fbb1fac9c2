/** What is wrong with a rule's record beyond its schema: parameters and fields that it names and does not have. */
import { parseDuration } from './clock.ts'
import { dataColumns, type EventType, STREAMS } from './event.ts'
import type { Parameter } from './parameter.ts'
import type { Rule, WindowRule } from './rule.ts'

/** Sentences; none where it is in order. */
export function faultsOf(rule: Rule): string[] {
  switch (rule.kind) {
    case 'each':
      return rule.graver !== undefined && STREAMS[rule.reads].state ? [`graver grades are of occurrences; ${rule.reads} is state`] : []
    case 'ratio': {
      const limits = [rule.limit, ...(rule.limits ?? []).map((l) => l.limit)]
      return [
        ...(STREAMS[rule.reads].state ? [] : [`a ratio is of statements of state; ${rule.reads} are occurrences`]),
        ...notMoney(rule.reads, [rule.numerator, rule.denominator]),
        ...limits.flatMap((name) => noParameter(rule, name, 'ratio')),
      ]
    }
    case 'metric': {
      const { against } = rule
      if ('to' in against) return against.below.flatMap(({ below }) => noParameter(rule, below, 'ratio'))
      return against.falls.flatMap(({ by, within }) => [
        ...noParameter(rule, by, 'ratio'),
        ...(isWithinKept(within) ? [] : [`within is no duration up to ${LONGEST}: ${within}`]),
      ])
    }
    case 'amount': {
      const { part, floor, running, reads, amount } = rule
      return [
        ...notMoney(reads, [amount]),
        ...[part, ...(running === undefined ? [] : [running.first, running.step])].flatMap((name) => noParameter(rule, name, 'ratio')),
        ...(floor === undefined ? [] : noParameter(rule, floor, 'amount')),
      ]
    }
    case 'window':
      return windowFaults(rule)
    case 'outlier':
      return [
        ...[rule.within, rule.least].flatMap((name) => noParameter(rule, name, 'count')),
        ...noParameter(rule, rule.most, 'ratio'),
        ...(STREAMS[rule.reads].state ? [`an outlier is an occurrence; ${rule.reads} is state`] : []),
      ]
    case 'alerts':
      return [
        ...[rule.window.size, rule.window.every].flatMap((name) => noParameter(rule, name, 'duration')),
        ...noParameter(rule, rule.institutions, 'count'),
        ...(rule.disclosure === 'supervisor' ? [] : [CROSSES]),
      ]
    default:
      return []
  }
}

export const CROSSES = 'what crosses institutions is disclosed to the supervisor alone'

function windowFaults({ window, measures, latest }: WindowRule): string[] {
  const keys = [window, ...(window.also ?? [])]
  const early = 'early' in window && window.early
  const unknown = Object.values(measures).flatMap((m) => (m.as === undefined || keys.some((key) => key.as === m.as) ? [] : [m.as]))
  return [
    ...(keys.some((key) => (key.part === undefined) !== (window.part === undefined)) ? ['all keys of a window have a part, or none'] : []),
    ...unknown.map((as) => `a measure counts the rows of a key that the window does not have: ${as}`),
    ...(early && (latest !== undefined || Object.values(measures).some((m) => m.kind === 'median'))
      ? ['the latest rows and their median are for windows judged when they close']
      : []),
  ]
}

/** What was stated is kept so long after it no longer stands. */
const LONGEST = '35d'

function isWithinKept(within: string): boolean {
  const ms = parseDuration(within)
  return ms !== undefined && ms > 0 && ms <= (parseDuration(LONGEST) ?? 0)
}

function noParameter({ parameters }: Rule, name: string, type: Parameter['type']): string[] {
  return parameters[name]?.type === type ? [] : [`there is no ${type} parameter ${name}`]
}

function notMoney(type: EventType, fields: readonly string[]): string[] {
  const money = new Set(dataColumns(type).flatMap((c) => (c.kind === 'money' ? [c.field] : [])))
  return fields.filter((field) => !money.has(field)).map((field) => `${type} has no amount ${field}`)
}
