/**
 * Hopping windows judged at every tick while they are open. For measures that only grow, upper bounds per pane name the windows that could qualify; only
 * for those the exact measures are run tick by tick, and never again once a window has qualified.
 */
import { type DuckDBValue, version } from '@duckdb/node-api'
import type { Windowed } from '../../../contract/finding.ts'
import { type Parameter, periodsOf, type WindowRule } from '../../../contract/rule.ts'
import { keyOf } from '../../../contract/subjects.ts'
import { tickOf } from '../../../contract/tick.ts'
import { doubleColumn, integerColumn, textColumn } from '../../../store/columns.ts'
import { load } from '../../../store/load.ts'
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

/** A key in the bounds: one number, since two that are one by chance only make a bound too high. */
const HASH = 'hash(institution, k)'

/** A window that could qualify, and the grade it is known to have. */
type Candidate = { institution: string; k: string; start: number; known: number }

export class EarlyWindows implements Kind {
  readonly #part: Judging
  readonly #bounded: boolean
  readonly #names: string[]
  readonly #merge: string
  #table = ''
  #came = 0
  #kept = 0

  constructor(part: Judging) {
    this.#part = part
    this.#bounded = growsOnly(part.rule)
    const entries = Object.entries(part.rule.measures)
    this.#names = entries.map(([n]) => `"${n}"`)
    this.#merge = entries.map(([n, m]) => `${m.kind === 'min' || m.kind === 'max' ? m.kind : 'sum'}("${n}") AS "${n}"`).join(', ')
  }

