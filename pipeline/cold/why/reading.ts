/** What the engine found of a subject, as steps: by the kind of the rule. */
import type { PublishedAlert } from '../../contract/alert.ts'
import type { Finding } from '../../contract/finding.ts'
import { formatTime, type Rule } from '../../contract/index.ts'
import type { AlertsRule, AmountRule, DueRule, MetricRule, OutlierRule, SummaryRule, WindowRule } from '../../contract/rule.ts'
import { parameterText, type Whose } from '../../hot/check/expression.ts'
import { partsOfCondition, type WeighedPart, weighedFrom } from './condition.ts'
import { measuredReading } from './ladder.ts'
import { filteredBy, type Asked, type Observer, type Seen } from './observer.ts'
import { conditionsOf, onlyRole, SEEN } from './probes.ts'
import type { Reading, Step } from './step.ts'

/** `revisions`: of the rules that run, up to the time asked about. */
export type Found = { observer: Observer; asked: Asked; revisions: readonly PublishedAlert[] }

export function readingOf(rule: Rule, found: Found): Reading {
  switch (rule.kind) {
    case 'each':
    case 'graph':
      return conditionReading(rule, found.observer.of(SEEN))
    case 'window':
      return windowReading(rule, found)
    case 'limit':
    case 'ratio':
      return measuredReading(rule, found)
    case 'metric':
      return metricReading(rule, found)
    case 'summary':
      return summaryReading(rule, found)
    case 'amount':
      return amountReading(rule, found)
    case 'outlier':
      return outlierReading(rule, found)
    case 'alerts':
      return alertsReading(rule, found)
    case 'due':
      return dueReading(rule, found)
    case 'missing':
      return heldReading(found.observer.own)
  }
}

export const NOTHING: Reading = { steps: [], holds: false, stop: { kind: 'nothing', facts: {} } }

export function valueSteps(values: Record<string, string>): Step[] {
  return Object.entries(values).map(([name, value]) => ({ kind: 'value', facts: { name, value: value === '' ? '–' : value } }))
}

/** The parts of a rule's conditions, as the variant that weighs them says. */
function conditionSteps(rule: Rule, weighed: readonly WeighedPart[]): Pick<Reading, 'steps' | 'holds'> & { failed: string } {
  const steps: Step[] = []
  const [holding, failed]: [boolean[], string[]] = [[], []]
  let at = 0
  for (const { severity, parts } of conditionsOf(rule)) {
    const own = weighed.slice(at, (at += parts.length))
    const alternatives = new Set(parts.map((p) => p.or))
    const holds = [...alternatives].some((or) => parts.every((p, i) => p.or !== or || own[i]?.holds === true))
    parts.forEach((part, i) => steps.push(partStep(part.sql, part.sides?.operator, own[i])))
    if (holding.length === 0) failed.push(...parts.flatMap((part, i) => (own[i]?.holds === true ? [] : [part.sql])))
    // What is graver than the condition counts only where that holds.
    const isReached = rule.kind === 'graph' || holding.length === 0 || holding[0] === true
    holding.push(holds && isReached)
    if (conditionsOf(rule).length > 1) steps.push({ kind: 'grade', holds: holds && isReached, facts: { severity } })
  }
  return { steps, holds: holding.includes(true), failed: failed.join(', ') }
}

function partStep(text: string, operator: string | undefined, part: WeighedPart | undefined): Step {
  const holds = part?.holds === true
  if (operator === undefined) return { kind: 'part', holds, facts: { text } }
  return { kind: 'compared', holds, facts: { text, left: part?.left ?? '–', operator: shownOperator(operator), right: part?.right ?? '–' } }
}

export function shownOperator(operator: string): string {
  return { '>=': '≥', '<=': '≤', '<>': '≠', '!=': '≠' }[operator] ?? operator
}

function conditionReading(rule: Rule, seen: Seen | undefined): Reading {
  if (seen === undefined) return NOTHING
  const { finding, evidence } = seen
  const found = { evidence, at: finding.at }
  const values = valueSteps(finding.values)
  if (!holdsNow(finding)) return { ...found, steps: values, holds: false, stop: { kind: 'ended', facts: { at: formatTime(finding.at) } } }
  const { steps, holds, failed } = conditionSteps(rule, weighedFrom(thresholdOf(finding)))
  return { ...found, steps: [...values, ...steps], holds, ...(!holds && { stop: { kind: 'condition' as const, facts: { failed } } }) }
}

