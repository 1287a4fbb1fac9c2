/** Rolling windows: what came of the same key in the time before each event, judged once, when the watermark has passed the event. */
import type { Windowed } from '../../../contract/finding.ts'
import { conditionOf, mayHold } from '../expression.ts'
import type { Point } from './exact.ts'
import { findingOf, type Judging, type Kind, needsRows } from './judge.ts'
import { boundsOf, growsOnly, isCounted, partsOf } from './measures.ts'
import { plainRows } from './rows.ts'
import { double } from './shape.ts'
import { verdictColumns } from './verdict.ts'

export class RollingWindows implements Kind {
  readonly #part: Judging

  constructor(part: Judging) {
    this.#part = part
  }

  restore(): Promise<void> {
    return Promise.resolve()
  }

  async check(from: number, to: number, touched: boolean): Promise<Windowed[]> {
    const { db, rule, shape, exact } = this.#part
    const fresh = plainRows(this.#part, from, to)
    const rows = fresh === undefined ? undefined : plainRows(this.#part, from - shape.size, to)
    if (rows === undefined) return []
    const when = growsOnly(rule, isCounted) ? mayHold(rule, rule.when, 'time') : 'true'
    const slow = touched
      ? ` ANTI JOIN (SELECT * FROM engine.touched WHERE code = '${rule.code}') t ON t.institution = w.institution AND t.k = w.k AND t.time >= w.time - ${shape.size} AND t.time <= w.time`
      : ''
    // Times are whole milliseconds: [t − size, t) is from `size` to 1 ms before.
    const found =
      await db.objects(`WITH v AS (SELECT r.* FROM (${rows}) r SEMI JOIN (SELECT DISTINCT institution, k FROM (${fresh})) f ON f.institution = r.institution AND f.k = r.k),
      w AS (SELECT institution, k, time, count(*) OVER before AS rows_in, ${partsOf(rule)
        .map((p) => `${p.ofRows} OVER before AS "${p.column}"`)
        .join(', ')} FROM v
        WINDOW before AS (PARTITION BY institution, k ORDER BY time RANGE BETWEEN ${shape.size} PRECEDING AND 1 PRECEDING)),
      due AS (SELECT DISTINCT ON (institution, k, time) w.* FROM w${slow} WHERE w.time > ${double(from)} AND w.rows_in > 0),
      measured AS (SELECT *, ${boundsOf(rule).join(', ')} FROM due)
      SELECT *, ${conditionOf(rule, rule.when, 'time')} AS hit, ${verdictColumns(rule, 'time')} FROM measured WHERE ${when}`)
    const points = found.map((r): Point => {
      const time = Number(r['time'])
      return { institution: String(r['institution']), key: String(r['k']), start: time - shape.size, end: time, tick: Math.ceil(time / 1000) * 1000 }
    })
    const judged = needsRows(this.#part) ? await exact.judge(points) : exact.read(found, points)
    return points.flatMap((point, i) => {
      const of = judged[i]
      return of?.hit === true ? [findingOf(this.#part, point, of, 'end', point.end)] : []
    })
  }
}
