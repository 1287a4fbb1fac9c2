/**
 * Hopping windows judged at every tick while they are open. For measures that only grow, upper bounds per pane name the windows that could qualify; only
 * for those the exact measures are run tick by tick, and never again once a window has qualified.
 */
import type { Windowed } from '../../../contract/finding.ts'
import { periodsOf, type WindowRule } from '../../../contract/rule.ts'
import { keyOf } from '../../../contract/subjects.ts'
import { tickOf } from '../../../contract/tick.ts'
import { mayHold, parametersIn } from '../expression.ts'
import type { Point } from './exact.ts'
import { findingOf, type Judging, type Kind, type OpenWindow, ownTable, untouched } from './judge.ts'
import { boundOfRows, growsOnly } from './measures.ts'
import { plainRows } from './rows.ts'
import { firstHits } from './running.ts'
import { double, paneStart, TICK_SQL, windowStarts } from './shape.ts'
import { topGrade } from './verdict.ts'

/** Bounds are folded together when they have doubled, and at least so many rows have come. */
const FOLD_ROWS = 50_000

export class EarlyWindows implements Kind {
  readonly #part: Judging
  readonly #bounded: boolean
  readonly #names: string[]
  #table = ''
  #came = 0
  #kept = 0

  constructor(part: Judging) {
    this.#part = part
    this.#bounded = growsOnly(part.rule)
    this.#names = Object.keys(part.rule.measures).map((n) => `"${n}"`)
  }

