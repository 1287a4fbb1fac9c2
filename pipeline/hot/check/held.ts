/** The finding of a rule over single statements. */
import { parseDecimal, ratioText } from '../../contract/index.ts'
import type { Held, Measured } from '../../contract/finding.ts'
import type { EachRule, RatioRule } from '../../contract/rule.ts'
import { type Locate, refOf } from './evidence.ts'
import type { Statement } from './statement.ts'
import type { EachVerdict } from './verdicts.ts'

const MONEY_SCALE = 2

/** `holds` false ends an episode; `at` is the statement's effective time. */
export function heldFinding(rule: EachRule | RatioRule, statement: Statement, verdict: EachVerdict, holds: boolean, locate: Locate): Held | Measured {
  const found = {
    institution: statement.institution,
    subject: { kind: rule.subject.kind, id: verdict.subject },
    at: statement.e,
    event: `${statement.source}|${statement.id}`,
    evidence: () => ({ refs: [refOf(statement, rule.reads, locate)], count: 1, path: [] }),
  }
  if (rule.kind === 'ratio') return { ...found, ...measuredOf(rule, verdict, holds) }
  const values = Object.fromEntries(Object.keys(rule.values).map((name, i) => [name, verdict.values[i] ?? '']))
  return { ...found, kind: 'held', rule, holds, threshold: verdict.threshold, values }
}

/** What is no more measures nothing. */
function measuredOf(
  rule: RatioRule,
  { values, threshold }: EachVerdict,
  holds: boolean,
): Pick<Measured, 'kind' | 'rule' | 'numerator' | 'denominator' | 'limit' | 'values'> {
  const [numerator = 0n, denominator = 0n] = holds ? values.map((text) => parseDecimal(text, MONEY_SCALE) ?? 0n) : []
  const shown = denominator === 0n ? {} : { [rule.value]: ratioText(numerator, denominator) }
  return { kind: 'measured', rule, numerator, denominator, limit: threshold, values: shown }
}
