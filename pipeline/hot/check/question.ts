/** What every event of a stream is asked by a rule over single events, in SQL, when it arrives. */
import { dataColumns, STREAMS } from '../../contract/index.ts'
import type { AmountRule, EachRule, RatioRule, Rule } from '../../contract/rule.ts'
import { writtenSql } from './expression.ts'

export type SingleRule = EachRule | RatioRule | AmountRule
export type Question = Pick<EachRule, 'code' | 'reads' | 'parameters' | 'overrides' | 'when' | 'values' | 'threshold' | 'graver' | 'subject'> & {
  rule: SingleRule
}

/** In the order of the rules. */
export function questionsOf(rules: readonly Rule[], is: (rule: SingleRule) => boolean): Question[] {
  return rules.flatMap((rule) => (isSingle(rule) && is(rule) ? [questionOf(rule)] : []))
}

function isSingle(rule: Rule): rule is SingleRule {
  return rule.kind === 'each' || rule.kind === 'ratio' || rule.kind === 'amount'
}

function questionOf(rule: SingleRule): Question {
  if (rule.kind === 'each') return { ...rule, rule }
  const { code, reads, parameters, overrides, subject } = rule
  const asked = { code, reads, parameters, ...(overrides !== undefined && { overrides }), subject, rule }
  return rule.kind === 'amount' ? { ...asked, ...amountAsked(rule) } : { ...asked, ...ratioAsked(rule) }
}

/** Values: numerator and denominator; the threshold is the limit as the parameter is written. */
function ratioAsked(rule: RatioRule): Pick<Question, 'when' | 'values' | 'threshold'> {
  const { numerator, denominator } = rule
  const limit = (name: string) => writtenSql(rule, name)
  const some = (rule.limits ?? []).map((l) => `WHEN ${l.when} THEN ${limit(l.limit)}`)
  const threshold = some.length === 0 ? limit(rule.limit) : `CASE ${some.join(' ')} ELSE ${limit(rule.limit)} END`
  return { when: 'true', values: { [numerator]: numerator, [denominator]: denominator }, threshold }
}

/** Values: amount, currency and what tells the thing apart within its institution. */
function amountAsked({ reads, when, amount }: AmountRule): Pick<Question, 'when' | 'values' | 'threshold'> {
  const hasCurrency = dataColumns(reads).some((c) => c.field === 'ccy')
  const thing = STREAMS[reads].thing.map((field) => `"${field}"`)
  return { when, values: { [amount]: amount, ccy: hasCurrency ? 'ccy' : `'CNY'`, aboutThing: `concat_ws('|', ${thing.join(', ')})` }, threshold: 'NULL' }
}
