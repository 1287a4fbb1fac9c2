/** Expressions of a rule, as DuckDB understands them before any event has come: fields and parameters exist, types fit, a condition is true or false, money stays exact. */
import type { Rule } from '../../contract/rule.ts'
import type { Database } from '../../store/database.ts'
import { withLiterals } from '../../hot/check/expression.ts'
import type { Linted, Remark } from './lint.ts'
import { type Columns, type Expression, expressionsOf } from './scopes.ts'

export async function expressionLints({ rule, db }: Linted): Promise<Remark[]> {
  const expressions = expressionsOf(rule)
  const typed = await Promise.all(expressions.map(async (e) => typeLints(rule, e, db)))
  return [...typed.flat(), ...expressions.flatMap(floatLints), ...unusedLints(rule)]
}

/** What says something else each time, fails, or reads other rows. */
const FICKLE = /\b(?:random|uuid|gen_random_uuid|now|today|current_\w+|get_current_\w+|nextval|error|select)\b/i

async function typeLints(rule: Rule, { sql, at, columns, condition, named = {} }: Expression, db: Database): Promise<Remark[]> {
  const unknown = parametersIn(sql).filter((name) => rule.parameters[name] === undefined)
  if (unknown.length > 0)
    return unknown.map((name) => ({ lint: 'unknown-parameter', at: `:${name}`, facts: { name, known: Object.keys(rule.parameters).join(', ') } }))
  const fickle = FICKLE.exec(sql)
  if (fickle !== null) return [{ lint: 'expression', at, facts: { sql, why: `${fickle[0].trim()} does not follow from the row` } }]
  const values = Object.entries(named).filter(
    ([name, value]) => columns[name] === undefined && parametersIn(value).every((p) => rule.parameters[p] !== undefined),
  )
  const within = (rows: string) => `(SELECT *${values.map(([name, value]) => `, (${withLiterals(rule, value)}) AS "${name}"`).join('')} FROM ${rows})`
  try {
    const [described] = await db.rows(`DESCRIBE SELECT (${withLiterals(rule, sql)}) AS v FROM ${within(relation(columns))}`)
    const type = String(described?.[1])
    if (condition && type !== 'BOOLEAN') return [{ lint: 'not-a-condition', at, facts: { sql, type } }]
  } catch (error) {
    return [{ lint: 'expression', at, facts: { sql, why: firstLine(error) } }]
  }
  try {
    for (const signs of SIGNS)
      await db.rows(`SELECT (${withLiterals(rule, sql)}) AS v FROM ${within(relation(columns, (type, i) => furthest(type, signs[i % 2] ?? '')))}`)
    return []
  } catch (error) {
    return [{ lint: 'overflow', at, facts: { sql, why: firstLine(error) } }]
  }
}

function floatLints({ sql, at }: Expression): Remark[] {
  const float = /\b(double|float|real)\b/i.exec(sql)
  return float === null ? [] : [{ lint: 'float', at, facts: { sql, type: float[0] } }]
}

/** Parameters that nothing names. Those of a rule over the look-through are read by what makes its table as well. */
function unusedLints(rule: Rule): Remark[] {
  if (rule.kind === 'graph' || (rule.kind === 'limit' && !('by' in rule.numerator))) return []
  const { parameters, ...rest } = rule
  const said = JSON.stringify(rest)
  const unused = Object.keys(parameters).filter((name) => !new RegExp(`[:"]${name}\\b`).test(said))
  return unused.map((name) => ({ lint: 'unused-parameter', at: `${name}:`, facts: { name } }))
}

function relation(columns: Columns, cell: (type: string, i: number) => string = () => 'NULL'): string {
  const cells = Object.entries(columns).map(([name, type], i) => `${cell(type, i)}::${type} AS "${name}"`)
  return `(SELECT ${cells.length === 0 ? '1 AS nothing' : cells.join(', ')})`
}

/** Of neighbouring columns. */
const SIGNS = [
  ['', ''],
  ['', '-'],
  ['-', ''],
  ['-', '-'],
] as const

/** What a column may come to: a field its type's last number, a sum of amounts 10²⁸ yuan, a number beside it what its type holds after a billion of them. */
function furthest(type: string, sign: string): string {
  const [, digits = 0, scale = 0] = (/^DECIMAL\((\d+),(\d+)\)$/.exec(type) ?? []).map(Number)
  if (digits > 0) return `'${sign}${'9'.repeat(digits === 38 ? 30 - scale : digits - scale)}'`
  if (type === 'INTEGER') return `${sign}2147483647`
  return type === 'BIGINT' || type === 'DOUBLE' ? `${sign}1000000000000` : 'NULL'
}

function parametersIn(sql: string): string[] {
  return [...sql.matchAll(/(?<!:):([A-Za-z]\w*)/g)].map((m) => m[1] ?? '')
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error))
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, 2)
    .join(' ')
}
