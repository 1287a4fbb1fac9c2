/**
 * The rules of the catalogue as the reference reads them: those that look through nothing, with their conditions as plain functions. Left out are rules over
 * tables of the look-through, exposures, dead letters, and windows whose key is an expression.
 */
import type {
  AlertsRule,
  DueRule,
  GraphRule,
  LimitRule,
  MetricRule,
  MissingRule,
  OutlierRule,
  RatioRule,
  Rule,
  Severity,
  SummaryRule,
  WindowRule,
  AmountRule,
  EachRule,
} from '../../pipeline/contract/rule.ts'
import type { Measured } from './measures.ts'
import type { TestRule, WindowTest } from './rules.ts'

/** Undefined: the reference has no word on this rule. */
export function referenceOf(rule: Rule): TestRule | undefined {
  switch (rule.code) {
    case 'CR-01':
      return { kind: 'limit', rule: rule as LimitRule }
    case 'DQ-03':
    case 'DQ-04':
      return { kind: 'due', rule: rule as DueRule }
    case 'DQ-05':
      return { kind: 'summary', rule: rule as SummaryRule }
    case 'IN-01':
    case 'IN-02':
    case 'LQ-06':
      return { kind: 'metric', rule: rule as MetricRule }
    case 'MR-09':
      return { kind: 'outlier', rule: rule as OutlierRule }
    case 'SY-07':
      return { kind: 'alerts', rule: rule as AlertsRule }
    case 'CR-22':
      return { kind: 'amount', rule: rule as AmountRule, when: ({ relatedParty }) => relatedParty === true }
    case 'OP-16':
      return { kind: 'amount', rule: rule as AmountRule, when: ({ loss }) => loss !== undefined }
    case 'MR-11':
      return { kind: 'ratio', rule: rule as RatioRule, limit: ({ publicFund }) => (publicFund === true ? 'publicLimit' : 'limit') }
    case 'MR-04':
      return { kind: 'backtest', rule: rule as GraphRule, grade: (exceptions) => graded(rule, exceptions) }
    case 'CR-09':
      return floored(rule as EachRule)
    default:
      return rule.kind === 'window' ? windowOf(rule) : undefined
  }
}

/** Limits that DQ-12 watches here are those the reference knows. */
export function missingOf(rule: Rule): TestRule {
  return { kind: 'missing', rule: rule as MissingRule }
}

function numberOf(rule: Rule, name: string): number {
  return Number(rule.parameters[name]?.value)
}

function textOf(rule: Rule, name: string): string {
  return String(rule.parameters[name]?.value)
}

function graded(rule: Rule, exceptions: number): { severity: Severity; threshold: string } | undefined {
  const names = ['red', 'yellow'] as const
  const severity = names.find((name) => exceptions >= numberOf(rule, name))
  return severity === undefined ? undefined : { severity, threshold: textOf(rule, severity) }
}

const CLASSES = ['normal', 'special-mention', 'substandard', 'doubtful', 'loss']

/** The best class its days past due allow. */
function floored(rule: EachRule): TestRule {
  const floorOf = ({ dpd }: Record<string, unknown>) => {
    const names = ['lossAfter', 'doubtfulAfter', 'substandardAfter']
    const passed = names.findIndex((name) => Number(dpd) > numberOf(rule, name))
    return passed >= 0 ? (['loss', 'doubtful', 'substandard'][passed] ?? '') : Number(dpd) > 0 ? 'special-mention' : 'normal'
  }
  return {
    kind: 'each',
    rule,
    when: (data) => CLASSES.indexOf(String(data['class'])) < CLASSES.indexOf(floorOf(data)),
    values: (data) => ({ dpd: String(data['dpd']), class: String(data['class']), floor: floorOf(data) }),
    threshold: floorOf,
  }
}

const atLeast = (rule: WindowRule, measure: string, parameter: string) => ({
  when: (m: Measured) => Number(m[measure]) >= numberOf(rule, parameter),
  threshold: () => textOf(rule, parameter),
})

function windowOf(rule: WindowRule): WindowTest | undefined {
  const test = { kind: 'window' as const, rule }
  switch (rule.code) {
    case 'OP-02':
      return { ...test, where: ({ channel, ccy }) => channel !== 'cash' && ccy === 'CNY', ...atLeast(rule, 'total', 'threshold') }
    case 'OP-08':
      return { ...test, ...atLeast(rule, 'senders', 'senders') }
    case 'OP-09':
      return { ...test, ...atLeast(rule, 'receivers', 'receivers') }
    case 'OP-10':
      return {
        ...test,
        when: ({ received, sent, senders }) =>
          Number(received) >= numberOf(rule, 'floor') &&
          Number(senders) >= numberOf(rule, 'senders') &&
          Number(sent) >= numberOf(rule, 'part') * Number(received),
        threshold: () => textOf(rule, 'part'),
      }
    case 'OP-19':
      return {
        ...test,
        where: ({ kind }) => kind === 'outage',
        when: ({ count }) => Number(count) >= 2,
        threshold: () => '2',
        graver: ({ count }) => (Number(count) >= 3 ? { severity: 'red', threshold: '3' } : undefined),
      }
    default:
      return undefined
  }
}