function windowReading(rule: WindowRule, { observer, asked }: Found): Reading {
  const { window } = observer
  if (window === undefined) return NOTHING
  const { point, own, evidence, anywhere, parts } = window
  const total = anywhere.count
  const head: Step[] = [{ kind: 'window', facts: { start: formatTime(point.start), end: formatTime(point.end), count: total } }]
  const filters = rule.where === undefined ? [] : partsOfCondition(rule.where)
  const filtered = filters.map(({ sql }, k): Step => {
    const count = filteredBy(window, k)
    return { kind: 'filter', holds: count > 0, facts: { text: sql, count, total } }
  })
  const found = { evidence, at: Math.min(point.end, asked.at) }
  if (evidence.count === 0)
    return {
      ...found,
      evidence: anywhere,
      steps: [...head, ...filtered],
      holds: false,
      stop: total > 0 ? { kind: 'filtered', facts: { where: rule.where ?? '', total } } : (NOTHING.stop as Step),
    }
  const { steps, holds, failed } = conditionSteps(rule, weighedFrom(parts))
  const all = [...head, ...filtered, ...valueSteps(own.values), ...steps]
  if (!holds || !own.hit) return { ...found, steps: all, holds: false, stop: { kind: 'condition', facts: { failed } } }
  const isEarly = rule.window.kind !== 'rolling' && rule.window.early
  if (!isEarly && point.end > asked.at) return { ...found, steps: all, holds: false, stop: { kind: 'open-window', facts: { end: formatTime(point.end) } } }
  return { ...found, steps: all, holds: true }
}

function metricReading(rule: MetricRule, { observer, asked }: Found): Reading {
  const whose = whoseOf(asked)
  const { against } = rule
  const grades = 'to' in against ? against.below.map((g) => ({ ...g, parameter: g.below })) : against.falls.map((g) => ({ ...g, parameter: g.by }))
  const steps: Step[] = []
  let [last, isAny]: [Seen | undefined, boolean] = [undefined, false]
  for (const [k, { severity, parameter }] of grades.entries()) {
    const seen = observer.of(`${SEEN}${k}`)
    if (seen === undefined || !holdsNow(seen.finding)) continue
    last = seen
    const own = observer.of(onlyRole(k))?.finding
    const holds = own !== undefined && holdsNow(own)
    isAny ||= holds
    const [name, operator] = 'to' in against ? ['ratio', '<'] : ['outflow', '>']
    if (!('to' in against)) steps.push(...valueSteps({ now: seen.finding.values['now'] ?? '', before: seen.finding.values['before'] ?? '' }))
    const right = parameterText(rule, parameter, whose)
    steps.push({ kind: 'compared', holds, facts: { text: `${name} ${operator} :${parameter}`, left: seen.finding.values[name] ?? '–', operator, right } })
    steps.push({ kind: 'grade', holds, facts: { severity } })
  }
  if (last === undefined)
    return { steps, holds: false, stop: { kind: 'no-base', facts: { metric: 'to' in against ? `${rule.metric}, ${against.to}` : rule.metric } } }
  const failed = grades.map((g) => `:${g.parameter}`).join(', ')
  return { steps, holds: isAny, evidence: last.evidence, at: last.finding.at, ...(!isAny && { stop: { kind: 'condition' as const, facts: { failed } } }) }
}

function summaryReading(rule: SummaryRule, { observer, asked }: Found): Reading {
  const whose = whoseOf(asked)
  const seen = observer.of(SEEN)
  if (seen === undefined || !holdsNow(seen.finding)) return { steps: [], holds: false, stop: { kind: 'no-base', facts: { metric: rule.reported } } }
  const tests = ['part', 'floor'].map((test) => observer.of(onlyRole(test))?.finding)
  const difference = (seen.finding.values['difference'] ?? '').replace('-', '')
  const steps = tests.map((finding, k): Step => {
    const name = k === 0 ? `part × reported` : `floor`
    const right = k === 0 ? `${parameterText(rule, rule.part, whose)} × ${seen.finding.values['reported']}` : parameterText(rule, rule.floor, whose)
    return {
      kind: 'compared',
      holds: finding !== undefined && holdsNow(finding),
      facts: { text: `|difference| > ${name}`, left: difference, operator: '>', right },
    }
  })
  const holds = steps.every((s) => s.holds === true)
  const failed = steps
    .filter((s) => s.holds !== true)
    .map((s) => String(s.facts['text']))
    .join(', ')
  const all = [...valueSteps(seen.finding.values), ...steps]
  return { steps: all, holds, evidence: seen.evidence, at: seen.finding.at, ...(!holds && { stop: { kind: 'condition' as const, facts: { failed } } }) }
}

function amountReading(rule: AmountRule, { observer }: Found): Reading {
  const seen = observer.of(SEEN)
  if (seen === undefined) return { ...NOTHING, stop: { kind: 'filtered', facts: { where: rule.when, total: 0 } } }
  const { values, at } = seen.finding
  const whose = { institution: seen.finding.institution, at }
  const found = { evidence: seen.evidence, at }
  if (!holdsNow(seen.finding)) return { ...found, steps: valueSteps(values), holds: false, stop: { kind: 'ended', facts: { at: formatTime(at) } } }
  const base = values[rule.base.name] ?? ''
  const test = (role: string, left: string, text: string, right: string): Step => {
    const own = observer.of(onlyRole(role))?.finding
    return { kind: 'compared', holds: own !== undefined && own.at === at && holdsNow(own), facts: { text, left, operator: '≥', right } }
  }
  const amount = values[rule.value] ?? ''
  const times = (name: string) => `${parameterText(rule, name, whose)} × ${base === '' ? '–' : base}`
  const steps = [test('part', amount, `${rule.value} ≥ :${rule.part} × ${rule.base.name}`, times(rule.part))]
  if (rule.floor !== undefined) steps.push(test('floor', amount, `${rule.value} ≥ :${rule.floor}`, parameterText(rule, rule.floor, whose)))
  if (rule.running !== undefined) {
    const { value, first, step } = rule.running
    steps.push(
      test('running', values[value] ?? '', `${value} ≥ :${first} | :${step} × ${rule.base.name}`, `${parameterText(rule, first, whose)} | ${times(step)}`),
    )
  }
  const holds = steps.some((s) => s.holds === true)
  const failed = steps.map((s) => String(s.facts['text'])).join(', ')
  return { ...found, steps: [...valueSteps(values), ...steps], holds, ...(!holds && { stop: { kind: 'condition' as const, facts: { failed } } }) }
}

