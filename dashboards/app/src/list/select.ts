/** Which alerts are listed, in which order, and how many each facet value would leave. Pure. */
import type { PublishedAlert } from '../../../../pipeline/contract/alert.ts'
import type { Rule } from '../../../../pipeline/contract/rule.ts'
import { layersOf } from '../detail/paths.ts'
import { FACETS, type Facet, type Filters, type Sort } from '../route.ts'
import { keyValue, SEVERITY_ORDER } from '../words/alert-words.ts'

export type Rules = ReadonlyMap<string, Rule>

export function matches(alert: PublishedAlert, filters: Filters, except?: Facet): boolean {
  return FACETS.every((facet) => facet === except || filters[facet].length === 0 || filters[facet].includes(facetValue(alert, facet)))
}

/** Ids in order; equals stand by severity, then newest first. */
export function selectIds(alerts: readonly PublishedAlert[], filters: Filters, sort: Sort, rules: Rules): string[] {
  const compare = comparison(sort, rules)
  return alerts
    .filter((alert) => matches(alert, filters))
    .sort(compare)
    .map((alert) => alert.id)
}

/** Per facet, how many alerts each value has among those the other facets let through. */
export function facetCounts(alerts: readonly PublishedAlert[], filters: Filters): Record<Facet, Map<string, number>> {
  const counts: Record<Facet, Map<string, number>> = { state: new Map(), severity: new Map(), rule: new Map(), institution: new Map() }
  for (const alert of alerts)
    for (const facet of FACETS) {
      const value = facetValue(alert, facet)
      const count = counts[facet].get(value) ?? 0
      counts[facet].set(value, matches(alert, filters, facet) ? count + 1 : count)
    }
  return counts
}

export function facetValue(alert: PublishedAlert, facet: Facet): string {
  if (facet === 'rule') return alert.rule.code
  return alert[facet]
}

type Comparison = (a: PublishedAlert, b: PublishedAlert) => number

function comparison(sort: Sort, rules: Rules): Comparison {
  const first = COMPARISONS[sort.key](rules)
  const sign = sort.descending ? -1 : 1
  return (a, b) => sign * first(a, b) || bySeverity(a, b) || -byText(a.at, b.at) || byText(a.id, b.id)
}

const COMPARISONS: Record<Sort['key'], (rules: Rules) => Comparison> = {
  severity: () => bySeverity,
  at: () => (a, b) => byText(a.at, b.at),
  institution: () => (a, b) => byText(a.institution, b.institution),
  rule: () => (a, b) => byText(a.rule.code, b.rule.code),
  value: (rules) => (a, b) => fullness(a, rules) - fullness(b, rules),
  subject: () => (a, b) => byText(a.subject.id, b.subject.id),
  layers: () => (a, b) => layersOf(a) - layersOf(b),
  state: () => (a, b) => byText(a.state, b.state),
}

function bySeverity(a: PublishedAlert, b: PublishedAlert): number {
  return SEVERITY_ORDER.indexOf(a.severity) - SEVERITY_ORDER.indexOf(b.severity)
}

/** How far a value stands against its threshold; grades and bare values come last. */
function fullness(alert: PublishedAlert, rules: Rules): number {
  return keyValue(alert, rules.get(alert.rule.code))?.filled ?? -1
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
