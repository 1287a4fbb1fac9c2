/**
 * Sessions of keys that nothing odd touched: rows are folded into them as the watermark passes, and each is judged when it ends. What is open is kept
 * as one partial result per session; early rules also run the measures tick by tick for sessions whose bounds qualify.
 */
import type { Windowed } from '../../../contract/finding.ts'
import { keyOf } from '../../../contract/subjects.ts'
import { tickOf } from '../../../contract/tick.ts'
import { conditionOf, mayHold } from '../expression.ts'
import type { Point } from './exact.ts'
import { closing } from './early.ts'
import { columnNames, findingOf, type Judging, type Kind, needsRows, type OpenWindow, ownTable, partColumns } from './judge.ts'
import { boundsOf, growsOnly, isCounted, merged, partsOf } from './measures.ts'
import { openings } from './openings.ts'
import { plainRows, plainRowsOrNone, versionedRows } from './rows.ts'
import { double } from './shape.ts'
import { verdictColumns } from './verdict.ts'

/** The start of the earliest session with a row whose time is `after` or later, whichever of its rows are in force; Infinity: there is none. */
export async function earliestStart(part: Judging, after: number): Promise<number> {
  const { db, shape } = part
  const rows = versionedRows(part, -Infinity, Infinity, [])
  const [row] = await db.rows(`WITH near AS (SELECT institution, k, time, lag(time) OVER (PARTITION BY institution, k ORDER BY time) AS before FROM (${rows})),
    runs AS (SELECT time, max(CASE WHEN before IS NULL OR time - before >= ${shape.gap} THEN time END) OVER (PARTITION BY institution, k ORDER BY time ROWS UNBOUNDED PRECEDING) AS start FROM near)
    SELECT min(start) FROM runs WHERE time >= ${double(after)}`)
  return row?.[0] === null || row === undefined ? Infinity : Number(row[0])
}

export class Sessions implements Kind {
  readonly #part: Judging
  #table = ''

  constructor(part: Judging) {
    this.#part = part
  }

