/** Rule expressions are DuckDB SQL; parameters go in as literals, so that the text that ran is the text that is shown. */
import { parseDecimal, parseDuration } from '../../contract/index.ts'
import type { Parameter, Rule } from '../../contract/rule.ts'

type Named = Pick<Rule, 'code' | 'parameters'>
import { quote } from '../../store/database.ts'

/** The expression with every `:parameter` replaced by its value. A name that is no parameter is our own mistake in a rule. */
export function withLiterals(rule: Named, sql: string): string {
  return sql.replace(/(?<!:):([A-Za-z]\w*)/g, (_, parameter: string) => {
    const p = rule.parameters[parameter]
    if (p === undefined) throw new Error(`rule ${rule.code}: no parameter ${parameter}`)
    return literal(p)
  })
}

/** Milliseconds of a duration parameter, by name. */
export function durationOf(rule: Named, parameter: string): number {
  const p = rule.parameters[parameter]
  const ms = p?.type === 'duration' ? parseDuration(p.value) : undefined
  if (ms === undefined) throw new Error(`rule ${rule.code}: no duration ${parameter}`)
  return ms
}

/** The value a person reads: `8`, `0.10`, `5d`. */
export function parameterText(rule: Named, parameter: string): string {
  return String(rule.parameters[parameter]?.value ?? '')
}

/** Decimals of a parameter as an integer. */
export const PARAMETER_SCALE = 20

/** The value of a ratio or an amount, at `PARAMETER_SCALE`; an institution's own where it has one. */
export function parameterUnits({ parameters }: Named, name: string, institution: string): bigint {
  const p = parameters[name]
  const own = p?.type === 'amount' ? p.of?.[institution] : undefined
  return parseDecimal(own ?? String(p?.value ?? '0'), PARAMETER_SCALE) ?? 0n
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
