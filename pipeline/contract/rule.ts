/**
 * A rule is a record: data that can be linted, printed for a lawyer, explained on an alert and replayed over history.
 * `when`, `where` and `values` are DuckDB SQL expressions over the event's data fields (by their JSON names), the measures,
 * and `:parameters`.
 */
import { createHash } from 'node:crypto'
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { EVENT_TYPES, type EventType, REJECTED, STREAMS } from './event.ts'
import { canonicalJson } from './json.ts'
import { Parameter, parameterError } from './parameter.ts'
import { Override } from './override.ts'
import { CROSSES, faultsOf } from './rule-faults.ts'
import { OCCURRENCE_TABLES, THROUGH_TABLE_NAMES, THROUGH_TABLES, type ThroughTable } from './through-table.ts'
import { durationsOf, Measure, Window } from './window.ts'

export * from './override.ts'
export * from './parameter.ts'
export {
  countOf,
  distinct,
  first,
  last,
  max,
  mean,
  median,
  min,
  stddev,
  sum,
  top,
  type Measure,
  type Window,
} from './window.ts'

const Text = Type.String({ minLength: 1 })
const Words = Type.Object({ zh: Type.String(), en: Type.String() })
export type Words = Static<typeof Words>

/** A provision the rule rests on. `verified` only when the original text was read, article by article. */
const Provision = Type.Object({ act: Text, article: Text, inForce: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }), verified: Type.Boolean() })
export type Provision = Static<typeof Provision>

const Severity = Type.Union([Type.Literal('red'), Type.Literal('orange'), Type.Literal('yellow'), Type.Literal('blue')])
export type Severity = Static<typeof Severity>
export const SEVERITIES: readonly Severity[] = ['red', 'orange', 'yellow', 'blue']

/** Whether the bank concerned may see the alert, or the supervisor alone. */
const Disclosure = Type.Union([Type.Literal('institution'), Type.Literal('supervisor')])
export type Disclosure = Static<typeof Disclosure>

/** A number of an institution that its limits are measured against: the latest `period`, basis solo unless only consolidated exists. */
const CapitalBase = Type.Object({ name: Text, metric: Text })
export type CapitalBase = Static<typeof CapitalBase>

const Reads = Type.Unsafe<EventType>(Type.String({ enum: [...EVENT_TYPES, REJECTED] }))
const Subject = Type.Object({ kind: Text, id: Text })

const Common = {
  code: Type.String({ pattern: '^[A-Z]{2}-\\d{2,3}$' }),
  /** `<area>/<rule>`, the folder. */
  id: Type.String({ pattern: '^[a-z]+/[a-z0-9-]+$' }),
  version: Type.String({ pattern: '^\\d+\\.\\d+\\.\\d+$' }),
  title: Words,
  law: Type.Array(Provision, { minItems: 1 }),
  parameters: Type.Record(Type.String(), Parameter),
  /** Values of its parameters for single institutions or times. They are no part of its version. */
  overrides: Type.Optional(Type.Array(Override)),
  /**
   * The sentence on the alert. `{name}` is put in from the alert's values, `{institution}`, `{subject}`, `{threshold}`;
   * `{name:percent}`, `{name:money}` and `{name:price}` format it.
   */
  says: Words,
  /** What the supervisor should do first. */
  advice: Words,
  disclosure: Disclosure,
  /** What the rule is known not to see. */
  gaps: Type.Array(Words),
}

/** A condition on a row with its severity; `threshold` is an SQL expression. */
const Grade = Type.Object({ severity: Severity, when: Text, threshold: Text })
export type Grade = Static<typeof Grade>

/** Judged for every event by itself; over a statement of state one episode per subject, ended by a statement that is in order. */
const EachRule = Type.Object({
  ...Common,
  kind: Type.Literal('each'),
  reads: Reads,
  when: Text,
  values: Type.Record(Type.String(), Type.String()),
  /** The value the alert names as its threshold: an SQL expression. */
  threshold: Text,
  severity: Severity,
  /** Of an occurrence: what among those that satisfy `when` is graver, mildest first; the last that holds takes the place of severity and threshold. */
  graver: Type.Optional(Type.Array(Grade, { minItems: 1 })),
  subject: Subject,
})
export type EachRule = Static<typeof EachRule>

/**
 * Judged over windows per institution and key (docs/decisions/0005). `scope` `*` reads all institutions together: only a supervisor may see it. `latest`: of the
 * rows of a window that are alike in this field (`institution`: who reported) the last alone counts. `graver`: what among those that satisfy `when` is graver, mildest first;
 * the last that holds takes the place of severity and threshold.
 */
