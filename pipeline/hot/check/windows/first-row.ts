/**
 * Hopping windows that qualify with whatever row comes first, as "at least one" does: the rows of a release say by themselves which windows open, and when,
 * and are all the evidence there is. No bounds are kept for them, and nothing that came before is read.
 */
import type { DuckDBValue } from '@duckdb/node-api'
import type { Windowed } from '../../../contract/finding.ts'
import { conditionOf, isOneForAll } from '../expression.ts'
import { FIRST_ROWS, type Point } from './exact.ts'
import { findingOf, type Judging } from './judge.ts'
import { countedOf, growsOnly, partsOf, valuesOf } from './measures.ts'
import { isLeftAlone } from './openings.ts'
import { plainRows, ROW_COLUMNS } from './rows.ts'
import { double, TICK_SQL, windowStarts } from './shape.ts'
import { verdictColumns } from './verdict.ts'

/** Whether one row is enough for `when`, whichever row it is. */
export async function opensWithFirstRow({ db, rule, shape }: Judging): Promise<boolean> {
  if (
    rule.graver !== undefined ||
    shape.everyone ||
    shape.keys.length > 1 ||
    rule.window.partyKind !== undefined ||
    !growsOnly(rule) ||
    !isOneForAll(rule, rule.when)
  )
    return false
  // What is not known of any row can make no comparison true.
  const values = Object.entries(rule.measures).map(([name, m]) => `${m.kind === 'count' && m.as === undefined ? 1 : 'NULL'} AS "${name}"`)
  const [row] = await db.rows(`SELECT ${conditionOf(rule, rule.when)} FROM (SELECT ${values.join(', ')})`)
  return row?.[0] === true
}

/** Windows that start after `began`, ms, and whose first row has `time` in (from, to]. */
export async function openedByFirstRow(part: Judging, [from, to]: [number, number], began: number): Promise<Windowed[]> {
  const { db, rule, shape, exact, qualified } = part
  const rows = plainRows(part, from, to, {}, ROW_COLUMNS)
  if (rows === undefined || to < part.firstTick) return []
  const aggregates = [...partsOf(rule).map((p) => `${p.ofRows} AS "${p.column}"`), ...countedOf(rule)]
  const found = await db.objects(`WITH members AS (SELECT *, ${TICK_SQL} AS tick, ${windowStarts(shape, 'time')} AS start FROM (${rows})),
    firsts AS (SELECT * FROM members WHERE start > ${double(began)} QUALIFY tick = min(tick) OVER (PARTITION BY institution, k, start)),
    sums AS (SELECT institution, k, start, tick, ${FIRST_ROWS}, ${aggregates.join(', ')} FROM firsts GROUP BY institution, k, start, tick),
    measured AS (SELECT *, ${valuesOf(rule).join(', ')} FROM sums)
    SELECT *, ${conditionOf(rule, rule.when, 'start')} AS hit, ${verdictColumns(rule)} FROM measured`)
  const opened = found.map((row) => ({ row, point: pointOf(part, row) })).filter(({ point }) => isOpening(part, point))
  await qualified.add(opened.map(({ point }) => ({ ...point, grade: 0 })))
  const points = opened.map(({ point }) => point)
  const judged = exact.read(
    opened.map(({ row }) => row),
    points,
  )
  return opened.flatMap(({ row, point }, i) => {
    const of = judged[i]
    const evidence = exact.evidenceOf(row)
    return of === undefined ? [] : [{ ...findingOf(part, point, of, 'before'), evidence: () => Promise.resolve(evidence) }]
  })
}

function pointOf({ shape }: Judging, row: Readonly<Record<string, DuckDBValue>>): Point {
  const start = Number(row['start'])
  return { institution: String(row['institution']), key: String(row['k']), start, end: start + shape.size, tick: Number(row['tick']) }
}

function isOpening(part: Judging, { institution, key, start, end }: Point): boolean {
  return part.qualified.gradeOf(institution, key, start) < 0 && isLeftAlone(part, { institution, key, start, until: end })
}
