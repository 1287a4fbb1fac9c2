/**
 * Variants of a rule that speak where the rule itself keeps quiet: the engine judges them beside it, so that what they say of a subject (its values, and which
 * part of the condition holds) is what the engine makes of it.
 */
import {
  type AmountRule,
  type EachRule,
  type GraphRule,
  limitNames,
  type LimitRule,
  type MetricRule,
  type OutlierRule,
  type Parameter,
  type Rule,
  type SummaryRule,
  type WindowRule,
} from '../../contract/rule.ts'
import { quote } from '../../store/database.ts'
import { type ConditionPart, partsOfCondition, weighingSql } from './condition.ts'

/** Between the code of a rule and what one of its variants is for. */
const MARK = '~'

/** `seen` speaks of the subject whatever the condition says; the others carry one part of the condition alone. */
export type Probe = { role: string; rule: Rule }
export const SEEN = 'seen'
/** Without `where`, and with one part of it alone. */
export const ANYWHERE = 'anywhere'
export const whereRole = (part: number) => `where${part}`
/** With one grade, or one test, alone. */
export const onlyRole = (name: string | number) => `only${name}`

/** A condition whose parts are weighed, and what holds with it. */
export type Graded = { severity: string; parts: ConditionPart[] }

export function probesOf(rule: Rule, institution: string, { id }: { id: string }): Probe[] {
  const probes = kindProbes(rule, institution, id)
  return probes.map(({ role, rule: variant }) => ({ role, rule: { ...variant, ...keptOf(rule, variant), code: `${rule.code}${MARK}${role}` } as Rule }))
}

/** Without overrides of the parameters a variant has others of. */
function keptOf({ parameters, overrides }: Rule, variant: Rule): Pick<Rule, 'overrides'> {
  return overrides === undefined ? {} : { overrides: overrides.filter(({ name }) => parameters[name] === variant.parameters[name]) }
}

export function isProbe(code: string): boolean {
  return code.includes(MARK)
}

/** The conditions of a rule whose parts are SQL, mildest first. */
export function conditionsOf(rule: Rule): Graded[] {
  if (rule.kind === 'graph') return rule.grades.map(({ severity, when }) => ({ severity, parts: partsOfCondition(when) }))
  if (rule.kind !== 'each' && rule.kind !== 'window') return []
  const { severity, when, graver = [] } = rule
  return [{ severity, when }, ...graver].map((grade) => ({ severity: grade.severity, parts: partsOfCondition(grade.when) }))
}

function kindProbes(rule: Rule, institution: string, id: string): Probe[] {
  switch (rule.kind) {
    case 'each':
      return [eachProbe(rule, institution, id)]
    case 'graph':
      return [graphProbe(rule)]
    case 'window':
      return windowProbes(rule)
    case 'limit':
      return limitProbes(rule)
    case 'metric':
      return metricProbes(rule)
    case 'summary':
      return summaryProbes(rule)
    case 'amount':
      return amountProbes(rule)
    case 'outlier':
      return outlierProbes(rule)
    default:
      return []
  }
}

function allParts(rule: Rule): ConditionPart[] {
  return conditionsOf(rule).flatMap((c) => c.parts)
}

/** What the parts weigh takes the place of the threshold: it is the one text of a rule that is an expression over all the condition may name. */
function eachProbe(rule: EachRule, institution: string, id: string): Probe {
  const { graver: _, ...plain } = rule
  const when = `institution = ${quote(institution)} AND CAST("${rule.subject.id}" AS VARCHAR) = ${quote(id)}`
  return { role: SEEN, rule: { ...plain, when, threshold: weighingSql(allParts(rule)) } }
}

function graphProbe(rule: GraphRule): Probe {
  return { role: SEEN, rule: { ...rule, grades: [{ severity: 'blue', when: 'true', threshold: weighingSql(allParts(rule)) }] } }
}

/** Judged at one tick, when it is asked for: neither speaks by itself. */
function windowProbes(rule: WindowRule): Probe[] {
  const { graver: _, where, ...plain } = rule
  const silent = { ...plain, when: 'false', ...(where !== undefined && { where }) }
  const filtered = where === undefined ? [] : partsOfCondition(where)
  const others = filtered.map(({ sql }, k): Probe => ({ role: whereRole(k), rule: { ...plain, when: 'false', where: sql } }))
  return [
    { role: SEEN, rule: { ...silent, threshold: weighingSql(allParts(rule)) } },
    ...(where === undefined ? [] : [{ role: ANYWHERE, rule: { ...plain, when: 'false' } }, ...others]),
  ]
}

