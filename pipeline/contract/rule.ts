/**
 * A rule is a record: data that can be linted, printed for a lawyer, explained on an alert and replayed over history.
 * `when`, `where` and `values` are DuckDB SQL expressions over the event's data fields (by their JSON names), the measures,
 * and `:parameters`.
 */
import { createHash } from 'node:crypto'
import type { EventType } from './event.ts'
import { canonicalJson } from './json.ts'
import { parseDecimal } from './money.ts'
import { parseDuration } from './clock.ts'

export type Words = { zh: string; en: string }

/** A provision the rule rests on. `verified` only when the original text was read, article by article. */
export type Provision = { act: string; article: string; inForce: string; verified: boolean }

export type Severity = 'red' | 'orange' | 'yellow' | 'blue'
export const SEVERITIES: readonly Severity[] = ['red', 'orange', 'yellow', 'blue']

/** Whether the bank concerned may see the alert, or the supervisor alone. */
export type Disclosure = 'institution' | 'supervisor'

/** A number the rule depends on: its value, unit and bounds. */
export type Parameter =
  | { type: 'count'; value: number; min: number; max: number; unit: string }
  | { type: 'ratio'; value: string; min: string; max: string }
  | { type: 'duration'; value: string; min: string; max: string }

export const count = (value: number, min = 1, max = 1_000_000, unit = 'count'): Parameter => ({ type: 'count', value, min, max, unit })
export const days = (value: number, min = 0, max = 3650): Parameter => ({ type: 'count', value, min, max, unit: 'days' })
export const ratio = (value: string, min = '0', max = '1'): Parameter => ({ type: 'ratio', value, min, max })
export const duration = (value: string, min = '1s', max = '35d'): Parameter => ({ type: 'duration', value, min, max })

/** A measure of a window, declared so that partial results can be merged and the evidence named. */
export type Measure = { kind: 'count' } | { kind: 'sum' | 'min' | 'max' | 'distinct'; field: string }
export const countOf = (): Measure => ({ kind: 'count' })
export const sum = (field: string): Measure => ({ kind: 'sum', field })
export const min = (field: string): Measure => ({ kind: 'min', field })
export const max = (field: string): Measure => ({ kind: 'max', field })
export const distinct = (field: string): Measure => ({ kind: 'distinct', field })

/** A number of an institution that its limits are measured against: the latest `period`, basis solo unless only consolidated exists. */
export type CapitalBase = { name: string; metric: string }

type Common = {
  code: string
  /** `<area>/<rule>`, the folder. */
  id: string
  version: string
  title: Words
  law: Provision[]
  parameters: Record<string, Parameter>
  /**
   * The sentence on the alert. `{name}` is put in from the alert's values, `{institution}`, `{subject}`, `{threshold}`;
   * `{name:percent}` and `{name:money}` format it.
   */
  says: Words
  /** What the supervisor should do first. */
  advice: Words
  disclosure: Disclosure
  /** What the rule is known not to see. */
  gaps: Words[]
}

/** Judged for every event by itself; over a statement of state one episode per subject, ended by a statement that is in order. */
export type EachRule = Common & {
  kind: 'each'
  reads: EventType
  when: string
  values: Record<string, string>
  /** The value the alert names as its threshold: an SQL expression. */
  threshold: string
  severity: Severity
  subject: { kind: string; id: string }
}

/** Judged over windows `[start, end)` per institution and `per`; `early`: also at every tick while open, for measures that only grow. */
export type WindowRule = Common & {
  kind: 'window'
  reads: EventType
  where?: string
  window: { size: string; every: string; per: string; early: boolean }
  measures: Record<string, Measure>
  when: string
  threshold: string
  severity: Severity
  subject: { kind: string; id: string }
}

/** Σ of a field over the live statements of a stream, per institution and subject, in CNY. */
export type StateSum = { from: EventType; sum: string; by: string; subjectKind: string }
/** A column of `exposure_total`, per institution and obligor; subject kind is the obligor's. */
export type LookthroughSum = { from: 'exposure_total'; sum: 'total' | 'direct' | 'indirect' }

