/** The expressions of a rule, each with the columns it may name and their types in DuckDB. */
import { type EventType, dataColumns } from '../../contract/index.ts'
import type { Grade, Measure, RatioRule, Rule, WindowRule } from '../../contract/rule.ts'
import { columnsOfTable, THROUGH_TABLES, type ThroughTable } from '../../contract/through-table.ts'
import { EXPOSURE_SQL } from '../../hot/check/admission.ts'
import { CELL_SQL } from '../../hot/check/through/relation.ts'
import { storedType } from '../../store/schema.ts'

export type Columns = Readonly<Record<string, string>>
/** `at`: how its line begins in the file. `condition`: whether it must be true or false. `named`: values that stand before it. */
export type Expression = { sql: string; at: string; columns: Columns; condition: boolean; named?: Readonly<Record<string, string>> }

export function expressionsOf(rule: Rule): Expression[] {
  if (rule.kind === 'each') return eachExpressions(rule, fieldsOf(rule.reads))
  if (rule.kind === 'window') return windowExpressions(rule)
  if (rule.kind === 'limit') {
    const columns = columnsFrom(rule.numerator.from)
    const conditions = [
      ...(rule.where === undefined ? [] : [{ sql: rule.where, at: 'where:' }]),
      ...(rule.limits ?? []).map(({ when }) => ({ sql: when, at: 'limits:' })),
    ]
    return conditions.map((c) => ({ ...c, columns, condition: true }))
  }
  if (rule.kind === 'ratio') return ratioExpressions(rule)
  if (rule.kind === 'amount') {
    const columns = fieldsOf(rule.reads)
    return [{ sql: rule.when, at: 'when:', columns, condition: true }, ...fields([rule.amount, rule.subject.id], columns)]
  }
  if (rule.kind === 'outlier') return fields([rule.per, rule.value, rule.weight, rule.subject.id], fieldsOf(rule.reads))
  if (rule.kind !== 'graph') return []
  const columns = columnsFrom(rule.from)
  const grades = rule.grades.flatMap((grade) => gradeExpressions(grade, 'grades:', { columns, named: rule.values }))
  return [...valuesOf(rule.values, columns), ...grades]
}

function eachExpressions(rule: Extract<Rule, { kind: 'each' }>, columns: Columns): Expression[] {
  return [
    ...valuesOf(rule.values, columns),
    { sql: rule.when, at: 'when:', columns, condition: true, named: rule.values },
    { sql: rule.threshold, at: 'threshold:', columns, condition: false, named: rule.values },
    ...(rule.graver ?? []).flatMap((grade) => gradeExpressions(grade, 'graver:', { columns, named: rule.values })),
    ...fields([rule.subject.id], columns),
  ]
}

function ratioExpressions(rule: RatioRule): Expression[] {
  const columns = fieldsOf(rule.reads)
  const conditions = (rule.limits ?? []).map(({ when }) => ({ sql: when, at: 'limits:', columns, condition: true }))
  return [...conditions, ...fields([rule.numerator, rule.denominator, rule.subject.id], columns)]
}

function gradeExpressions({ when, threshold }: Grade, at: string, scope: Pick<Expression, 'columns' | 'named'>): Expression[] {
  return [
    { sql: when, at, condition: true, ...scope },
    { sql: threshold, at, condition: false, ...scope },
  ]
}

/** Fields named as they are, not in an expression. */
function fields(names: readonly string[], columns: Columns): Expression[] {
  return names.map((name) => ({ sql: `"${name}"`, at: `'${name}'`, columns, condition: false }))
}

function windowExpressions(rule: WindowRule): Expression[] {
  const columns = fieldsOf(rule.reads)
  const measures = Object.fromEntries(Object.entries(rule.measures).map(([name, m]) => [name, measureType(m, columns)]))
  const keys = [rule.window, ...(rule.window.also ?? [])].flatMap(({ per, part }) => [per, ...(part === undefined ? [] : [part])])
  const measured = Object.values(rule.measures).flatMap((m) => ('field' in m ? [m.field] : []))
  return [
    ...keys.map((sql) => ({ sql, at: 'window:', columns, condition: false })),
    ...fields([...measured, ...(rule.latest === undefined ? [] : [rule.latest])], columns),
    ...(rule.where === undefined ? [] : [{ sql: rule.where, at: 'where:', columns, condition: true }]),
    { sql: rule.when, at: 'when:', columns: measures, condition: true },
    { sql: rule.threshold, at: 'threshold:', columns: measures, condition: false },
    ...(rule.graver ?? []).flatMap((grade) => gradeExpressions(grade, 'graver:', { columns: measures })),
  ]
}

function valuesOf(values: Readonly<Record<string, string>>, columns: Columns): Expression[] {
  return Object.entries(values).map(([name, sql]) => ({ sql, at: `${name}:`, columns, condition: false }))
}

const STATED: Columns = { institution: 'VARCHAR', source: 'VARCHAR', id: 'VARCHAR', time: 'DOUBLE', sequence: 'BIGINT' }

function fieldsOf(type: EventType): Columns {
  return { ...STATED, ...Object.fromEntries(dataColumns(type).map((column) => [column.field, storedType(column)])) }
}

const OF_ROW: Columns = { institution: 'VARCHAR', subject: 'VARCHAR', subject_kind: 'VARCHAR' }

function columnsFrom(table: string): Columns {
  if (table === 'exposure_total') return EXPOSURE_SQL
  if (!(table in THROUGH_TABLES)) return {}
  return { ...OF_ROW, ...Object.fromEntries(columnsOfTable(table as ThroughTable).map(([name, kind]) => [name, CELL_SQL[kind]])) }
}

/** Numbers that are kept as text are numbers once measured. */
function measureType(measure: Measure, columns: Columns): string {
  if (measure.kind === 'count' || measure.kind === 'distinct') return 'BIGINT'
  if (measure.kind === 'top') return 'VARCHAR'
  const type = columns[measure.field] ?? 'VARCHAR'
  if (measure.kind === 'first' || measure.kind === 'last') return type
  if (measure.kind === 'mean' || measure.kind === 'stddev' || measure.kind === 'median') return 'DECIMAL(38,10)'
  if (measure.kind === 'sum') return type.startsWith('DECIMAL') ? 'DECIMAL(38,2)' : 'DECIMAL(38,10)'
  return type === 'VARCHAR' ? 'DECIMAL(38,10)' : type
}
