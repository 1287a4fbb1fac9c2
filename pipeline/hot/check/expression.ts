/**
 * Rule expressions are DuckDB SQL; parameters go in as literals, so that the text that ran is the text that is shown. A cast that does not fit
 * a row is null for that row alone (docs/decisions/0037).
 */
import { parametersAt, parseDecimal, parseDuration, periodsOf } from '../../contract/index.ts'
import { EVERYONE, type Parameter, type Period, type Rule } from '../../contract/rule.ts'
import { quote } from '../../store/database.ts'
import { safeCasts } from './casts.ts'

type Named = Pick<Rule, 'code' | 'parameters' | 'overrides'>

/**
 * The expression with every `:parameter` replaced by its value: where some have values of their own, that of the row's `institution` at the time `at`, a
 * column or expression in ms. A name that is no parameter is our own mistake in a rule.
 */
export function withLiterals(rule: Named, sql: string, at = 'e'): string {
  return literally(rule, safeCasts(sql).sql, at)
}

/** A condition: false where it is null, and null where a cast in it, or in a value before it (`unknown`, columns), does not fit the row. */
export function conditionOf(rule: Named, condition: string, at = 'e', unknown: readonly string[] = []): string {
  const { sql, failed } = safeCasts(condition)
  const holds = `coalesce(${literally(rule, sql, at)}, false)`
  const reasons = [...unknown, ...failed.map((f) => literally(rule, f, at))]
  return reasons.length === 0 ? holds : `CASE WHEN ${reasons.join(' OR ')} THEN NULL ELSE ${holds} END`
}

/** Whether a condition holds or cannot be computed: of the rows it leaves the verdict is asked. */
export function mayHold(rule: Named, sql: string, at = 'e', unknown: readonly string[] = []): string {
  const condition = conditionOf(rule, sql, at, unknown)
  return condition.startsWith('CASE') ? `coalesce(${condition}, true)` : condition
}

/** Columns that say, of the `values` that conditions name, in which a cast does not fit the row, beside those in whose select list they stand: SQL by name. */
export function unknownOf(rule: Named, values: Readonly<Record<string, string>>, conditions: readonly string[], at = 'e', prefix = ''): Record<string, string> {
  const named = fieldsNamed(Object.keys(values), conditions).map((name) => ({ name, failed: safeCasts(values[name] ?? '').failed }))
  return Object.fromEntries(
    named.filter(({ failed }) => failed.length > 0).map(({ name, failed }) => [`"~${prefix}${name}"`, literally(rule, `(${failed.join(' OR ')})`, at)]),
  )
}

/** The same as a text: in each case of the type it has there, so that what others have set does not change how it is written. */
export function textWithLiterals(rule: Named, sql: string, at = 'e'): string {
  const safe = safeCasts(sql).sql
  return byInstitution(rule, safe, at, (parameters) => `CAST(${literals(rule, parameters, safe)} AS VARCHAR)`)
}

function literally(rule: Named, sql: string, at: string): string {
  return byInstitution(rule, sql, at, (parameters) => literals(rule, parameters, sql))
}

/** A parameter as it is written, as an SQL text. */
export function writtenSql(rule: Named, parameter: string, at = 'e'): string {
  return byInstitution(rule, `:${parameter}`, at, (parameters) => quote(String(parameters[parameter]?.value ?? '')))
}

/** Whether the parameters of an expression have one value, for all institutions and at all times. */
export function isOneForAll(rule: Named, sql: string): boolean {
  const named = parametersIn(sql)
  if (periodsOf(rule, named).length > 0) return false
  return [...named].every((name) => {
    const p = rule.parameters[name]
    return p?.type !== 'amount' || p.of === undefined
  })
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
