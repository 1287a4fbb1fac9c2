/**
 * V(W, k, T) from the rows themselves: the measures of any windows of any keys at any ticks in one query, and the rows they rest on in another.
 * For candidates, closing values, corrections and evidence; never for every window.
 */
import type { DuckDBListValue, DuckDBStructValue, DuckDBValue } from '@duckdb/node-api'
import { formatTime } from '../../../contract/clock.ts'
import type { Evidence } from '../../../contract/finding.ts'
import type { WindowRule } from '../../../contract/rule.ts'
import { doubleColumn, integerColumn, textColumn } from '../../../store/columns.ts'
import { type Database, quote } from '../../../store/database.ts'
import { load } from '../../../store/load.ts'
import { EVIDENCE_SHOWN, type Locate, refOf } from '../evidence.ts'
import { conditionOf } from '../expression.ts'
import { gather } from '../gather.ts'
import { inEventOrder } from '../statement.ts'
import { countedOf, measuredColumns, partsOf, textsOf, valuesOf } from './measures.ts'
import { type HeldRow, HeldRows, plannedObjects } from './held.ts'
import { latestColumns, ROW_COLUMNS, type RuleRows, versionedRows } from './rows.ts'
import { verdictColumns } from './verdict.ts'
import type { Shape } from './shape.ts'

const [SHOWN, COUNTED] = ['~shown', '~counted']
/** Aggregates for `evidenceOf`: the first rows, and how many there are. */
export const FIRST_ROWS = `min({${ROW_COLUMNS.map((c) => `'${c}': ${c}`).join(', ')}}, ${EVIDENCE_SHOWN}) AS "${SHOWN}", count(*) AS "${COUNTED}"`

/** A window of a key at a tick. */
export type Point = { institution: string; key: string; start: number; end: number; tick: number }
/** `grade`: 0 for `when`, else the place of the rule's grade, from 1. */
export type Judged = { hit: boolean; values: Record<string, string>; threshold: string; grade: number }

export class Exact {
  readonly #db: Database
  readonly #rows: RuleRows
  readonly #locate: Locate
  readonly #unjudged: (about: string) => void
  /** Rows of what a release asks about. */
  readonly rowsHeld: HeldRows
  /** Evidence of a point; what is asked for at once is one query. */
  readonly evidence = gather((points: Point[]) => this.#evidence(points))

  /** `unjudged`: told of windows that could not be judged. */
  constructor(db: Database, rows: RuleRows, locate: Locate, unjudged: (about: string) => void = () => undefined) {
    this.#db = db
    this.#rows = rows
    this.rowsHeld = new HeldRows(db, rows)
    this.#locate = locate
    this.#unjudged = unjudged
  }

  /** In the order of the points. A window without a row does not qualify. */
  async judge(points: Point[]): Promise<Judged[]> {
    if (points.length === 0) return []
    const { rule, shape } = this.#rows
    const reporters = shape.everyone ? [`string_agg(DISTINCT reporter, ',' ORDER BY reporter) AS reporters`] : []
    const aggregates = [...partsOf(rule).map((p) => `${p.ofRows} AS "${p.column}"`), ...countedOf(rule), ...reporters]
    const latest = points.reduce((high, p) => Math.max(high, p.tick), -Infinity)
    const held = await this.rowsHeld.relation(points, latest)
    const sql = `WITH points AS (SELECT * FROM ${this.#place(points)}), ${this.#members(held ?? this.#versioned(points, measuredColumns(rule)))}, sums AS (SELECT pt, count(*) AS rows_in, ${aggregates.join(', ')} FROM members GROUP BY pt),
      measured AS (SELECT p.pt, p.institution, ${shape.kind === 'rolling' ? 'p.stop' : 'p.start'} AS start, s.* EXCLUDE (pt), ${valuesOf(rule).join(', ')} FROM points p LEFT JOIN sums s USING (pt))
      SELECT *, rows_in IS NOT NULL AND ${conditionOf(rule, rule.when, 'start')} AS hit, ${verdictColumns(rule)} FROM measured`
    const rows = await (held === undefined ? this.#db.objects(sql) : plannedObjects(this.#db, sql))
    rows.sort((a, b) => Number(a['pt']) - Number(b['pt']))
    return this.read(rows, points)
  }

  /** What rows of measures say; `points` are the windows they are of. */
  read(rows: readonly Record<string, DuckDBValue>[], points: readonly Point[]): Judged[] {
    return rows.map((row, i) => {
      if (row['hit'] === null) this.#note(points[i])
      return judgedOf(this.#rows.rule, row)
    })
  }

  /** Of rows with institution, k and start those whose window qualifies. */
  held(rows: readonly Record<string, DuckDBValue>[]): Record<string, DuckDBValue>[] {
    return rows.filter((row) => {
      if (row['hit'] === null) this.#note({ institution: String(row['institution']), key: String(row['k']), start: Number(row['start']) })
      return row['hit'] === true
    })
  }

  #note(window: Pick<Point, 'institution' | 'key' | 'start'> | undefined): void {
    if (window !== undefined) this.#unjudged(`${window.institution} ${window.key} ${formatTime(window.start)}`)
  }

  async #evidence(points: Point[]): Promise<Evidence[]> {
    const found = points.map((point) => this.#evidenceHeld(point))
    const others = points.filter((_, i) => found[i] === undefined)
    const read = others.length === 0 ? [] : await this.#evidenceRead(others)
    return found.map((held) => held ?? (read.shift() as Evidence))
  }

  async #evidenceRead(points: Point[]): Promise<Evidence[]> {
    const rows = await this.#db.objects(
      `WITH ${inline(points)}, ${this.#members(this.#versioned(points, ROW_COLUMNS))} SELECT pt, ${FIRST_ROWS} FROM ${this.#events()} GROUP BY pt`,
    )
    const found: Evidence[] = points.map(() => ({ refs: [], count: 0, path: [] }))
    for (const row of rows) found[Number(row['pt'])] = this.evidenceOf(row)
    return found
  }

