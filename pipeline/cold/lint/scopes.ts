/** The expressions of a rule, each with the columns it may name and their types in DuckDB. */
import { type EventType, dataColumns } from '../../contract/index.ts'
import type { Measure, Rule, WindowRule } from '../../contract/rule.ts'
import { columnsOfTable, THROUGH_TABLES, type ThroughTable } from '../../contract/through-table.ts'
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
  if (rule.kind !== 'graph') return []
  const columns = columnsFrom(rule.from)
  const grades = rule.grades.flatMap(({ when, threshold }) => [
    { sql: when, at: 'grades:', columns, condition: true, named: rule.values },
    { sql: threshold, at: 'grades:', columns, condition: false, named: rule.values },
  ])
  return [...valuesOf(rule.values, columns), ...grades]
}

function eachExpressions(rule: Extract<Rule, { kind: 'each' }>, columns: Columns): Expression[] {
  return [
    ...valuesOf(rule.values, columns),
    { sql: rule.when, at: 'when:', columns, condition: true, named: rule.values },
    { sql: rule.threshold, at: 'threshold:', columns, condition: false, named: rule.values },
    { sql: `"${rule.subject.id}"`, at: 'subject:', columns, condition: false },
  ]
}

function windowExpressions(rule: WindowRule): Expression[] {
  const fields = fieldsOf(rule.reads)
  const measures = Object.fromEntries(Object.entries(rule.measures).map(([name, m]) => [name, measureType(m, fields)]))
  const { per, part } = rule.window
  const measured = Object.values(rule.measures).flatMap((m) => ('field' in m ? [m.field] : []))
  return [
    ...[per, ...(part === undefined ? [] : [part])].map((sql) => ({ sql, at: 'window:', columns: fields, condition: false })),
    ...measured.map((field) => ({ sql: `"${field}"`, at: 'measures:', columns: fields, condition: false })),
    ...(rule.where === undefined ? [] : [{ sql: rule.where, at: 'where:', columns: fields, condition: true }]),
    { sql: rule.when, at: 'when:', columns: measures, condition: true },
    { sql: rule.threshold, at: 'threshold:', columns: measures, condition: false },
  ]
}

function valuesOf(values: Readonly<Record<string, string>>, columns: Columns): Expression[] {
  return Object.entries(values).map(([name, sql]) => ({ sql, at: `${name}:`, columns, condition: false }))
}

const STATED: Columns = { institution: 'VARCHAR', source: 'VARCHAR', id: 'VARCHAR', time: 'DOUBLE', sequence: 'BIGINT' }

function fieldsOf(type: EventType): Columns {
  return { ...STATED, ...Object.fromEntries(dataColumns(type).map((column) => [column.field, storedType(column)])) }
}

const EXPOSURE: Columns = {
  obligor: 'VARCHAR',
  obligor_kind: 'VARCHAR',
  party_kind: 'VARCHAR',
  gsib: 'BOOLEAN',
  institution_gsib: 'BOOLEAN',
  direct: 'DECIMAL(38,2)',
  indirect: 'DECIMAL(38,2)',
  total: 'DECIMAL(38,2)',
}
const CELL_TYPES = { money: 'DECIMAL(38,2)', integer: 'INTEGER', ratio: 'DECIMAL(38,20)', text: 'VARCHAR', boolean: 'BOOLEAN' } as const

function columnsFrom(table: string): Columns {
  if (table === 'exposure_total') return EXPOSURE
  if (!(table in THROUGH_TABLES)) return {}
  return { institution: 'VARCHAR', ...Object.fromEntries(columnsOfTable(table as ThroughTable).map(([name, kind]) => [name, CELL_TYPES[kind]])) }
}

/** Numbers that are kept as text are numbers once measured. */
function measureType(measure: Measure, fields: Columns): string {
  if (measure.kind === 'count' || measure.kind === 'distinct') return 'BIGINT'
  if (measure.kind === 'mean' || measure.kind === 'stddev') return 'DECIMAL(38,10)'
  if (measure.kind === 'top') return 'VARCHAR'
  const type = fields[measure.field] ?? 'VARCHAR'
  if (measure.kind === 'sum') return type.startsWith('DECIMAL') ? 'DECIMAL(38,2)' : 'DECIMAL(38,10)'
  return type
}
