/** Measures after each tick within a window, many windows and ticks in one query: the first tick in which `when` holds. */
import { withLiterals } from '../expression.ts'
import type { Judging } from './judge.ts'
import { merged, partsOf, valuesOf } from './measures.ts'
import { double } from './shape.ts'

/**
 * `members`: relation of rows with institution, k, start, time, tick. Gives one row per window that qualifies: institution, k, start, tick, `last` (the
 * latest time by then) and the parts and measures then. A distinct value counts in the tick in which it first came; `top` is left empty.
 */
export function firstHits({ rule, firstTick }: Judging, members: string): string {
  const counted = Object.entries(rule.measures).flatMap(([name, m]) => (m.kind === 'distinct' ? [{ name, field: m.field }] : []))
  const fields = [...new Set(counted.map((c) => c.field))]
  const firsts = fields.map((f) => `"${f}" IS NOT NULL AND row_number() OVER (PARTITION BY institution, k, start, "${f}" ORDER BY tick) = 1 AS "first ${f}"`)
  const parts = partsOf(rule)
  const perTick = [
    'max(time) AS last',
    ...parts.map((p) => `${p.ofRows} AS "${p.column}"`),
    ...counted.map((c) => `count(*) FILTER ("first ${c.field}") AS "${c.name}~c"`),
  ]
  const over = '(PARTITION BY institution, k, start ORDER BY tick)'
  const tops = Object.entries(rule.measures).flatMap(([name, m]) => (m.kind === 'top' ? [`'' AS "${name}~c"`] : []))
  const running = [
    `max(last) OVER ${over} AS last`,
    ...parts.map((p) => `${merged(p, over)} AS "${p.column}"`),
    ...counted.map((c) => `sum("${c.name}~c") OVER ${over} AS "${c.name}~c"`),
    ...tops,
  ]
  return `WITH marked AS (SELECT *${firsts.map((f) => `, ${f}`).join('')} FROM (${members})),
    ticks AS (SELECT institution, k, start, tick, ${perTick.join(', ')} FROM marked GROUP BY institution, k, start, tick),
    running AS (SELECT institution, k, start, tick, ${running.join(', ')} FROM ticks),
    measured AS (SELECT *, ${valuesOf(rule).join(', ')} FROM running)
    SELECT *, true AS hit, CAST(${withLiterals(rule, rule.threshold)} AS VARCHAR) AS threshold FROM measured WHERE coalesce(${withLiterals(rule, rule.when)}, false) AND tick >= ${double(firstTick)}
    QUALIFY row_number() OVER (PARTITION BY institution, k, start ORDER BY tick) = 1`
}