  /** The same from rows that are held; undefined where they are not, or not all in force count. */
  #evidenceHeld(point: Point): Evidence | undefined {
    const { rule, shape } = this.#rows
    const held = rule.latest === undefined && lateLimit(shape) === '' ? this.rowsHeld.of(point) : undefined
    if (held === undefined) return undefined
    const events = new Map(held.filter((row) => isIn(point, row)).map((row) => [ROW_COLUMNS.map((c) => row[c]).join('\n'), row]))
    const statements = [...events.values()].map(statementOf).sort(inEventOrder)
    return this.#shown(statements.slice(0, EVIDENCE_SHOWN), statements.length)
  }

  /** What `FIRST_ROWS` says, in event order. */
  evidenceOf(row: Record<string, DuckDBValue>): Evidence {
    const { items } = row[SHOWN] as DuckDBListValue
    return this.#shown(
      items.map((item) => statementOf((item as DuckDBStructValue).entries)),
      Number(row[COUNTED]),
    )
  }

  #shown(statements: Parameters<typeof refOf>[0][], count: number): Evidence {
    return { refs: statements.map((s) => refOf(s, this.#rows.rule.reads, this.#locate)), count, path: [] }
  }

  /** The rows of the points, each event once. */
  #events(): string {
    return this.#rows.shape.keys.length === 1 ? 'members' : `(SELECT DISTINCT pt, ${ROW_COLUMNS.join(', ')} FROM members)`
  }

  /** The points as a relation that lies in memory. */
  #place(points: Point[]): string {
    const columns = [
      integerColumn(points.map((_, i) => i)),
      textColumn(points.map((p) => p.institution)),
      textColumn(points.map((p) => p.key)),
      ...[points.map((p) => p.start), points.map((p) => p.end), points.map((p) => p.tick)].map(doubleColumn),
    ]
    const named = columns.map((column, i) => ({ name: POINT_COLUMNS[i] ?? '', column }))
    return load(this.#db, `points of ${this.#rows.rule.code}`, named, points.length)
  }

  /** Common table expression `members`: those of `rows` in force in each of `points`. */
  #members(rows: string): string {
    const { shape, rule } = this.#rows
    const inTime = lateLimit(shape)
    const alike = latestColumns(rule)
    return `members AS (SELECT p.pt, v.* FROM points p JOIN ${rows} v ON v.institution = p.institution AND v.k = p.k
      AND v.time >= p.start AND v.time < p.stop AND v.born <= p.tick AND v.died > p.tick${inTime === '' ? '' : ` AND (v.op <> 'upsert' OR v.born <= ${inTime})`}${latestOnly(alike)})`
  }

  /** The rows around points, with `columns`, as a relation. */
  #versioned(points: Point[], columns: readonly string[]): string {
    const { shape, rule } = this.#rows
    const from = points.reduce((low, p) => Math.min(low, p.start), Infinity)
    const to = points.reduce((high, p) => Math.max(high, p.end), -Infinity)
    const alike = latestColumns(rule)
    const keys = rule.window.partyKind === undefined ? undefined : 'SELECT institution, k FROM points'
    return `(${versionedRows(this.#rows, from, to, [...columns, ...(lateLimit(shape) === '' ? [] : ['op']), ...alike], keys)})`
  }
}

/** Of rows of a point that are alike the last in (time, source, sequence, id). */
function latestOnly([alike, ...order]: string[]): string {
  const last = order.map((column) => `v.${column} DESC`).join(', ')
  return alike === undefined ? '' : ` QUALIFY row_number() OVER (PARTITION BY p.pt, v.${alike} ORDER BY ${last}) = 1`
}

const POINT_COLUMNS = ['pt', 'institution', 'k', 'start', 'stop', 'tick']

/** The points within the query itself: evidence of several rules is asked for at once, and an appender must not meet another query on its connection. */
function inline(points: Point[]): string {
  const rows = points.map((p, i) => `(${i}, ${quote(p.institution)}, ${quote(p.key)}, ${p.start}::DOUBLE, ${p.end}::DOUBLE, ${p.tick}::DOUBLE)`)
  return `points AS (SELECT * FROM (VALUES ${rows.join(', ')}) v(${POINT_COLUMNS.join(', ')}))`
}

function judgedOf(rule: WindowRule, row: Record<string, DuckDBValue>): Judged {
  const values = textsOf(rule, row)
  if (rule.scope === '*') values['institutions'] = String(row['reporters'] ?? '')
  return { hit: row['hit'] === true, values, threshold: String(row['threshold']), grade: Number(row['grade']) }
}

/** A statement of state is late for a window that had closed when it took effect; for a session, the one it would make by itself. */
function lateLimit(shape: Shape): string {
  if (!shape.state || shape.late === 'correct') return ''
  return `ceil(${shape.kind === 'session' ? `(v.time + ${shape.gap})` : 'p.stop'} / 1000) * 1000`
}

/** Whether a row is in force in a window at its tick. */
function isIn({ start, end, tick }: Point, row: HeldRow): boolean {
  const [time, born, died] = [Number(row['time']), Number(row['born']), Number(row['died'])]
  return time >= start && time < end && born <= tick && died > tick
}

function statementOf(r: HeldRow): Parameters<typeof refOf>[0] {
  return {
    e: Number(r['e']),
    source: String(r['source']),
    id: String(r['id']),
    sequence: r['sequence'] as bigint,
    part: Number(r['part']),
    offset: Number(r['log_offset']),
  }
}
