/** What a window rule says of a row of measures, as SQL. */
import type { Severity, WindowRule } from '../../../contract/rule.ts'
import { textWithLiterals, withLiterals } from '../expression.ts'

/** Select list: `threshold`, a text, and `grade`, the place of the harshest grade that holds; 0: none beyond `when`. `at`: the window's time as to parameters. */
export function verdictColumns(rule: WindowRule, at = 'start'): string {
  const threshold = (sql: string) => textWithLiterals(rule, sql, at)
  const grades = [...(rule.graver ?? []).entries()].reverse()
  if (grades.length === 0) return `${threshold(rule.threshold)} AS threshold, 0 AS grade`
  const cases = (of: (k: number, sql: string) => string | number) =>
    grades.map(([k, g]) => `WHEN ${withLiterals(rule, g.when, at)} THEN ${of(k, g.threshold)}`).join(' ')
  return `CASE ${cases((_, sql) => threshold(sql))} ELSE ${threshold(rule.threshold)} END AS threshold, CASE ${cases((k) => k + 1)} ELSE 0 END AS grade`
}

/** The severity of a grade as `verdictColumns` has it. */
export function severityAt({ severity, graver = [] }: WindowRule, grade: number): Severity {
  return graver[grade - 1]?.severity ?? severity
}

/** The place of the harshest grade. */
export function topGrade({ graver = [] }: WindowRule): number {
  return graver.length
}
