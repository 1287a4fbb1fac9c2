/** What a rule may import: `#contract`. */
export * from './alert.ts'
export type * from './case.ts'
export * from './clock.ts'
export * from './errors.ts'
export * from './event.ts'
export * from './finding.ts'
export * from './json.ts'
export * from './money.ts'
export * from './override.ts'
export * from './parameter.ts'
export {
  countOf,
  defineRule,
  distinct,
  first,
  last,
  max,
  mean,
  median,
  min,
  ruleHash,
  RuleSchema,
  SEVERITIES,
  stddev,
  sum,
  top,
  withParameters,
} from './rule.ts'
export type * from './rule.ts'
