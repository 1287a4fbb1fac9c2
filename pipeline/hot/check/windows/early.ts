/**
 * Hopping windows judged at every tick while they are open. For measures that only grow, upper bounds per pane name the windows that could qualify; only
 * for those the exact measures are run tick by tick, and never again once a window has qualified.
 */
import { version } from '@duckdb/node-api'
import type { Windowed } from '../../../contract/finding.ts'
import type { WindowRule } from '../../../contract/rule.ts'
import { keyOf } from '../../../contract/subjects.ts'
import { tickOf } from '../../../contract/tick.ts'
import { load } from '../../../store/load.ts'
import { isOneForAll, mayHold } from '../expression.ts'
import type { Point } from './exact.ts'
import { openedByFirstRow, opensWithFirstRow } from './first-row.ts'
import { findingOf, type Judging, type Kind, type OpenWindow, ownTable } from './judge.ts'
import { boundOfRows, growsOnly } from './measures.ts'
import { type Candidate, isLeftAlone, openings } from './openings.ts'
import { plainRows } from './rows.ts'
import { double, paneStart, windowStarts } from './shape.ts'

/** Bounds are folded together when they have doubled, and at least so many rows have come. */
const FOLD_ROWS = 50_000

/** A key in the bounds: one number, since two that are one by chance only make a bound too high. */
const HASH = 'hash(institution, k)'

export class EarlyWindows implements Kind {
  readonly #part: Judging
  #bounded: boolean
  readonly #names: string[]
  readonly #merge: string
  #table = ''
  /** Windows that start after this open with their first row; Infinity: none does. */
  #began = Infinity
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
    if (await opensWithFirstRow(this.#part)) {
      // Of windows that had begun when the rule was another, rows may have come already.
      this.#began = made ? from : -Infinity
      this.#bounded = false
      return
    }
    // A table made anew takes what was judged already from the segments.
    const past = made ? plainRows(this.#part, -Infinity, from, { anyKind: true }) : undefined
    if (past !== undefined) await this.#bound(past, from)
    this.#kept = Number((await this.#part.db.rows(`SELECT count(*) FROM ${table}`))[0]?.[0] ?? 0)
    this.#came = 0
  }

  async check(from: number, to: number, touched: boolean, open: OpenWindow[]): Promise<Windowed[]> {
    this.#part.exact.rowsHeld.expect(endingIn(open, from, to))
    const qualified = await this.#qualified(from, to)
    await this.#part.qualified.forgetUntil(to - this.#part.shape.size)
    return [...qualified, ...(await this.#closed(from, to, touched, eachOnce([...open, ...qualified.map(windowOf)])))]
  }

  async #qualified(from: number, to: number): Promise<Windowed[]> {
    const part = this.#part
    const began = this.#began
    const opened = began === Infinity ? [] : await openedByFirstRow(part, [from, to], began)
    const fresh = began + part.shape.size <= from ? undefined : plainRows(part, from, to, { anyKind: true })
    if (fresh === undefined) return opened
    const candidates = (await this.#candidates(fresh, from, to)).filter((c) => c.start <= began && isLeftAlone(part, c))
    return [...opened, ...(await openings(part, candidates, to))]
  }

  /** Windows that rows of this release fall into and that could qualify. */
  async #candidates(fresh: string, from: number, to: number): Promise<Candidate[]> {
    if (!this.#bounded) return this.#found(this.#windowsOf(fresh, ''))
    if ((await this.#bound(fresh, to)) === 0) return []
    const among = await this.#among(from, to)
    const found = among === undefined ? [] : await this.#found(this.#reaching(this.#windowsOf(fresh, among)))
    await this.#fold(to)
    return found
  }

  /** The windows that a query gives as institution, k and start. */
  async #found(query: string): Promise<Candidate[]> {
    const { db, shape } = this.#part
    const rows = await db.rows(`SELECT institution, k, start FROM (${query})`)
    return rows.map(([institution, k, start]) => ({
      institution: String(institution),
      key: String(k),
      start: Number(start),
      until: Number(start) + shape.size,
    }))
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
    if (!isOneForAll(rule, rule.when)) return ''
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

  /** The windows of rows, as institution, k, h and start. */
  #windowsOf(rows: string, among: string): string {
    const { shape } = this.#part
    const panes = `SELECT DISTINCT institution, k, h, ${paneStart(shape)} AS pane FROM (SELECT institution, k, ${HASH} AS h, time FROM (${rows}))${among}`
    return `SELECT DISTINCT institution, k, h, ${windowStarts(shape, 'pane')} AS start FROM (${panes})`
  }

  /** Those of some windows whose panes together reach enough. */
  #reaching(windows: string): string {
    const { rule, shape } = this.#part
    return `SELECT * FROM (SELECT w.institution, w.k, w.h, w.start, ${this.#merge}
      FROM (${windows}) w JOIN ${this.#table} b ON b.h = w.h AND b.pane >= w.start AND b.pane < w.start + ${shape.size} GROUP BY ALL)
      WHERE ${mayHold(rule, rule.when, 'start')}`
  }

  get #isCounted(): boolean {
    return Object.values(this.#part.rule.measures).some((m) => m.kind === 'distinct')
  }

  /** One row per key and pane again, without panes that no window reaches any more. */
  async #fold(to: number): Promise<void> {
    if (this.#came < this.#kept + FOLD_ROWS) return
    const { db, shape } = this.#part
    await db.run(`CREATE OR REPLACE TEMP TABLE window_folded AS SELECT h, pane, max(came) AS came, ${this.#merge} FROM ${this.#table}
      WHERE pane > ${double(to - shape.size - shape.pane)} GROUP BY h, pane;
      DELETE FROM ${this.#table}; INSERT INTO ${this.#table} SELECT h, pane, came, ${this.#names.join(', ')} FROM window_folded`)
    this.#kept = Number((await db.rows('SELECT count(*) FROM window_folded'))[0]?.[0] ?? 0)
    this.#came = 0
  }

  /** Final values of the windows on show, and of those that qualified in this very release. */
  async #closed(from: number, to: number, touched: boolean, open: OpenWindow[]): Promise<Windowed[]> {
    return closing(this.#part, endingIn(open, from, to), touched)
  }
}

function endingIn(windows: OpenWindow[], from: number, to: number): OpenWindow[] {
  return windows.filter((w) => w.end > from && w.end <= to)
}

/** Bounds of all measures, as a select list over rows. */
function boundsOfRows(rule: WindowRule): string {
  return Object.entries(rule.measures)
    .map(([n, m]) => `${boundOfRows(rule, n, m)} AS "${n}"`)
    .join(', ')
}

/** Closing findings of windows whose rows nothing odd touched. */
export async function closing(part: Judging, windows: OpenWindow[], touched: boolean): Promise<Windowed[]> {
  const points = (touched ? windows.filter((w) => isLeftAlone(part, { ...w, until: w.end })) : windows).map((w): Point => ({ ...w, tick: tickOf(w.end) }))
  const judged = await part.exact.judge(points)
  return points.flatMap((point, i) => {
    const of = judged[i]
    return of === undefined ? [] : [findingOf(part, point, of, 'end', point.end)]
  })
}

function eachOnce(windows: OpenWindow[]): OpenWindow[] {
  return [...new Map(windows.map((w) => [JSON.stringify([w.institution, w.key, w.start]), w])).values()]
}

export function windowOf(f: Windowed): OpenWindow {
  return { institution: f.institution, key: keyOf(f.subject), start: f.start, end: f.end }
}
