/** What a rule may import: `#contract`. */
export * from './alert.ts'
export type * from './case.ts'
export * from './clock.ts'
export * from './errors.ts'
export * from './event.ts'
export * from './finding.ts'
export * from './json.ts'
export * from './money.ts'
export {
  amount,
  choice,
  count,
  countOf,
  days,
  defineRule,
  distinct,
  duration,
  first,
  last,
  max,
  mean,
  min,
  parameterError,
  ratio,
  ruleHash,
  RuleSchema,
  SEVERITIES,
  stddev,
  sum,
  top,
  withParameters,
  words,
} from './rule.ts'
export type * from './rule.ts'