function outlierReading(rule: OutlierRule, { observer }: Found): Reading {
  const seen = observer.of(SEEN)
  if (seen === undefined) return { ...NOTHING, stop: { kind: 'filtered', facts: { where: `${rule.least} ≥ 1`, total: 0 } } }
  const { values, at } = seen.finding
  const whose = { institution: seen.finding.institution, at }
  const others = seen.evidence.count - 1
  const holdsOf = (role: string) => {
    const own = observer.of(onlyRole(role))?.finding
    return own !== undefined && own.at === at && holdsNow(own)
  }
  const steps: Step[] = [
    {
      kind: 'others',
      holds: holdsOf('least'),
      facts: { count: others, least: parameterText(rule, rule.least, whose), minutes: parameterText(rule, rule.within, whose) },
    },
    {
      kind: 'compared',
      holds: holdsOf('most'),
      facts: { text: `deviation > :${rule.most}`, left: values['deviation'] ?? '–', operator: '>', right: parameterText(rule, rule.most, whose) },
    },
  ]
  const holds = steps.every((s) => s.holds === true)
  const failed = steps.flatMap((s, k) => (s.holds === true ? [] : [k === 0 ? `:${rule.least}` : `:${rule.most}`])).join(', ')
  const stop = { kind: 'condition' as const, facts: { failed } }
  return { steps: [...valueSteps(values), ...steps], holds, evidence: seen.evidence, at, ...(!holds && { stop }) }
}

/** What the rules it reads opened in a window's time before. */
function alertsReading(rule: AlertsRule, { asked, revisions }: Found): Reading {
  const whose = whoseOf(asked)
  const own = revisions.findLast((r) => r.rule.code === rule.code)
  const opened = revisions.filter((r) => rule.of.includes(r.rule.code) && r.revision === 1)
  const steps = opened.map((r): Step => ({ kind: 'opened', facts: { at: r.at, code: r.rule.code, institution: r.institution, id: r.id } }))
  if (opened.length === 0) return { ...NOTHING, at: asked.at }
  const count = new Set(opened.map((r) => r.institution)).size
  const least = parameterText(rule, rule.institutions, whose)
  const text = `institutions ≥ :${rule.institutions}`
  const holds = own !== undefined
  steps.push({ kind: 'compared', holds, facts: { text, left: own?.values['count'] ?? String(count), operator: '≥', right: least } })
  return { steps, holds, at: asked.at, ...(!holds && { stop: { kind: 'condition' as const, facts: { failed: `${text} (${rule.window.size})` } } }) }
}

function dueReading(rule: DueRule, { observer, asked }: Found): Reading {
  const whose = whoseOf(asked)
  const { own } = observer
  const within = parameterText(rule, rule.within, whose)
  if (own === undefined)
    return { steps: [], holds: false, stop: { kind: rule.due === 'word' ? 'spoke' : 'numbers-complete', facts: { within, at: formatTime(asked.at) } } }
  const { values, at } = own.finding
  const holds = holdsNow(own.finding)
  const facts = { within, at: formatTime(at), last: values['last'] ?? '', from: values['from'] ?? '', to: values['to'] ?? '' }
  const step: Step = { kind: rule.due === 'word' ? 'word' : 'gap', holds, facts }
  return { steps: [step], holds, at, ...(!holds && { stop: { kind: 'ended' as const, facts: { at: formatTime(at) } } }) }
}

function heldReading(own: Seen | undefined): Reading {
  if (own === undefined) return { ...NOTHING, stop: { kind: 'has-base', facts: {} } }
  const { finding, evidence } = own
  const holds = holdsNow(finding)
  const steps = valueSteps(finding.values)
  return { steps, holds, evidence, at: finding.at, ...(!holds && { stop: { kind: 'ended' as const, facts: { at: formatTime(finding.at) } } }) }
}

function whoseOf({ institution, at }: Asked): Whose {
  return { institution, at }
}

function holdsNow(finding: Finding): boolean {
  return finding.kind === 'measured' ? finding.numerator > 0n : finding.holds
}

function thresholdOf(finding: Finding): string {
  return finding.kind === 'measured' ? '[]' : (finding.threshold ?? '[]')
}