const WindowRule = Type.Object({
  ...Common,
  kind: Type.Literal('window'),
  reads: Reads,
  where: Type.Optional(Text),
  scope: Type.Optional(Type.Union([Type.Literal('institution'), Type.Literal('*')])),
  window: Window,
  latest: Type.Optional(Text),
  measures: Type.Record(Type.String(), Measure),
  when: Text,
  threshold: Text,
  severity: Severity,
  graver: Type.Optional(Type.Array(Grade, { minItems: 1 })),
  subject: Subject,
})
export type WindowRule = Static<typeof WindowRule>

/**
 * Each occurrence against the others with the same `per` in [its time − `within`, its time), as far as they came before it in event order (docs/decisions/0027).
 * It holds where there are at least `least` of them and `value` differs from their mean, weighted by `weight`, by more than the part `most` of it. Values:
 * the value by its name, vwap, deviation. `within` names a count of minutes, `least` a count, `most` a ratio.
 */
const OutlierRule = Type.Object({
  ...Common,
  kind: Type.Literal('outlier'),
  reads: Reads,
  per: Text,
  value: Text,
  weight: Text,
  within: Text,
  least: Text,
  most: Text,
  severity: Severity,
  subject: Subject,
})
export type OutlierRule = Static<typeof OutlierRule>

/**
 * Alerts that the rules `of` open, over all institutions: windows [start, start + size) at every multiple of `every`, an alert belonging where the `at` of its
 * first revision lies, whatever becomes of it later (docs/decisions/0027). It holds where they are of at least `institutions` institutions. Values:
 * institutions, sorted, and their count. `of` are codes of rules judged at ticks or over windows. There is one subject, whose id is `subject.id`.
 */
const AlertsRule = Type.Object({
  ...Common,
  kind: Type.Literal('alerts'),
  of: Type.Array(Text, { minItems: 1 }),
  window: Type.Object({ size: Text, every: Text }),
  institutions: Text,
  severity: Severity,
  subject: Subject,
})
export type AlertsRule = Static<typeof AlertsRule>

/** Σ of a field over the live statements of a stream, per institution and subject, in CNY. */
const StateSum = Type.Object({ from: Reads, sum: Text, by: Text, subjectKind: Text })
export type StateSum = Static<typeof StateSum>
/** A column of `exposure_total`, per institution and obligor; subject kind is the obligor's. */
const LookthroughSum = Type.Object({
  from: Type.Literal('exposure_total'),
  sum: Type.Union([Type.Literal('total'), Type.Literal('direct'), Type.Literal('indirect')]),
})
export type LookthroughSum = Static<typeof LookthroughSum>
const FromTable = Type.Unsafe<ThroughTable>(Type.String({ enum: THROUGH_TABLE_NAMES }))
/** A money column of a table of the look-through, per institution and subject; subject kind is the row's. */
const TableSum = Type.Object({ from: FromTable, sum: Text })
export type TableSum = Static<typeof TableSum>

const Limits = Type.Optional(Type.Array(Type.Object({ when: Text, limit: Text })))

/** A numerator against a capital base, judged at ticks on the ladder 80/90/95/100 % of the limit. */
const LimitRule = Type.Object({
  ...Common,
  kind: Type.Literal('limit'),
  numerator: Type.Union([StateSum, LookthroughSum, TableSum]),
  /** Over `exposure_total`: obligor, obligor_kind, party_kind, gsib, institution_gsib, direct, indirect, total; over a table its columns. */
  where: Type.Optional(Text),
  /** Name of the numerator among the alert's values, and what else of its row is shown. */
  value: Text,
  also: Type.Optional(Type.Array(Text)),
  base: CapitalBase,
  /** The parameter that is the limit, as a ratio. */
  limit: Text,
  /** Limits for some: the first whose `when`, over the columns `where` has, holds takes the place of `limit`. */
  limits: Limits,
  /** `limit` (default): bands at 80/90/95/100 % of it, with slack on the way down. `entered`: one blue band above it, without slack. */
  ladder: Type.Optional(Type.Union([Type.Literal('limit'), Type.Literal('entered')])),
})
export type LimitRule = Static<typeof LimitRule>

/**
 * A condition on the rows of a table of the look-through, judged at ticks in which they change: one episode per subject, a revision when its grade changes.
 * Grades are listed mildest first; the last that holds is it. Expressions are over the table's columns; `when` may name values too. Over a table of occurrences
 * every row has an alert of its own, which only a correction revises or ends.
 */
