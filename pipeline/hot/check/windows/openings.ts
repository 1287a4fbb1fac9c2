/** Windows of early rules that could qualify are run tick by tick, all of a release in one query, until they have their harshest grade. */
import type { Windowed } from '../../../contract/finding.ts'
import { doubleColumn, integerColumn, textColumn } from '../../../store/columns.ts'
import { load } from '../../../store/load.ts'
import type { Point } from './exact.ts'
import { findingOf, type Judging, type Key } from './judge.ts'
import { plannedObjects } from './held.ts'
import { IS_PLAIN, plainRows } from './rows.ts'
import { firstHits } from './running.ts'
import { TICK_SQL } from './shape.ts'
import { topGrade } from './verdict.ts'

/** A window that could qualify: its rows have `time` in [start, until). */
export type Candidate = Key & { start: number; until: number }
type Asked = Candidate & { known: number }

/** Nothing odd touched the rows of the window. */
export function isLeftAlone({ touched }: Judging, { institution, key, start, until }: Candidate): boolean {
  for (const time of touched.times(institution, key)) if (time >= start && time < until) return false
  return true
}

/** The first ticks, up to `to`, in which windows qualify, or get a harsher grade than they are known to have. */
export async function openings(part: Judging, candidates: readonly Candidate[], to: number): Promise<Windowed[]> {
  const { db, rule, exact, qualified } = part
  const asked = candidates.map((c): Asked => ({ ...c, known: qualified.gradeOf(c.institution, c.key, c.start) })).filter((c) => c.known < topGrade(rule))
  if (asked.length === 0 || to < part.firstTick) return []
  const held = await exact.rowsHeld.relation(asked, to)
  const windows = place(part, asked, to)
  const rows = held ?? plainNear(part, asked, windows, to)
  if (rows === undefined) return []
  const members = `SELECT v.*, c.start, c.known, ${TICK_SQL} AS tick FROM ${rows} v JOIN ${windows} c
    ON c.institution = v.institution AND c.k = v.k AND v.time >= c.start AND v.time < c.until${held === undefined ? '' : ` AND v.${IS_PLAIN}`}`
  const found = firstHits(part, members)
  const hits = exact.held(await (held === undefined ? db.objects(found) : plannedObjects(db, found)))
  const points = hits.map((r) => pointOf(part, r))
  await qualified.add(points)
  const judged = needsAll(part) ? await exact.judge(points) : exact.read(hits, points)
  return points.flatMap((point, i) => {
    const of = judged[i]
    return of === undefined ? [] : [findingOf(part, point, of, 'before')]
  })
}

/** The plain rows of windows and those around, as a relation. */
function plainNear(part: Judging, asked: readonly Asked[], windows: string, to: number): string | undefined {
  const low = asked.reduce((first, c) => Math.min(first, c.start), Infinity)
  const rows = plainRows(part, low - 1, to, { keys: `SELECT institution, k FROM ${windows}` })
  return rows === undefined ? undefined : `(${rows})`
}

function pointOf({ shape }: Judging, r: Readonly<Record<string, unknown>>): Point & { grade: number } {
  const start = Number(r['start'])
  const end = shape.kind === 'session' ? Number(r['last']) + shape.gap : start + shape.size
  return { grade: Number(r['grade']), institution: String(r['institution']), key: String(r['k']), start, end, tick: Number(r['tick']) }
}

/** Some of what is shown is not known tick by tick. */
function needsAll({ rule, shape }: Judging): boolean {
  return shape.everyone || Object.values(rule.measures).some((m) => m.kind === 'top')
}

/** The windows as a relation that lies in memory; of their rows those with a time up to `to` are meant. */
function place({ db, rule }: Judging, asked: readonly Asked[], to: number): string {
  const columns = [
    { name: 'institution', column: textColumn(asked.map((c) => c.institution)) },
    { name: 'k', column: textColumn(asked.map((c) => c.key)) },
    { name: 'start', column: doubleColumn(asked.map((c) => c.start)) },
    { name: 'until', column: doubleColumn(asked.map((c) => Math.min(c.until, to + 1))) },
    { name: 'known', column: integerColumn(asked.map((c) => c.known)) },
  ]
  return load(db, `candidates of ${rule.code}`, columns, asked.length)
}
