/**
 * What a log, some rules and nothing else decide: the semantics of contract §2–§3 and docs/decisions/0005, written to be read and not to be fast.
 * Everything is in memory, every window is measured from its rows each time; nothing of the engine's path is used.
 */
import { type Alert, compareAlerts, EVENT_TYPES } from '../../pipeline/contract/index.ts'
import { judgeAmount } from './amounts.ts'
import { arrive, type Counts, type End, isState, type Log } from './arrivals.ts'
import { judgeAlerts, judgeBacktest, judgeOutliers } from './crossing.ts'
import { judgeDue } from './due.ts'
import { judgeMetric } from './figures.ts'
import { judgeMissing, judgeSummary } from './quality.ts'
import type { TestRule } from './rules.ts'
import { judgeLimit, judgeOccurrences, judgeRatio, judgeStatements } from './state.ts'
import { judgeWindows } from './windows.ts'

/** Every revision in the order of the digest, and the books of each partition. */
export function judge(log: Log, tests: readonly TestRule[], keepMs?: number): { alerts: Alert[]; counts: Counts[] } {
  const { come, arrived, counts, ends } = arrive(log, keepMs)
  const first = tests.flatMap((test): Alert[] => {
    if (test.kind === 'window') return judgeWindows(test, arrived, keepMs)
    if (test.kind === 'due') return judgeDue(test, come)
    if (test.kind === 'limit') return judgeLimit(test, arrived)
    if (test.kind === 'summary') return judgeSummary(test, arrived)
    if (test.kind === 'missing') return judgeMissing(test, tests, arrived)
    if (test.kind === 'outlier') return judgeOutliers(test, arrived, keepMs)
    if (test.kind === 'backtest') return judgeBacktest(test, arrived)
    if (test.kind === 'alerts') return []
    if (test.kind === 'metric') return judgeMetric(test, arrived, endOf(ends, tests))
    if (test.kind === 'amount') return judgeAmount(test, arrived, keepMs)
    if (test.kind === 'ratio') return judgeRatio(test, arrived)
    return isState(test.rule.reads) ? judgeStatements(test, arrived) : judgeOccurrences(test, arrived, keepMs)
  })
  const overThese = tests.flatMap((test) => (test.kind === 'alerts' ? judgeAlerts(test, first) : []))
  return { alerts: [...first, ...overThese].sort(compareAlerts), counts }
}

/** Up to where time has passed for rules over all that stands: in the partitions of what they read. */
function endOf(ends: readonly End[], tests: readonly TestRule[]): number {
  const beside = tests.flatMap((t) => (t.kind === 'amount' ? [t.rule.reads as string] : []))
  const isRead = (topic: string) => {
    const type = EVENT_TYPES.find((t) => t === topic)
    return type === undefined || isState(type) || beside.includes(type)
  }
  return ends.filter(({ topic }) => isRead(topic)).reduce((high, { at }) => Math.max(high, at), -Infinity)
}