const GraphRule = Type.Object({
  ...Common,
  kind: Type.Literal('graph'),
  from: FromTable,
  grades: Type.Array(Grade, { minItems: 1 }),
  values: Type.Record(Type.String(), Type.String()),
})
export type GraphRule = Static<typeof GraphRule>

/**
 * What an institution reports as one figure against the detail it reports one by one, judged at ticks: the figure last reported (as a capital base is
 * chosen) against Σ of a field over the live statements of a stream, in CNY. It holds where they differ by more than `part` of the figure and by more
 * than `floor`. Values: detail, reported, difference = detail − reported.
 */
const SummaryRule = Type.Object({
  ...Common,
  kind: Type.Literal('summary'),
  detail: Type.Object({ from: Reads, sum: Text }),
  /** The metric that is the figure. */
  reported: Text,
  /** The parameters that say how far they may differ: a ratio and an amount. */
  part: Text,
  floor: Text,
  severity: Severity,
})
export type SummaryRule = Static<typeof SummaryRule>

/**
 * What limits of the same run had something to judge and no base, judged at ticks per institution and metric (the subject's part). Something to judge is
 * a subject of the limit with an amount above zero. Values: metric, and rules, the codes of these limits in order, joined by `,`.
 */
const MissingRule = Type.Object({ ...Common, kind: Type.Literal('missing'), severity: Severity })
export type MissingRule = Static<typeof MissingRule>

/**
 * Two amounts of one statement of state against each other, on the ladder of a limit: judged for every statement by itself, one episode per subject.
 * Values: the ratio, under the name `value`.
 */
const RatioRule = Type.Object({
  ...Common,
  kind: Type.Literal('ratio'),
  reads: Reads,
  /** Fields that are money. */
  numerator: Text,
  denominator: Text,
  value: Text,
  limit: Text,
  /** As of a limit; `when` is over the statement's fields. */
  limits: Limits,
  subject: Subject,
})
export type RatioRule = Static<typeof RatioRule>

/** What is below `below` × the other metric, or has fallen by more than `by` (ratio parameters) within `within` (as `5d`). */
const Below = Type.Object({ severity: Severity, below: Text })
const Fall = Type.Object({ severity: Severity, by: Text, within: Text })
/**
 * A metric of an institution against another (`to`; `below`) or against what was valid of itself some time before (`falls`), judged at ticks in which one
 * of them changes, also by the passing of time: one episode per institution, a revision when its grade changes. Metrics are chosen as capital bases are.
 * Grades are listed mildest first; the last that holds is it. Where one of the two is not known, or what it is measured by is not positive, nothing
 * holds. Values: `ratio`; or now, before, outflow = 1 − now ÷ before, and horizon, the name of the parameter that is `by`.
 */
const MetricRule = Type.Object({
  ...Common,
  kind: Type.Literal('metric'),
  metric: Text,
  against: Type.Union([Type.Object({ to: Text, below: Type.Array(Below, { minItems: 1 }) }), Type.Object({ falls: Type.Array(Fall, { minItems: 1 }) })]),
})
export type MetricRule = Static<typeof MetricRule>

/**
 * An amount of an event, in CNY, against a part of a capital base, judged in event order: of every occurrence that satisfies `when`, or of a thing's first
 * statement that does. It holds where the amount reaches `part` of the base, or `floor`, with a base or without; and with `running` where the sum of a
 * subject's amounts since it last did so reaches `first` of the base, and from the second time on `step`. Each event has an alert of its own, which only
 * a correction revises or ends. Values: the amount and the base under their names, and the sum under `running.value`.
 */
const AmountRule = Type.Object({
  ...Common,
  kind: Type.Literal('amount'),
  reads: Reads,
  when: Text,
  amount: Text,
  value: Text,
  base: CapitalBase,
  part: Text,
  floor: Type.Optional(Text),
  running: Type.Optional(Type.Object({ value: Text, first: Text, step: Text })),
  severity: Severity,
  subject: Subject,
})
export type AmountRule = Static<typeof AmountRule>

/**
 * Judged at ticks by what is due and has not come (docs/decisions/0017). `word`: an event of an institution that has reported before, when its last one is
 * older than `within`; the subject is the institution. `number`: each number of a stream between two that have come, `within` after the second of
 * them; one episode per gap, subject `<source>|<type>`, part its first number. `within` names a duration parameter.
 */
const DueRule = Type.Object({
  ...Common,
  kind: Type.Literal('due'),
  due: Type.Union([Type.Literal('word'), Type.Literal('number')]),
  within: Text,
  severity: Severity,
})
export type DueRule = Static<typeof DueRule>

