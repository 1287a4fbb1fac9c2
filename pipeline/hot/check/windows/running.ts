/** Measures after each tick within a window, many windows and ticks in one query: the first tick in which `when` holds, and each harsher grade. */
import { conditionOf } from '../expression.ts'
import type { Judging } from './judge.ts'
import { columnOf, merged, partsOf, valuesOf } from './measures.ts'
import { double } from './shape.ts'
import { verdictColumns } from './verdict.ts'

/**
 * `members`: relation of rows with institution, k, start, time, tick, and the grade `known` of their window. Gives one row per window and grade beyond it:
 * institution, k, start, tick, `last` (the latest time by then), the parts and measures then, threshold and grade. `hit` is null where `when` could not be computed. A distinct value counts in the tick in which it first came; `top` is left empty.
 */
export function firstHits({ rule, firstTick }: Judging, members: string): string {
  const counted = Object.entries(rule.measures).flatMap(([name, m]) => (m.kind === 'distinct' ? [{ name, field: columnOf(m) }] : []))
  const fields = [...new Set(counted.map((c) => c.field))]
  const firsts = fields.map((f) => `"${f}" IS NOT NULL AND row_number() OVER (PARTITION BY institution, k, start, "${f}" ORDER BY tick) = 1 AS "first ${f}"`)
  const parts = partsOf(rule)
  const perTick = [
    'max(time) AS last',
    'any_value(known) AS known',
    ...parts.map((p) => `${p.ofRows} AS "${p.column}"`),
    ...counted.map((c) => `count(*) FILTER ("first ${c.field}") AS "${c.name}~c"`),
  ]
  const over = '(PARTITION BY institution, k, start ORDER BY tick)'
  const tops = Object.entries(rule.measures).flatMap(([name, m]) => (m.kind === 'top' ? [`'' AS "${name}~c"`] : []))
  const running = [
    `max(last) OVER ${over} AS last`,
    'known',
    ...parts.map((p) => `${merged(p, over)} AS "${p.column}"`),
    ...counted.map((c) => `sum("${c.name}~c") OVER ${over} AS "${c.name}~c"`),
    ...tops,
  ]
  return `WITH marked AS (SELECT *${firsts.map((f) => `, ${f}`).join('')} FROM (${members})),
    ticks AS (SELECT institution, k, start, tick, ${perTick.join(', ')} FROM marked GROUP BY institution, k, start, tick),
    running AS (SELECT institution, k, start, tick, ${running.join(', ')} FROM ticks),
    measured AS (SELECT *, ${valuesOf(rule).join(', ')} FROM running),
    graded AS (SELECT *, ${conditionOf(rule, rule.when, 'start')} AS hit, ${verdictColumns(rule)} FROM measured WHERE hit IS DISTINCT FROM false AND tick >= ${double(firstTick)})
    SELECT * FROM graded WHERE grade > known QUALIFY row_number() OVER (PARTITION BY institution, k, start, hit, grade ORDER BY tick) = 1`
}