  async restore(from: number): Promise<void> {
    const columns = Object.entries(this.#part.rule.measures).map(
      ([n, m]) => `"${n}" ${m.kind === 'count' || m.kind === 'distinct' ? 'BIGINT' : 'DECIMAL(38,10)'}`,
    )
    const { table, made } = await ownTable(this.#part, 'bound', ['institution VARCHAR', 'k VARCHAR', 'pane DOUBLE', ...columns])
    this.#table = table
    // A table made anew takes what was judged already from the segments.
    const past = made ? plainRows(this.#part, -Infinity, from, { anyKind: true }) : undefined
    if (past !== undefined) await this.#part.db.run(`INSERT INTO ${table} ${this.#boundsOf(past)}`)
    this.#kept = Number((await this.#part.db.rows(`SELECT count(*) FROM ${table}`))[0]?.[0] ?? 0)
  }

  async check(from: number, to: number, touched: boolean, open: OpenWindow[]): Promise<Windowed[]> {
    const qualified = await this.#qualified(from, to, touched)
    return [...qualified, ...(await this.#closed(from, to, touched, eachOnce([...open, ...qualified.map(windowOf)])))]
  }

  async #qualified(from: number, to: number, touched: boolean): Promise<Windowed[]> {
    const { db, rule, shape, exact } = this.#part
    const fresh = plainRows(this.#part, from, to, { anyKind: true })
    if (fresh === undefined) return []
    if (!(await this.#candidates(fresh, from, to, touched)) || to < this.#part.firstTick) return []
    const [low] = await db.rows('SELECT min(start) FROM window_candidates')
    const rows = plainRows(this.#part, Number(low?.[0]) - 1, to, { keys: 'SELECT institution, k FROM window_candidates' })
    if (rows === undefined || !(await this.#narrowed(rows))) return []
    const members = `SELECT v.*, c.start, c.known, ${TICK_SQL} AS tick FROM (${rows}) v JOIN window_candidates c
      ON c.institution = v.institution AND c.k = v.k AND v.time >= c.start AND v.time < c.start + ${shape.size}`
    const hits = exact.held(await db.objects(firstHits(this.#part, members)))
    const points = hits.map((r): Point & { grade: number } => {
      const start = Number(r['start'])
      return { grade: Number(r['grade']), institution: String(r['institution']), key: String(r['k']), start, end: start + shape.size, tick: Number(r['tick']) }
    })
    if (points.length > 0) await remember(this.#part, points)
    const judged = shape.everyone || Object.values(rule.measures).some((m) => m.kind === 'top') ? await exact.judge(points) : exact.read(hits, points)
    return points.flatMap((point, i) => {
      const of = judged[i]
      return of === undefined ? [] : [findingOf(this.#part, point, of, 'before')]
    })
  }

  /** Windows that rows of this release fall into and that could qualify, into `window_candidates`. */
  async #candidates(fresh: string, from: number, to: number, touched: boolean): Promise<boolean> {
    const { db, rule, shape } = this.#part
    const entries = Object.entries(rule.measures)
    const merge = entries.map(([n, m]) => `${m.kind === 'min' || m.kind === 'max' ? m.kind : 'sum'}("${n}") AS "${n}"`)
    await db.run(`CREATE OR REPLACE TEMP TABLE window_fresh AS ${this.#boundsOf(fresh)}`)
    const windowsOf = (fresh: string) =>
      `SELECT w.*, ${KNOWN_GRADE} FROM (SELECT DISTINCT institution, k, ${windowStarts(shape, 'pane')} AS start FROM ${fresh}) w${untouched(this.#part, touched)} ${notAtTop(rule)}`
    if (!this.#bounded) {
      await db.run(`CREATE OR REPLACE TEMP TABLE window_candidates AS ${windowsOf('window_fresh')}`)
    } else {
      const when = mayHold(rule, rule.when, 'start')
      // All panes of a key together are no window, and have no parameters of their own.
      const some = periodsOf(rule, parametersIn(rule.when)).length === 0 ? when : 'true'
      // First all panes of a key together, then window by window for the few that are left.
      await db.run(`INSERT INTO ${this.#table} SELECT * FROM window_fresh;
        CREATE OR REPLACE TEMP TABLE window_keys AS SELECT institution, k FROM (SELECT institution, k, ${merge.join(', ')} FROM ${this.#table} b
          SEMI JOIN window_fresh f ON f.institution = b.institution AND f.k = b.k WHERE pane > ${double(from - shape.size - shape.pane)} GROUP BY institution, k) WHERE ${some};
        CREATE OR REPLACE TEMP TABLE window_candidates AS SELECT institution, k, start, known FROM (SELECT w.institution, w.k, w.start, w.known, ${merge.join(', ')}
          FROM (${windowsOf('window_fresh SEMI JOIN window_keys USING (institution, k)')}) w
          JOIN ${this.#table} b ON b.institution = w.institution AND b.k = w.k AND b.pane >= w.start AND b.pane < w.start + ${shape.size} GROUP BY ALL) WHERE ${when}`)
      await this.#fold(merge, to)
    }
    const [counts] = await db.rows('SELECT (SELECT count(*) FROM window_candidates), (SELECT count(*) FROM window_fresh)')
    this.#came += Number(counts?.[1] ?? 0)
    return Number(counts?.[0] ?? 0) > 0
  }

  /**
   * Distinct counts of parts add up to too much where the same ones come again: keys that do not reach enough with all their rows together are no
   * candidates. `rows`: theirs. Whether any are left.
   */
  async #narrowed(rows: string): Promise<boolean> {
    const { db, rule } = this.#part
    const isCounted = Object.values(rule.measures).some((m) => m.kind === 'distinct')
    if (!this.#bounded || !isCounted || periodsOf(rule, parametersIn(rule.when)).length > 0) return true
    const reach = `SELECT institution, k FROM (SELECT institution, k, ${this.#bounds()} FROM (${rows}) GROUP BY institution, k)
      WHERE ${mayHold(rule, rule.when)}`
    await db.run(`CREATE OR REPLACE TEMP TABLE window_narrowed AS SELECT c.* FROM window_candidates c SEMI JOIN (${reach}) r ON r.institution = c.institution AND r.k = c.k;
      CREATE OR REPLACE TEMP TABLE window_candidates AS FROM window_narrowed`)
    const [count] = await db.rows('SELECT count(*) FROM window_candidates')
    return Number(count?.[0] ?? 0) > 0
  }

  #boundsOf(rows: string): string {
    return `SELECT institution, k, ${paneStart(this.#part.shape)} AS pane, ${this.#bounds()} FROM (${rows}) GROUP BY institution, k, pane`
  }

  #bounds(): string {
    const { rule } = this.#part
    return Object.entries(rule.measures)
      .map(([n, m]) => `${boundOfRows(rule, n, m)} AS "${n}"`)
      .join(', ')
  }

  /** One row per key and pane again, without panes that no window reaches any more. */
  async #fold(merge: string[], to: number): Promise<void> {
    if (this.#came < this.#kept + FOLD_ROWS) return
    const { db, shape } = this.#part
    await db.run(`CREATE OR REPLACE TEMP TABLE window_folded AS SELECT institution, k, pane, ${merge.join(', ')} FROM ${this.#table}
      WHERE pane > ${double(to - shape.size - shape.pane)} GROUP BY institution, k, pane;
      DELETE FROM ${this.#table}; INSERT INTO ${this.#table} SELECT institution, k, pane, ${this.#names.join(', ')} FROM window_folded;
      DELETE FROM engine.qualified WHERE code = '${this.#part.rule.code}' AND start <= ${double(to - shape.size)}`)
    this.#kept = Number((await db.rows('SELECT count(*) FROM window_folded'))[0]?.[0] ?? 0)
    this.#came = 0
  }

  /** Final values of the windows on show, and of those that qualified in this very release. */
  async #closed(from: number, to: number, touched: boolean, open: OpenWindow[]): Promise<Windowed[]> {
    const due = open.filter((w) => w.end > from && w.end <= to)
    return closing(this.#part, due, touched)
  }
}

/** Closing findings of windows whose rows nothing odd touched. */
export async function closing(part: Judging, windows: OpenWindow[], touched: boolean): Promise<Windowed[]> {
  const points = (touched ? windows.filter((w) => isLeftAlone(part, w)) : windows).map((w): Point => ({ ...w, tick: tickOf(w.end) }))
  const judged = await part.exact.judge(points)
  return points.flatMap((point, i) => {
    const of = judged[i]
    return of === undefined ? [] : [findingOf(part, point, of, 'end', point.end)]
  })
}

/** Nothing odd touched the window. */
function isLeftAlone({ touched }: Judging, w: OpenWindow): boolean {
  for (const time of touched.times(w.institution, w.key)) if (time >= w.start && time < w.end) return false
  return true
}

/** Windows that have qualified, in their harshest grade, are not looked at again while they are open. */
export async function remember({ db, rule }: Judging, points: (Point & { grade: number })[]): Promise<void> {
  const rows = points.map((p) => `('${rule.code}', '${p.institution.replaceAll("'", "''")}', '${p.key.replaceAll("'", "''")}', ${p.start}, ${p.grade})`)
  await db.run(`INSERT INTO engine.qualified VALUES ${rows.join(', ')}`)
}

/** Beside `notAtTop`: the grade a window is known to have, -1: none. */
export const KNOWN_GRADE = 'coalesce(q.grade, -1) AS known'

/** Joins windows `w` with the grades they are known to have, and leaves out those that have the harshest. */
export function notAtTop(rule: WindowRule): string {
  return `LEFT JOIN (SELECT institution, k, start, max(grade) AS grade FROM engine.qualified WHERE code = '${rule.code}' GROUP BY ALL) q
      ON q.institution = w.institution AND q.k = w.k AND q.start = w.start WHERE coalesce(q.grade, -1) < ${topGrade(rule)}`
}

function eachOnce(windows: OpenWindow[]): OpenWindow[] {
  return [...new Map(windows.map((w) => [JSON.stringify([w.institution, w.key, w.start]), w])).values()]
}

export function windowOf(f: Windowed): OpenWindow {
  return { institution: f.institution, key: keyOf(f.subject), start: f.start, end: f.end }
}
