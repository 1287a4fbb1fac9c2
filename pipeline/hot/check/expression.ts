/**
 * Rule expressions are DuckDB SQL; parameters go in as literals, so that the text that ran is the text that is shown. What cannot be computed for a row (a cast
 * that does not fit, an overflow) is null for that row alone (docs/decisions/0037).
 */
import { parametersAt, parseDecimal, parseDuration, periodsOf } from '../../contract/index.ts'
import { EVERYONE, type Parameter, type Period, type Rule } from '../../contract/rule.ts'
import { quote } from '../../store/database.ts'

type Named = Pick<Rule, 'code' | 'parameters' | 'overrides'>

/**
 * The expression with every `:parameter` replaced by its value: where some have values of their own, that of the row's `institution` at the time `at`, a
 * column or expression in ms. A name that is no parameter is our own mistake in a rule.
 */
export function withLiterals(rule: Named, sql: string, at = 'e'): string {
  return tried(
    sql,
    byInstitution(rule, sql, at, (parameters) => literals(rule, parameters, sql)),
  )
}

/** A condition: false where it is null, and null where it, or one of the `values` before it that it names, cannot be computed for the row. */
export function conditionOf(rule: Named, sql: string, at = 'e', values: Readonly<Record<string, string>> = {}): string {
  const text = (of: string) => byInstitution(rule, of, at, (parameters) => literals(rule, parameters, of))
  const named = Object.entries(values).filter(([name, value]) => !isPlain(value) && new RegExp(`\\b${name}\\b`).test(sql))
  const unknown = named.map(([, value]) => `TRY((${text(value)}) IS NULL) IS NULL`)
  const holds = `TRY(coalesce(${text(sql)}, false))`
  return unknown.length === 0 ? holds : `CASE WHEN ${unknown.join(' OR ')} THEN NULL ELSE ${holds} END`
}

/** Whether a condition holds or cannot be computed: of the rows it leaves the verdict is asked. */
export function mayHold(rule: Named, sql: string, at = 'e', values: Readonly<Record<string, string>> = {}): string {
  return `(${conditionOf(rule, sql, at, values)}) IS DISTINCT FROM false`
}

/** The same as a text: in each case of the type it has there, so that what others have set does not change how it is written. */
export function textWithLiterals(rule: Named, sql: string, at = 'e'): string {
  return tried(
    sql,
    byInstitution(rule, sql, at, (parameters) => `CAST(${literals(rule, parameters, sql)} AS VARCHAR)`),
  )
}

function tried(sql: string, text: string): string {
  return isPlain(sql) ? text : `TRY(${text})`
}

/** A name or a parameter by itself can always be computed. */
function isPlain(sql: string): boolean {
  return /^\s*:?"?\w+"?\s*$/.test(sql)
}

/** A parameter as it is written, as an SQL text. */
export function writtenSql(rule: Named, parameter: string, at = 'e'): string {
  return byInstitution(rule, `:${parameter}`, at, (parameters) => quote(String(parameters[parameter]?.value ?? '')))
}

const PARAMETER = /(?<!:):([A-Za-z]\w*)/g

/** Names of the parameters in an expression. */
export function parametersIn(sql: string): Set<string> {
  return new Set(Array.from(sql.matchAll(PARAMETER), (m) => m[1] as string))
}

function byInstitution(rule: Named, sql: string, at: string, of: (parameters: Rule['parameters']) => string): string {
  const periods = periodsOf(rule, parametersIn(sql))
  if (periods.length === 0) return of(rule.parameters)
  return `CASE ${periods.map((period) => `WHEN ${isWithin(period, at)} THEN ${of(period.parameters)}`).join(' ')} ELSE ${of(rule.parameters)} END`
}

function isWithin({ institution, since, until }: Period, at: string): string {
  const who = institution === EVERYONE ? [] : [`institution = ${quote(institution)}`]
  const when = [...(Number.isFinite(since) ? [`${at} >= ${since}`] : []), ...(Number.isFinite(until) ? [`${at} < ${until}`] : [])]
  return [...who, ...when].join(' AND ') || 'true'
}

function literals(rule: Named, parameters: Rule['parameters'], sql: string): string {
  return sql.replace(PARAMETER, (_, parameter: string) => {
    const p = parameters[parameter]
    if (p === undefined) throw new Error(`rule ${rule.code}: no parameter ${parameter}`)
    return literal(p)
  })
}

/** Milliseconds of a duration parameter, by name; `whose`: as of an institution at a time. */
export function durationOf(rule: Named, parameter: string, whose?: Whose): number {
  const p = inForce(rule, whose)[parameter]
  const ms = p?.type === 'duration' ? parseDuration(p.value) : undefined
  if (ms === undefined) throw new Error(`rule ${rule.code}: no duration ${parameter}`)
  return ms
}

/** Whose parameters, and when, ms. */
export type Whose = { institution: string; at: number }

/** The value a person reads: `8`, `0.10`, `5d`; without `whose` the rule's own. */
export function parameterText(rule: Named, parameter: string, whose?: Whose): string {
  return String(inForce(rule, whose)[parameter]?.value ?? '')
}

/** Decimals of a parameter as an integer. */
export const PARAMETER_SCALE = 20

/** The value of a ratio or an amount, at `PARAMETER_SCALE`. */
export function parameterUnits(rule: Named, name: string, whose: Whose): bigint {
  const p = inForce(rule, whose)[name]
  const own = p?.type === 'amount' ? p.of?.[whose.institution] : undefined
  return parseDecimal(own ?? String(p?.value ?? '0'), PARAMETER_SCALE) ?? 0n
}

function inForce(rule: Named, whose: Whose | undefined): Rule['parameters'] {
  return whose === undefined ? rule.parameters : parametersAt(rule, whose.institution, whose.at)
}

/** Which of `fields` occur as words in any of the texts. */
export function fieldsNamed(fields: readonly string[], texts: readonly string[]): string[] {
  const words = new Set(texts.join(' ').match(/[A-Za-z]\w*/g) ?? [])
  return fields.filter((field) => words.has(field))
}

/** Durations are milliseconds in expressions. What differs by institution is looked up in its column. */
function literal(p: Parameter): string {
  if (p.type === 'duration') return String(parseDuration(p.value) ?? 0)
  if (p.type === 'choice' || p.type === 'words') return quote(p.value)
  if (p.type !== 'amount' || p.of === undefined) return String(p.value)
  const own = Object.entries(p.of).map(([institution, value]) => `${quote(institution)}: ${value}::DECIMAL(38,2)`)
  return `coalesce(map_extract_value(MAP {${own.join(', ')}}, institution), ${p.value}::DECIMAL(38,2))`
}