  async restore(from: number): Promise<void> {
    if (!this.#bounded) return
    const columns = Object.entries(this.#part.rule.measures).map(
      ([n, m]) => `"${n}" ${m.kind === 'count' || m.kind === 'distinct' ? 'BIGINT' : 'DECIMAL(38,10)'}`,
    )
    const { table, made } = await ownTable(this.#part, 'bound', ['h UBIGINT', 'pane DOUBLE', 'came DOUBLE', ...columns], version())
    this.#table = table
    // A table made anew takes what was judged already from the segments.
    const past = made ? plainRows(this.#part, -Infinity, from, { anyKind: true }) : undefined
    if (past !== undefined) await this.#bound(past, from)
    this.#kept = Number((await this.#part.db.rows(`SELECT count(*) FROM ${table}`))[0]?.[0] ?? 0)
    this.#came = 0
  }

  async check(from: number, to: number, touched: boolean, open: OpenWindow[]): Promise<Windowed[]> {
    const qualified = await this.#qualified(from, to, touched)
    return [...qualified, ...(await this.#closed(from, to, touched, eachOnce([...open, ...qualified.map(windowOf)])))]
  }

  async #qualified(from: number, to: number, touched: boolean): Promise<Windowed[]> {
    const { db, rule, shape, exact } = this.#part
    const fresh = plainRows(this.#part, from, to, { anyKind: true })
    if (fresh === undefined) return []
    const candidates = await this.#candidates(fresh, from, to, touched)
    if (candidates.length === 0 || to < this.#part.firstTick) return []
    const low = candidates.reduce((first, c) => Math.min(first, c.start), Infinity)
    const windows = this.#place(candidates)
    const rows = plainRows(this.#part, low - 1, to, { keys: `SELECT institution, k FROM ${windows}` })
    if (rows === undefined) return []
    const members = `SELECT v.*, c.start, c.known, ${TICK_SQL} AS tick FROM (${rows}) v JOIN ${windows} c
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

  /** Windows that rows of this release fall into and that could qualify. */
  async #candidates(fresh: string, from: number, to: number, touched: boolean): Promise<Candidate[]> {
    const { db } = this.#part
    if (!this.#bounded) return candidatesOf(await db.rows(this.#windowsOf(fresh, '', touched)))
    if ((await this.#bound(fresh, to)) === 0) return []
    const among = await this.#among(from, to)
    const found = among === undefined ? [] : candidatesOf(await db.rows(this.#reaching(this.#windowsOf(fresh, among, touched))))
    await this.#fold(to)
    return found
  }

  /** Takes in the bounds of rows of a release; how many keys and panes they have. */
  async #bound(rows: string, to: number): Promise<number> {
    const by = `${HASH} AS h, ${paneStart(this.#part.shape)} AS pane`
    const { rowsChanged } = await this.#part.db.connection.run(
      `INSERT INTO ${this.#table} SELECT ${by}, ${double(to)} AS came, ${boundsOfRows(this.#part.rule)} FROM (${rows}) GROUP BY h, pane`,
    )
    this.#came += rowsChanged
    return rowsChanged
  }

  /** Joins the keys of a release that reach enough with all their panes together; nothing to join where that says nothing; undefined: there is none. */
  async #among(from: number, to: number): Promise<string | undefined> {
    const { rule, shape } = this.#part
    // All panes of a key together are no window, and have no parameters of their own.
    if (this.#isDated || [...parametersIn(rule.when)].some((p) => isByInstitution(rule.parameters[p]))) return ''
    const panes = `${this.#table} SEMI JOIN (SELECT h FROM ${this.#table} WHERE came = ${double(to)}) f USING (h) WHERE pane > ${double(from - shape.size - shape.pane)}`
    const keys = await this.#keysThatReach(`SELECT h, ${this.#merge} FROM ${panes} GROUP BY h`)
    const rows = keys === undefined || !this.#isCounted ? undefined : plainRows(this.#part, from - shape.size, to, { anyKind: true })
    if (keys === undefined || rows === undefined) return keys
    // Distinct counts of panes add up to too much where the same ones come again: once more with all rows of a key together.
    return this.#keysThatReach(`SELECT h, ${boundsOfRows(rule)} FROM (SELECT *, ${HASH} AS h FROM (${rows}))${keys} GROUP BY h`)
  }

  /** Joins those of some keys, with bounds of all they have, that reach enough; undefined: there is none. */
  async #keysThatReach(bounds: string): Promise<string | undefined> {
    const { db, rule } = this.#part
    const keys = await db.rows(`SELECT h FROM (${bounds}) WHERE ${mayHold(rule, rule.when)}`)
    if (keys.length === 0) return undefined
    const values = BigUint64Array.from(keys, ([h]) => h as bigint)
    return ` SEMI JOIN ${load(db, `keys of ${rule.code}`, [{ name: 'h', column: { type: 'ubigint', values } }], keys.length)} USING (h)`
  }

  /** The windows of rows that something else has not settled, as institution, k, h, start and known. */
  #windowsOf(rows: string, among: string, touched: boolean): string {
    const { rule, shape } = this.#part
    const panes = `SELECT DISTINCT institution, k, h, ${paneStart(shape)} AS pane FROM (SELECT institution, k, ${HASH} AS h, time FROM (${rows}))${among}`
    return `SELECT w.institution, w.k, w.h, w.start, ${KNOWN_GRADE} FROM (SELECT DISTINCT institution, k, h, ${windowStarts(shape, 'pane')} AS start FROM (${panes})) w${untouched(this.#part, touched)} ${notAtTop(rule)}`
  }

  /** Those of some windows whose panes together reach enough. */
  #reaching(windows: string): string {
    const { rule, shape } = this.#part
    return `SELECT institution, k, h, start, known FROM (SELECT w.institution, w.k, w.h, w.start, w.known, ${this.#merge}
      FROM (${windows}) w JOIN ${this.#table} b ON b.h = w.h AND b.pane >= w.start AND b.pane < w.start + ${shape.size} GROUP BY ALL)
      WHERE ${mayHold(rule, rule.when, 'start')}`
  }

  /** Parameters of `when` have values of their own at some times, or for some institutions. */
  get #isDated(): boolean {
    const { rule } = this.#part
    return periodsOf(rule, parametersIn(rule.when)).length > 0
  }

  get #isCounted(): boolean {
    return Object.values(this.#part.rule.measures).some((m) => m.kind === 'distinct')
  }

  /** The candidates as a relation that lies in memory. */
  #place(candidates: readonly Candidate[]): string {
    const columns = [
      { name: 'institution', column: textColumn(candidates.map((c) => c.institution)) },
      { name: 'k', column: textColumn(candidates.map((c) => c.k)) },
      { name: 'start', column: doubleColumn(candidates.map((c) => c.start)) },
      { name: 'known', column: integerColumn(candidates.map((c) => c.known)) },
    ]
    return load(this.#part.db, `candidates of ${this.#part.rule.code}`, columns, candidates.length)
  }

  /** One row per key and pane again, without panes that no window reaches any more. */
  async #fold(to: number): Promise<void> {
    if (this.#came < this.#kept + FOLD_ROWS) return
    const { db, shape } = this.#part
    await db.run(`CREATE OR REPLACE TEMP TABLE window_folded AS SELECT h, pane, max(came) AS came, ${this.#merge} FROM ${this.#table}
      WHERE pane > ${double(to - shape.size - shape.pane)} GROUP BY h, pane;
      DELETE FROM ${this.#table}; INSERT INTO ${this.#table} SELECT h, pane, came, ${this.#names.join(', ')} FROM window_folded;
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

function candidatesOf(rows: DuckDBValue[][]): Candidate[] {
  return rows.map(([institution, k, , start, known]) => ({ institution: String(institution), k: String(k), start: Number(start), known: Number(known) }))
}

function isByInstitution(p: Parameter | undefined): boolean {
  return p?.type === 'amount' && p.of !== undefined
}

/** Bounds of all measures, as a select list over rows. */
function boundsOfRows(rule: WindowRule): string {
  return Object.entries(rule.measures)
    .map(([n, m]) => `${boundOfRows(rule, n, m)} AS "${n}"`)
    .join(', ')
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
