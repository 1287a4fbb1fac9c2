/**
 * Hopping windows judged when they close. Each row is aggregated once, when the watermark passes its pane; windows merge panes. While no pane passes
 * nothing is asked of the database at all.
 */
import type { Windowed } from '../../../contract/finding.ts'
import { periodsOf } from '../../../contract/rule.ts'
import { conditionOf, mayHold, parametersIn } from '../expression.ts'
import { columnNames, findingOf, type Judging, type Kind, needsRows, ownTable, partColumns, untouched } from './judge.ts'
import { boundsOf, growingPart, growsOnly, isCounted, merged, partsOf } from './measures.ts'
import { plainRows } from './rows.ts'
import { double, endsIn, paneStart, windowStarts } from './shape.ts'
import { verdictColumns } from './verdict.ts'

/** Panes that no window needs any more are deleted when about as many rows have come since the last time. */
const PRUNE_ROWS = 50_000

export class ClosingWindows implements Kind {
  readonly #part: Judging
  #table = ''
  /** Panes below are folded. */
  #folded = -Infinity
  #rows = 0
  #kept = 0

  constructor(part: Judging) {
    this.#part = part
  }

  async restore(from: number): Promise<void> {
    const columns = ['institution VARCHAR', 'k VARCHAR', 'pane DOUBLE', ...partColumns(partsOf(this.#part.rule))]
    const { table, made } = await ownTable(this.#part, 'pane', columns)
    this.#table = table
    // A table made anew takes its rows from the segments.
    this.#folded = made ? -Infinity : this.#passed(from)
    this.#kept = made ? 0 : Number((await this.#part.db.rows(`SELECT count(*) FROM ${table}`))[0]?.[0] ?? 0)
  }

  async check(from: number, to: number, touched: boolean): Promise<Windowed[]> {
    const passed = this.#passed(to)
    if (passed <= this.#folded) return []
    await this.#fold(passed)
    const findings = await this.#closed(from, to, touched)
    await this.#prune(to)
    return findings
  }

  /** The end of the last pane that lies whole below `time`. */
  #passed(time: number): number {
    const { origin, pane } = this.#part.shape
    return Number.isFinite(time) ? Math.floor((time - origin) / pane) * pane + origin : time
  }

  async #fold(passed: number): Promise<void> {
    const { db, rule, shape } = this.#part
    const rows = plainRows(this.#part, this.#folded - 1, passed - 1)
    this.#folded = passed
    if (rows === undefined) return
    const parts = partsOf(rule).map((p) => `${p.ofRows} AS "${p.column}"`)
    const result = await db.connection.run(
      `INSERT INTO ${this.#table} SELECT institution, k, ${paneStart(shape)} AS pane, ${parts.join(', ')} FROM (${rows}) GROUP BY institution, k, pane`,
    )
    this.#rows += result.rowsChanged
  }

  async #closed(from: number, to: number, touched: boolean): Promise<Windowed[]> {
    const { db, rule, shape, exact } = this.#part
    const merge = partsOf(rule).map((p) => `${merged(p)} AS "${p.column}"`)
    const when = growsOnly(rule, isCounted) ? mayHold(rule, rule.when, 'start') : 'true'
    const panes = `${this.#table} WHERE pane > ${double(from - shape.size)} AND pane < ${double(to)}`
    const isDated = periodsOf(rule, parametersIn(rule.when)).length > 0
    const growing = !isDated && to - from > shape.every ? growingPart(rule) : undefined
    const busy = growing === undefined ? '' : ` AND (institution, k) IN (${this.#busy(panes, growing)})`
    const rows =
      await db.objects(`WITH w AS (SELECT * FROM (SELECT institution, k, ${windowStarts(shape, 'pane')} AS start, ${columnNames(rule)} FROM ${panes}${busy}) WHERE ${endsIn(shape, from, to)}),
      sums AS (SELECT institution, k, start, ${merge.join(', ')} FROM w${untouched(this.#part, touched)} GROUP BY institution, k, start),
      measured AS (SELECT *, ${boundsOf(rule).join(', ')} FROM sums)
      SELECT *, ${conditionOf(rule, rule.when, 'start')} AS hit, ${verdictColumns(rule)} FROM measured WHERE ${when}`)
    const points = rows.map((r) => {
      const [start, end] = [Number(r['start']), Number(r['start']) + shape.size]
      return { institution: String(r['institution']), key: String(r['k']), start, end, tick: Math.ceil(end / 1000) * 1000 }
    })
    const judged = needsRows(this.#part) ? await exact.judge(points) : exact.read(rows, points)
    return points.flatMap((point, i) => {
      const verdict = judged[i]
      return verdict?.hit === true ? [findingOf(this.#part, point, verdict, 'end', point.end)] : []
    })
  }

  /** Of several windows at once: most keys do not reach in all their panes together what they would have to reach in one window. */
  #busy(panes: string, growing: string): string {
    const { rule } = this.#part
    const most = partsOf(rule).map((p) => `${p.merge === 'sum' ? `sum(greatest("${p.column}", 0))` : merged(p)} AS "${p.column}"`)
    return `SELECT institution, k FROM (SELECT *, ${boundsOf(rule).join(', ')} FROM (SELECT institution, k, ${most.join(', ')} FROM ${panes} GROUP BY institution, k))
      WHERE ${mayHold(rule, growing)}`
  }

  async #prune(to: number): Promise<void> {
    if (this.#rows < this.#kept + PRUNE_ROWS) return
    await this.#part.db.run(`DELETE FROM ${this.#table} WHERE pane <= ${double(to - this.#part.shape.size)}`)
    this.#kept = Number((await this.#part.db.rows(`SELECT count(*) FROM ${this.#table}`))[0]?.[0] ?? 0)
    this.#rows = 0
  }
}