  async restore(from: number): Promise<void> {
    const columns = ['institution VARCHAR', 'k VARCHAR', 'start DOUBLE', 'last DOUBLE', ...partColumns(partsOf(this.#part.rule))]
    const { table, made } = await ownTable(this.#part, 'session', columns)
    this.#table = table
    const past = made ? plainRows(this.#part, -Infinity, from) : undefined
    if (past === undefined) return
    await this.#fold(past, '', from)
    await this.#part.db.run(
      `INSERT INTO ${table} SELECT institution, k, start, last, ${columnNames(this.#part.rule)} FROM window_folded WHERE last + ${this.#part.shape.gap} > ${double(from)}`,
    )
  }

  async check(from: number, to: number, touched: boolean, open: OpenWindow[]): Promise<Windowed[]> {
    const { db, rule, shape } = this.#part
    const slow = touched ? ` ANTI JOIN (SELECT * FROM engine.touched WHERE code = '${rule.code}') t ON t.institution = r.institution AND t.k = r.k` : ''
    if (touched)
      await db.run(
        `DELETE FROM ${this.#table} r USING (SELECT DISTINCT institution, k FROM engine.touched WHERE code = '${rule.code}') t WHERE t.institution = r.institution AND t.k = r.k`,
      )
    await this.#fold(plainRowsOrNone(this.#part, from, to), slow, to)
    const early = shape.early && to >= this.#part.firstTick ? await this.#early(to) : []
    const closed = shape.early
      ? await this.#closing(to, [...open, ...early.map((f) => ({ institution: f.institution, key: keyOf(f.subject), start: f.start, end: f.end }))])
      : await this.#closed(to)
    await db.run(`DELETE FROM ${this.#table} r USING (SELECT DISTINCT institution, k FROM window_folded) f WHERE f.institution = r.institution AND f.k = r.k;
      INSERT INTO ${this.#table} SELECT institution, k, start, last, ${columnNames(rule)} FROM window_folded WHERE last + ${shape.gap} > ${double(to)}`)
    return [...early, ...closed]
  }

  /** Sessions that got rows or that end by `to`, into `window_folded`: one row each, `fresh` those that got rows. */
  async #fold(rows: string, slow: string, to: number): Promise<void> {
    const { db, rule, shape } = this.#part
    const parts = partsOf(rule)
    const table = this.#table
    await db.run(`CREATE OR REPLACE TEMP TABLE window_fresh AS SELECT r.* FROM (${rows}) r${slow};
      CREATE OR REPLACE TEMP TABLE window_folded AS
      WITH carried AS (SELECT * FROM ${table} WHERE last + ${shape.gap} <= ${double(to)} UNION SELECT s.* FROM ${table} s SEMI JOIN window_fresh f ON f.institution = s.institution AND f.k = s.k),
        items AS (SELECT institution, k, start, last FROM carried UNION ALL SELECT DISTINCT institution, k, time, time FROM window_fresh),
        near AS (SELECT *, lag(last) OVER (PARTITION BY institution, k ORDER BY start) AS before FROM items),
        runs AS (SELECT *, max(CASE WHEN before IS NULL OR start - before >= ${shape.gap} THEN start END) OVER (PARTITION BY institution, k ORDER BY start ROWS UNBOUNDED PRECEDING) AS session FROM near),
        pieces AS (SELECT c.institution, c.k, r.session, c.last, false AS fresh, ${parts.map((p) => `c."${p.column}"`).join(', ')} FROM carried c JOIN runs r USING (institution, k, start)
          UNION ALL SELECT f.institution, f.k, r.session, max(f.time), true, ${parts.map((p) => `${p.ofRows} AS "${p.column}"`).join(', ')}
            FROM window_fresh f JOIN (SELECT institution, k, start, session FROM runs) r ON r.institution = f.institution AND r.k = f.k AND r.start = f.time GROUP BY f.institution, f.k, r.session)
      SELECT institution, k, session AS start, max(last) AS last, bool_or(fresh) AS fresh, ${parts.map((p) => `${merged(p)} AS "${p.column}"`).join(', ')} FROM pieces GROUP BY institution, k, session`)
  }

  /** Sessions that have ended and qualify. */
  async #closed(to: number): Promise<Windowed[]> {
    const { db, rule, shape, exact } = this.#part
    const when = growsOnly(rule, isCounted) ? mayHold(rule, rule.when, 'start') : 'true'
    const rows = await db.objects(`WITH measured AS (SELECT *, ${boundsOf(rule).join(', ')} FROM window_folded WHERE last + ${shape.gap} <= ${double(to)})
      SELECT *, ${conditionOf(rule, rule.when, 'start')} AS hit, ${verdictColumns(rule)} FROM measured WHERE ${when}`)
    const points = rows.map((r): Point => {
      const end = Number(r['last']) + shape.gap
      return { institution: String(r['institution']), key: String(r['k']), start: Number(r['start']), end, tick: tickOf(end) }
    })
    const judged = needsRows(this.#part) ? await exact.judge(points) : exact.read(rows, points)
    return points.flatMap((point, i) => {
      const of = judged[i]
      return of?.hit === true ? [findingOf(this.#part, point, of, 'end', point.end)] : []
    })
  }

  /** The first ticks in which open sessions qualify. */
  async #early(to: number): Promise<Windowed[]> {
    const { db, rule } = this.#part
    const when = growsOnly(rule) ? mayHold(rule, rule.when, 'start') : 'true'
    const rows = await db.rows(`SELECT institution, k, start, last FROM (SELECT *, ${boundsOf(rule).join(', ')} FROM window_folded WHERE fresh) WHERE ${when}`)
    const candidates = rows.map(([institution, k, start, last]) => ({
      institution: String(institution),
      key: String(k),
      start: Number(start),
      // Times are whole milliseconds.
      until: Number(last) + 1,
    }))
    return openings(this.#part, candidates, to)
  }

  /** Final values of sessions on show: they are among the folded ones when they end. */
  async #closing(to: number, open: OpenWindow[]): Promise<Windowed[]> {
    const { db, shape, qualified } = this.#part
    const ended = await db.rows(`SELECT institution, k, start, last + ${shape.gap} FROM window_folded WHERE last + ${shape.gap} <= ${double(to)}`)
    const shown = new Set(open.map((w) => JSON.stringify([w.institution, w.key, w.start])))
    const windows = ended.map(
      ([institution, key, start, end]): OpenWindow => ({ institution: String(institution), key: String(key), start: Number(start), end: Number(end) }),
    )
    await qualified.forget(windows)
    const due = windows.filter((w) => shown.has(JSON.stringify([w.institution, w.key, w.start])))
    return closing(this.#part, due, false)
  }
}
