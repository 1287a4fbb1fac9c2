/** What the record of an alert says of itself, where there is no log to judge: its values against its threshold, its evidence and its path. */
import { LookthroughError, type PublishedAlert, parseTime, type Rule } from '../../contract/index.ts'
import { valueSteps } from './reading.ts'
import type { Why } from './why.ts'
import { parametersOf, shortOf } from './why.ts'

/** Throws LT-1002 where the rule is not known here. */
export function recordedWhy(alert: PublishedAlert, rules: readonly Rule[]): Why {
  const rule = rules.find((r) => r.code === alert.rule.code)
  if (rule === undefined) throw new LookthroughError('LT-1002', { rule: alert.rule.code, known: rules.map((r) => r.code).join(', ') })
  const { institution, subject, at, evidence, evidenceCount, path, disclosure, mode, law } = alert
  const threshold = alert.threshold === null ? [] : valueSteps({ threshold: alert.threshold })
  return {
    rule: { ...alert.rule, kind: rule.kind, title: rule.title },
    institution,
    subject,
    at,
    outcome: alert.state === 'new' ? 'fired' : 'resolved',
    alert: shortOf(alert),
    parameters: parametersOf(rule, rule, { institution, at: parseTime(at) ?? 0 }),
    events: evidence.map((event) => ({ event, type: '', time: null, effective: '', op: '' })),
    eventCount: evidenceCount,
    refused: { late: [], dead: [] },
    steps: [...valueSteps(alert.values), ...threshold],
    stop: alert.state === 'new' ? null : { kind: 'ended', facts: { at } },
    path,
    disclosure,
    mode,
    law,
  }
}