/** A numerator against a capital base, judged at ticks on the ladder 80/90/95/100 % of the limit. */
export type LimitRule = Common & {
  kind: 'limit'
  numerator: StateSum | LookthroughSum
  /** Over `exposure_total`: obligor, obligor_kind, party_kind, direct, indirect, total. */
  where?: string
  /** Name of the numerator among the alert's values, and what else of its row is shown. */
  value: string
  also?: ('direct' | 'indirect')[]
  base: CapitalBase
  /** The parameter that is the limit, as a ratio. */
  limit: string
  /** `limit` (default): bands at 80/90/95/100 % of it, with slack on the way down. `entered`: one blue band above it, without slack. */
  ladder?: 'limit' | 'entered'
}

export type Rule = EachRule | WindowRule | LimitRule

/** Checks what can be checked without a database and freezes the record. Throws a plain Error naming the rule: a rule is our own file. */
export function defineRule<R extends Rule>(rule: R): R {
  const fail = (why: string): never => {
    throw new Error(`rule ${rule.code} (${rule.id}): ${why}`)
  }
  if (!/^[A-Z]{2}-\d{2,3}$/.test(rule.code)) fail('code is two capitals, a dash and digits')
  if (!/^[a-z]+\/[a-z0-9-]+$/.test(rule.id)) fail('id is <area>/<rule>')
  if (!/^\d+\.\d+\.\d+$/.test(rule.version)) fail('version is major.minor.patch')
  if (rule.law.length === 0) fail('names no provision of law')
  for (const [name, p] of Object.entries(rule.parameters))
    if (parameterError(p, String(p.value)) !== undefined) fail(`parameter ${name}: ${parameterError(p, String(p.value))}`)
  if (rule.kind === 'limit' && rule.parameters[rule.limit]?.type !== 'ratio') fail(`limit names no ratio parameter: ${rule.limit}`)
  if (rule.kind === 'window')
    for (const p of [rule.window.size, rule.window.every]) if (rule.parameters[p]?.type !== 'duration') fail(`window names no duration parameter: ${p}`)
  return Object.freeze(rule)
}

/** What is wrong with `text` as a value of this parameter, or undefined. */
export function parameterError(p: Parameter, text: string): string | undefined {
  if (p.type === 'count') {
    const n = Number(text)
    return Number.isInteger(n) && n >= p.min && n <= p.max ? undefined : `${text} is not a whole number from ${p.min} to ${p.max}`
  }
  if (p.type === 'duration') {
    const ms = parseDuration(text)
    const ok = ms !== undefined && ms >= (parseDuration(p.min) ?? 0) && ms <= (parseDuration(p.max) ?? 0)
    return ok ? undefined : `${text} is not a duration from ${p.min} to ${p.max} (such as 30s, 10min, 24h, 5d)`
  }
  const [value, low, high] = [text, p.min, p.max].map((x) => parseDecimal(x, 20))
  const ok = value !== undefined && low !== undefined && high !== undefined && value >= low && value <= high
  return ok ? undefined : `${text} is not a ratio from ${p.min} to ${p.max}`
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

/** `sha256:…` over the record: the same rule and parameters, the same hash, whoever computes it. */
export function ruleHash(rule: Rule): string {
  return `sha256:${createHash('sha256').update(canonicalJson(rule)).digest('hex')}`
}

/** A case of a rule: events in, what must come of them. `at` times are `HH:MM:SS` of the day `on`, UTC. */
export type Case = {
  name: string
  kind: 'firing' | 'quiet' | 'boundary'
  on: string
  params?: Record<string, string>
  given: CaseEvent[]
  expect: CaseAlert[]
}
export type CaseEvent = {
  type: EventType
  at: string
  institution?: string
  source?: string
  op?: 'upsert' | 'delete' | 'correct'
  recordedAt?: string
  data: Record<string, unknown>
}
/** The last revision of an alert: named fields must match; `revisions` lists severities in order, `resolved` for an end. */
export type CaseAlert = {
  subject: string
  severity?: Severity
  at?: string
  state?: 'new' | 'resolved'
  values?: Record<string, string>
  revisions?: (Severity | 'resolved')[]
}
