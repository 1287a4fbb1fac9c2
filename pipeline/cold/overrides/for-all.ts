/** Parameters that are the same for all institutions at all times, because what they settle is computed once for all of them. */
import { EVERYONE, limitNames, type Rule } from '../../contract/rule.ts'
import { CROSSING_TABLES, MADE_WITH } from '../../contract/through-table.ts'
import { parametersIn } from '../../hot/check/expression.ts'

/** Why a parameter cannot be an institution's own; undefined: it can. */
export function whyForAll(rule: Rule, name: string, institution: string): string | undefined {
  const set = `set it for all with --param ${rule.code}.${name}=…`
  if (!ownNames(rule).has(name)) return `${rule.code}.${name} settles what is computed for all institutions together; ${set}`
  const crosses = (rule.kind === 'window' && rule.scope === '*') || (rule.kind === 'graph' && CROSSING_TABLES.includes(rule.from))
  return crosses && institution !== EVERYONE ? `${rule.code} judges institutions together: institution: '*' alone has values here, or ${set}` : undefined
}

/** What is compared per institution: in conditions, thresholds and values, or by name. */
function ownNames(rule: Rule): Set<string> {
  const made: readonly string[] = rule.kind === 'graph' ? (MADE_WITH[rule.from] ?? []) : []
  return new Set([...expressionsOf(rule).flatMap((sql) => [...parametersIn(sql)]), ...comparedBy(rule)].filter((name) => !made.includes(name)))
}

function expressionsOf(rule: Rule): string[] {
  if (rule.kind === 'graph') return [...rule.grades.flatMap((g) => [g.when, g.threshold]), ...Object.values(rule.values)]
  if (rule.kind !== 'each' && rule.kind !== 'window') return rule.kind === 'amount' ? [rule.when] : []
  const own = [rule.when, rule.threshold, ...(rule.graver ?? []).flatMap((g) => [g.when, g.threshold])]
  return [...own, ...(rule.kind === 'each' ? Object.values(rule.values) : [rule.where ?? ''])]
}

function comparedBy(rule: Rule): string[] {
  switch (rule.kind) {
    case 'limit':
    case 'ratio':
      return limitNames(rule)
    case 'summary':
      return [rule.part, rule.floor]
    case 'metric':
      return 'to' in rule.against ? rule.against.below.map((g) => g.below) : rule.against.falls.map((g) => g.by)
    case 'amount':
      return [rule.part, ...(rule.floor === undefined ? [] : [rule.floor]), ...(rule.running === undefined ? [] : [rule.running.first, rule.running.step])]
    case 'due':
      return [rule.within]
    case 'outlier':
      return [rule.least, rule.most]
    default:
      return []
  }
}