/** The record of a rule: its schema, from which the types are taken and by which `defineRule` checks. */
export const RuleSchema = Type.Union([
  EachRule,
  WindowRule,
  OutlierRule,
  AlertsRule,
  LimitRule,
  GraphRule,
  SummaryRule,
  MissingRule,
  DueRule,
  RatioRule,
  MetricRule,
  AmountRule,
])
export type Rule = Static<typeof RuleSchema>
const RECORDS = {
  each: Compile(EachRule),
  window: Compile(WindowRule),
  outlier: Compile(OutlierRule),
  alerts: Compile(AlertsRule),
  limit: Compile(LimitRule),
  graph: Compile(GraphRule),
  summary: Compile(SummaryRule),
  missing: Compile(MissingRule),
  due: Compile(DueRule),
  ratio: Compile(RatioRule),
  metric: Compile(MetricRule),
  amount: Compile(AmountRule),
}

/** Checks what can be checked without a database and freezes the record. Throws a plain Error naming the rule: a rule is our own file. */
export function defineRule<R extends Rule>(rule: R): R {
  const fail = (why: string): never => {
    throw new Error(`rule ${rule.code} (${rule.id}): ${why}`)
  }
  const [error] = RECORDS[rule.kind].Errors(rule)
  if (error !== undefined) fail(`${error.instancePath || '/'} ${error.message}`)
  for (const [name, p] of Object.entries(rule.parameters))
    if (parameterError(p, String(p.value)) !== undefined) fail(`parameter ${name}: ${parameterError(p, String(p.value))}`)
  if (rule.kind === 'limit') {
    for (const name of limitNames(rule)) if (rule.parameters[name]?.type !== 'ratio') fail(`limit names no ratio parameter: ${name}`)
    const { from, sum } = rule.numerator
    if (from in THROUGH_TABLES && !(sum in THROUGH_TABLES[from as ThroughTable])) fail(`table ${from} has no column ${sum}`)
  }
  if (rule.kind === 'summary') {
    if (rule.parameters[rule.part]?.type !== 'ratio') fail(`part names no ratio parameter: ${rule.part}`)
    if (rule.parameters[rule.floor]?.type !== 'amount') fail(`floor names no amount parameter: ${rule.floor}`)
  }
  if (rule.kind === 'due' && rule.parameters[rule.within]?.type !== 'duration') fail(`within names no duration parameter: ${rule.within}`)
  if (rule.kind === 'window') {
    for (const p of durationsOf(rule.window)) if (rule.parameters[p]?.type !== 'duration') fail(`window names no duration parameter: ${p}`)
    if ('alerts' in rule.window && rule.window.alerts === 'window' && rule.window.early) fail('one alert per window is for windows judged when they close')
    if (rule.scope === '*' && rule.disclosure !== 'supervisor') fail(CROSSES)
  }
  for (const why of faultsOf(rule)) fail(why)
  return Object.freeze(rule)
}

/** Whether its alerts are about single occurrences, each dated as it was made, whenever it came. */
export function isOverOccurrences(rule: Rule): boolean {
  if (rule.kind === 'each') return !STREAMS[rule.reads].state
  return rule.kind === 'outlier' || rule.kind === 'amount' || (rule.kind === 'graph' && OCCURRENCE_TABLES.includes(rule.from))
}

/** Names of the parameters that are its limits. */
export function limitNames(rule: LimitRule | RatioRule): string[] {
  return [...(rule.limits ?? []).map((l) => l.limit), rule.limit]
}

/** A copy of the rule with parameters overridden; throws nothing: unknown names and bad values come back as a sentence. */
export function withParameters<R extends Rule>(rule: R, values: Record<string, string>): R | string {
  const parameters = { ...rule.parameters }
  for (const [name, text] of Object.entries(values)) {
    const p = parameters[name]
    if (p === undefined) return `${rule.code} has no parameter ${name}; it has ${Object.keys(parameters).join(', ') || 'none'}`
    const error = parameterError(p, text)
    if (error !== undefined) return `${rule.code}.${name}: ${error}`
    parameters[name] = p.type === 'count' ? { ...p, value: Number(text) } : { ...p, value: text }
  }
  return Object.freeze({ ...rule, parameters }) as R
}

/** `sha256:…` over the record without overrides: the same rule and parameters, the same hash, whoever computes it. */
export function ruleHash(of: Rule): string {
  const { overrides: _, ...rule } = of
  return `sha256:${createHash('sha256').update(canonicalJson(rule)).digest('hex')}`
}