/** The least ratio there is, as `LIMIT_SCALE` has it: whoever has anything at all is near it. Each limit has its own, so that it is known which one was asked. */
export function leastLimit(place: number): string {
  return `0.${String(place + 1).padStart(20, '0')}`
}

function limitProbes(rule: LimitRule): Probe[] {
  const { where, ...plain } = rule
  const least = Object.fromEntries(limitNames(rule).map((name, k) => [name, ratioOf(leastLimit(k))]))
  const parameters = { ...rule.parameters, ...least }
  const filtered = where === undefined ? [] : partsOfCondition(where)
  return [
    { role: SEEN, rule: { ...rule, parameters } },
    ...(where === undefined ? [] : [{ role: ANYWHERE, rule: { ...plain, parameters } }]),
    ...filtered.map(({ sql }, k): Probe => ({ role: whereRole(k), rule: { ...plain, parameters, where: sql } })),
  ]
}

/** More than any ratio or amount there is, and less. */
const MUCH = '1000000000000000000'
const LITTLE = '-1000000000000000000'

function metricProbes(rule: MetricRule): Probe[] {
  const { against } = rule
  const always = (names: string[], value: string) => ({ ...rule.parameters, ...Object.fromEntries(names.map((n) => [n, ratioOf(value)])) })
  if ('to' in against)
    return against.below.flatMap((grade, k): Probe[] => [
      { role: `${SEEN}${k}`, rule: { ...rule, parameters: always([grade.below], MUCH), against: { to: against.to, below: [grade] } } },
      { role: onlyRole(k), rule: { ...rule, against: { to: against.to, below: [grade] } } },
    ])
  return against.falls.flatMap((grade, k): Probe[] => [
    { role: `${SEEN}${k}`, rule: { ...rule, parameters: always([grade.by], LITTLE), against: { falls: [grade] } } },
    { role: onlyRole(k), rule: { ...rule, against: { falls: [grade] } } },
  ])
}

function summaryProbes(rule: SummaryRule): Probe[] {
  const { part, floor, parameters } = rule
  const none = { [part]: ratioOf(LITTLE), [floor]: amountOf(LITTLE) }
  return [
    { role: SEEN, rule: { ...rule, parameters: { ...parameters, ...none } } },
    { role: onlyRole('part'), rule: { ...rule, parameters: { ...parameters, [floor]: amountOf(LITTLE) } } },
    { role: onlyRole('floor'), rule: { ...rule, parameters: { ...parameters, [part]: ratioOf(LITTLE) } } },
  ]
}

/** `~floor` is a floor nothing is below. */
function amountProbes(rule: AmountRule): Probe[] {
  const { floor, running, ...plain } = rule
  const parameters = { ...rule.parameters, [rule.part]: ratioOf(MUCH) }
  return [
    { role: SEEN, rule: { ...rule, parameters: { ...rule.parameters, [`${MARK}floor`]: amountOf('0') }, floor: `${MARK}floor` } },
    { role: onlyRole('part'), rule: plain },
    ...(floor === undefined ? [] : [{ role: onlyRole('floor'), rule: { ...plain, parameters, floor } }]),
    ...(running === undefined ? [] : [{ role: onlyRole('running'), rule: { ...plain, parameters, running } }]),
  ]
}

function outlierProbes(rule: OutlierRule): Probe[] {
  const { least, most, parameters } = rule
  const [always, none] = [ratioOf('-1'), countOf(0)]
  return [
    { role: SEEN, rule: { ...rule, parameters: { ...parameters, [most]: always, [least]: none } } },
    { role: onlyRole('least'), rule: { ...rule, parameters: { ...parameters, [most]: always } } },
    { role: onlyRole('most'), rule: { ...rule, parameters: { ...parameters, [least]: none } } },
  ]
}

function ratioOf(value: string): Parameter {
  return { type: 'ratio', value, min: value, max: value }
}

function amountOf(value: string): Parameter {
  return { type: 'amount', value, min: value, max: value }
}

function countOf(value: number): Parameter {
  return { type: 'count', value, min: value, max: value, unit: 'count' }
}
