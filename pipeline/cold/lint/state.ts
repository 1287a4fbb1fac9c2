/** What a rule has to keep: bounded by how long its windows are and by what grows in them. */
import { durationOf } from '../../hot/check/expression.ts'
import type { Rule } from '../../contract/rule.ts'
import type { Linted, Remark } from './lint.ts'

/** Hopping windows of one key that may be open at once; each event is in all of them. */
const MOST_OPEN = 1500

export function stateLints({ rule }: Linted): Remark[] {
  const why = unboundedBy(rule)
  return why === undefined ? [] : [{ lint: 'unbounded', at: 'window:', facts: { why } }]
}

/** A session of somebody who never pauses does not end, and keeps what it counts one by one. */
function unboundedBy(rule: Rule): string | undefined {
  if (rule.kind !== 'window') return undefined
  const { window, measures } = rule
  if (window.kind === 'session') {
    const counted = Object.entries(measures).find(([, m]) => m.kind === 'distinct' || m.kind === 'top')
    return counted === undefined ? undefined : `session · ${counted[1].kind}(${counted[0]})`
  }
  if (window.kind === 'rolling') return undefined
  const open = durationOf(rule, window.size) / durationOf(rule, window.every)
  return open > MOST_OPEN ? `${window.size} ÷ ${window.every} = ${Math.round(open)}` : undefined
}
