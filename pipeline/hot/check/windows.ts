/**
 * Window rules, in DuckDB: per institution and key, the measures run tick by tick within each window, and a window qualifies at the first tick
 * in which `when` holds. One query judges all ticks of a release; panes that no window can need any more are dropped.
 */
import type { DuckDBDecimalValue, DuckDBValue } from '@duckdb/node-api'
import { dataColumns, type EventType, formatDecimal } from '../../contract/index.ts'
import type { Evidence, Windowed } from '../../contract/finding.ts'
import type { Measure, Rule, WindowRule } from '../../contract/rule.ts'
import { type Database, quote } from '../../store/database.ts'
import { EVIDENCE_SHOWN, type Locate, refOf } from './evidence.ts'
import { durationOf, fieldsNamed, withLiterals } from './expression.ts'

export type WindowPart = {
  db: Database
  rules: readonly Rule[]
  /** Open panes per type: their start, ms; shared with batch, which opens them. */
  openPanes: Map<EventType, Set<number>>
  paneTable(type: EventType, start: number): string
  /** Windows shown by open alerts that have not closed yet, per rule code. */
  openWindows(code: string): OpenWindow[]
  locate: Locate
}
export type OpenWindow = { institution: string; key: string; start: number; end: number }

type Shape = { size: number; every: number; per: string }
type Row = { institution: string; key: string; start: number; at: number; values: Record<string, string>; threshold: string }

export class WindowCheck {
  readonly #part: WindowPart
  readonly #rules: WindowRule[]
  readonly #judged = new Map<string, number>()
  /** Rows of each rule's bounds when they were last folded. */
  readonly #bounds = new Map<string, number>()

  constructor(part: WindowPart) {
    this.#part = part
    this.#rules = part.rules.filter((r) => r.kind === 'window')
  }

  /** Reads back up to which tick each rule was judged. */
  async restore(): Promise<void> {
    for (const rule of this.#rules) if (earlyOf(rule)) await createBounds(this.#part.db, rule)
    for (const [key, value] of await this.#part.db.rows(`SELECT key, value FROM engine.meta WHERE key LIKE 'judged %'`))
      this.#judged.set(String(key).slice(7), Number(value))
  }

  /** Judges the ticks above the last ones up to each stream's horizon. */
  async check(horizons: Map<EventType, number>): Promise<Windowed[]> {
    // Panes go before, not after, a judgement: evidence is still read from them when it is decided who is told.
    for (const type of new Set(this.#rules.map((r) => r.reads))) await this.#expire(type)
    let findings: Windowed[] = []
    for (const rule of this.#rules) {
      const horizon = horizons.get(rule.reads) ?? -Infinity
      const from = this.#judged.get(rule.code) ?? -Infinity
      if (horizon <= from) continue
      const qualified = await this.#qualified(rule, from, horizon)
      findings = [...findings, ...qualified, ...(await this.#closed(rule, horizon, qualified))]
      this.#judged.set(rule.code, horizon)
      if (Number.isFinite(horizon)) await this.#part.db.run(`INSERT OR REPLACE INTO engine.meta VALUES ('judged ${rule.code}', '${horizon}')`)
    }
    return findings
  }

  async #qualified(rule: WindowRule, from: number, horizon: number): Promise<Windowed[]> {
    const shape = shapeOf(rule)
    const tables = this.#panes(rule, from - shape.size, horizon)
    if (tables === undefined) return []
    const high = double(horizon)
    const early = earlyOf(rule)
    if (early && !(await this.#candidates(rule, tables, from, horizon))) return []
    const touched = early ? 'SELECT institution, k FROM candidates' : `SELECT DISTINCT institution, "${shape.per}" AS k FROM events`
    const at = early ? 'tick' : `start + ${shape.size}`
    const rows = await this.#part.db.objects(`WITH events AS (SELECT *, ${TICK} AS tick FROM (${tables})${where(rule)}),
      touched AS (${touched}),
      members AS (SELECT ev.*, k, ${windowStarts(shape)} AS start FROM events ev JOIN touched t ON t.institution = ev.institution AND t.k = ev."${shape.per}" WHERE tick <= ${high}),
      running AS (${runningMeasures(rule)}),
      judged AS (SELECT *, (${withLiterals(rule, rule.when)}) AS hit, CAST(${withLiterals(rule, rule.threshold)} AS VARCHAR) AS threshold FROM running WHERE ${early ? 'true' : 'last'})
      SELECT *, ${at} AS at FROM judged WHERE hit QUALIFY row_number() OVER (PARTITION BY institution, k, start ORDER BY tick) = 1`)
    return rows
      .map((r) => toRow(rule, r))
      .filter((r) => r.at > from && r.at <= horizon)
      .map((r) => this.#finding(rule, 'qualified', r, r.at))
      .sort(byTime)
  }

  /**
   * Which keys of this release could qualify at all: `when` over upper bounds of the measures. A measure that only grows is at most what all its panes
   * add up to, and a distinct count at most the number of rows. The bounds are kept per pane and grow with what came, not with what is there.
   */
  async #candidates(rule: WindowRule, tables: string, from: number, horizon: number): Promise<boolean> {
    const { db } = this.#part
    const { size, per } = shapeOf(rule)
    const paneMs = paneLength(this.#rules.filter((r) => r.reads === rule.reads))
    const names = Object.keys(rule.measures).map((name) => `"${name}"`)
    const partial = Object.entries(rule.measures).map(([name, m]) => `${partialMeasure(m)} AS "${name}"`)
    const merged = Object.entries(rule.measures).map(([name, m]) => `${m.kind === 'min' || m.kind === 'max' ? m.kind : 'sum'}("${name}") AS "${name}"`)
    await db.run(`CREATE OR REPLACE TEMP TABLE fresh AS SELECT institution, "${per}" AS k, floor(time / ${paneMs}) * ${paneMs} AS pane, ${partial.join(', ')}
      FROM (SELECT *, ${TICK} AS tick FROM (${tables})${where(rule)}) WHERE tick > ${double(from)} AND tick <= ${double(horizon)} GROUP BY ALL`)
    await db.run(`INSERT INTO engine.${boundTable(rule)} SELECT * FROM fresh;
      CREATE OR REPLACE TEMP TABLE candidates AS SELECT institution, k FROM (SELECT institution, k, ${merged.join(', ')} FROM engine.${boundTable(rule)} b
        SEMI JOIN fresh f ON f.institution = b.institution AND f.k = b.k WHERE pane > ${double(from - size - paneMs)} GROUP BY institution, k) WHERE ${withLiterals(rule, rule.when)}`)
    const [counts] = await db.rows(`SELECT (SELECT count(*) FROM candidates), (SELECT count(*) FROM engine.${boundTable(rule)})`)
    await this.#compact(rule, Number(counts?.[1] ?? 0), `institution, k, pane, ${merged.join(', ')}`, names, from - size - paneMs)
    return Number(counts?.[0] ?? 0) > 0
  }

  /** Folds the bounds together when they have doubled, leaving out panes no window reaches any more. */
  async #compact(rule: WindowRule, rows: number, merged: string, names: string[], keepFrom: number): Promise<void> {
    const before = this.#bounds.get(rule.code) ?? 0
    if (rows < 2 * before + 50_000) return
    const table = `engine.${boundTable(rule)}`
    await this.#part.db.run(`CREATE OR REPLACE TEMP TABLE folded AS SELECT ${merged} FROM ${table} WHERE pane > ${double(keepFrom)} GROUP BY institution, k, pane;
      DELETE FROM ${table}; INSERT INTO ${table} SELECT institution, k, pane, ${names.join(', ')} FROM folded`)
    this.#bounds.set(rule.code, Number((await this.#part.db.rows('SELECT count(*) FROM folded'))[0]?.[0] ?? 0))
  }

  /** The final values of windows whose end has come: those on show, and those that qualified in this very release. */
  async #closed(rule: WindowRule, horizon: number, qualified: Windowed[]): Promise<Windowed[]> {
    const fresh = qualified.map((f) => ({ institution: f.institution, key: f.subject.id, start: f.start, end: f.end }))
    const windows = [...this.#part.openWindows(rule.code), ...fresh].filter((w) => w.end <= horizon)
    if (windows.length === 0) return []
    const shape = shapeOf(rule)
    const first = windows.reduce((low, w) => Math.min(low, w.start), Infinity)
    const last = windows.reduce((high, w) => Math.max(high, w.end), -Infinity)
    const tables = this.#panes(rule, first, last)
    if (tables === undefined) return []
    const wanted = windows.map((w) => `(${quote(w.institution)}, ${quote(w.key)}, ${w.start})`).join(', ')
    const rows = await this.#part.db.objects(`WITH events AS (SELECT * FROM (${tables})${where(rule)}),
      members AS (SELECT ev.*, w.k, w.start FROM events ev JOIN (VALUES ${wanted}) w(institution, k, start)
        ON w.institution = ev.institution AND w.k = ev."${shape.per}" AND ev.time >= w.start AND ev.time < w.start + ${shape.size})
      SELECT institution, k, start, start + ${shape.size} AS at, ${plainMeasures(rule)}, CAST(${withLiterals(rule, rule.threshold)} AS VARCHAR) AS threshold FROM members GROUP BY institution, k, start`)
    return rows
      .map((r) => toRow(rule, r))
      .map((r) => this.#finding(rule, 'closed', r, r.at))
      .sort(byTime)
  }

  #finding(rule: WindowRule, step: 'qualified' | 'closed', row: Row, at: number): Windowed {
    const { size } = shapeOf(rule)
    return {
      kind: 'windowed',
      step,
      rule,
      institution: row.institution,
      subject: { kind: rule.subject.kind, id: row.key },
      at,
      start: row.start,
      end: row.start + size,
      values: row.values,
      threshold: row.threshold,
      evidence: () => this.#evidence(rule, row, at),
    }
  }

  async #evidence(rule: WindowRule, row: Row, at: number): Promise<Evidence> {
    const shape = shapeOf(rule)
    const tables = this.#panes(rule, row.start, row.start + shape.size)
    if (tables === undefined) return { refs: [], count: 0, path: [] }
    const rows =
      await this.#part.db.objects(`SELECT e, source, id, sequence, part, log_offset, count(*) OVER () AS n FROM (SELECT * FROM (${tables})${where(rule)})
      WHERE institution = ${quote(row.institution)} AND "${shape.per}" = ${quote(row.key)} AND time >= ${row.start} AND time < ${row.start + shape.size} AND ceil(e / 1000) * 1000 <= ${at}
      ORDER BY e, source, sequence, id LIMIT ${EVIDENCE_SHOWN}`)
    const refs = rows.map((r) =>
      refOf(
        {
          e: Number(r['e']),
          source: String(r['source']),
          id: String(r['id']),
          sequence: r['sequence'] as bigint,
          part: Number(r['part']),
          offset: Number(r['log_offset']),
        },
        rule.reads,
        this.#part.locate,
      ),
    )
    return { refs, count: Number(rows[0]?.['n'] ?? 0), path: [] }
  }

  /** The panes that lie between two times, as one relation; undefined when there is none. */
  #panes(rule: WindowRule, from: number, to: number): string | undefined {
    const paneMs = paneLength(this.#rules.filter((r) => r.reads === rule.reads))
    const starts = [...(this.#part.openPanes.get(rule.reads) ?? [])].filter((start) => start + paneMs > from && start <= to).sort((a, b) => a - b)
    if (starts.length === 0) return undefined
    return starts.map((start) => `SELECT * FROM engine."${this.#part.paneTable(rule.reads, start)}"`).join(' UNION ALL ')
  }

  /** A pane goes when every window that contains it has closed for every rule. */
  async #expire(type: EventType): Promise<void> {
    const rules = this.#rules.filter((r) => r.reads === type)
    const paneMs = paneLength(rules)
    for (const start of this.#part.openPanes.get(type) ?? []) {
      const needed = rules.some(
        (r) => start + paneMs + shapeOf(r).size > (this.#judged.get(r.code) ?? -Infinity) || !Number.isFinite(this.#judged.get(r.code) ?? -Infinity),
      )
      if (needed) continue
      await this.#part.db.run(`DROP TABLE engine."${this.#part.paneTable(type, start)}"; DELETE FROM engine.pane WHERE type = '${type}' AND start = ${start}`)
      this.#part.openPanes.get(type)?.delete(start)
    }
  }
}

const TICK = 'ceil(e / 1000) * 1000'

function double(ms: number): string {
  return Number.isFinite(ms) ? `${ms}::DOUBLE` : `'${ms < 0 ? '-' : ''}inf'::DOUBLE`
}

function boundTable(rule: WindowRule): string {
  return `"bound_${rule.code}"`
}

async function createBounds(db: Database, rule: WindowRule): Promise<void> {
  const columns = Object.entries(rule.measures).map(([name, m]) => `"${name}" ${m.kind === 'count' || m.kind === 'distinct' ? 'BIGINT' : 'DECIMAL(38,2)'}`)
  await db.run(`CREATE TABLE IF NOT EXISTS engine.${boundTable(rule)}(institution VARCHAR, k VARCHAR, pane DOUBLE, ${columns.join(', ')})`)
}

/** A pane's part of a measure's upper bound. */
function partialMeasure(m: Measure): string {
  return m.kind === 'count' || m.kind === 'distinct' ? 'count(*)' : `${m.kind}("${m.field}")`
}

/** What batch must keep for the window rules over each stream: the fields they name, in panes of the greatest common length. */
export function paneSpecs(rules: readonly Rule[]): Map<EventType, { paneMs: number; fields: string[] }> {
  const windows = rules.filter((r) => r.kind === 'window')
  return new Map(
    [...new Set(windows.map((r) => r.reads))].map((type) => {
      const of = windows.filter((r) => r.reads === type)
      const texts = of.flatMap((r) => [r.window.per, r.where ?? '', ...Object.values(r.measures).map((m) => ('field' in m ? m.field : ''))])
      return [
        type,
        {
          paneMs: paneLength(of),
          fields: fieldsNamed(
            dataColumns(type).map((c) => c.field),
            texts,
          ),
        },
      ]
    }),
  )
}

function paneLength(rules: readonly WindowRule[]): number {
  return rules.flatMap((r) => [shapeOf(r).size, shapeOf(r).every]).reduce(greatestCommonDivisor)
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

function earlyOf({ window }: WindowRule): boolean {
  return window.kind !== 'rolling' && window.early
}

function shapeOf(rule: WindowRule): Shape {
  if (rule.window.kind === 'session' || rule.window.kind === 'rolling') throw new Error(`rule ${rule.code}: ${rule.window.kind} windows are not judged yet`)
  return { size: durationOf(rule, rule.window.size), every: durationOf(rule, rule.window.every), per: rule.window.per }
}

function where(rule: WindowRule): string {
  return rule.where === undefined ? '' : ` WHERE ${withLiterals(rule, rule.where)}`
}

/** One row per window that contains the event: starts at multiples of `every`, aligned to the epoch. */
function windowStarts({ size, every }: Shape): string {
  const last = `floor(time / ${every}) * ${every}`
  return size === every
    ? last
    : `unnest(list_filter([${Array.from({ length: Math.ceil(size / every) }, (_, i) => `${last} - ${i * every}`).join(', ')}], x -> x + ${size} > time))`
}

/** The measures after each tick within a window: counts and sums add up, a distinct value counts in the tick in which it first came. */
function runningMeasures(rule: WindowRule): string {
  const perTick = Object.entries(rule.measures).map(([name, m]) => `${tickMeasure(m)} AS "${name}"`)
  const firsts = Object.entries(rule.measures)
    .flatMap(([name, m]) =>
      m.kind === 'distinct' ? [`row_number() OVER (PARTITION BY institution, k, start, "${m.field}" ORDER BY tick) = 1 AS "first_${m.field}"`, name] : [],
    )
    .filter((s) => s.includes(' '))
  const over = '(PARTITION BY institution, k, start ORDER BY tick)'
  const run = Object.entries(rule.measures).map(([name, m]) => `${m.kind === 'min' || m.kind === 'max' ? m.kind : 'sum'}("${name}") OVER ${over} AS "${name}"`)
  const inner = firsts.length === 0 ? 'members' : `(SELECT *, ${[...new Set(firsts)].join(', ')} FROM members)`
  return `SELECT institution, k, start, tick, lead(tick) OVER ${over} IS NULL AS last, ${run.join(', ')} FROM (SELECT institution, k, start, tick, ${perTick.join(', ')} FROM ${inner} GROUP BY institution, k, start, tick)`
}

function tickMeasure(m: Measure): string {
  if (m.kind === 'count') return 'count(*)'
  return m.kind === 'distinct' ? `count(*) FILTER ("first_${m.field}")` : `${m.kind}("${m.field}")`
}

function plainMeasures(rule: WindowRule): string {
  return Object.entries(rule.measures)
    .map(([name, m]) => `${m.kind === 'count' ? 'count(*)' : m.kind === 'distinct' ? `count(DISTINCT "${m.field}")` : `${m.kind}("${m.field}")`} AS "${name}"`)
    .join(', ')
}

function toRow(rule: WindowRule, r: Record<string, DuckDBValue>): Row {
  return {
    institution: String(r['institution']),
    key: String(r['k']),
    start: Number(r['start']),
    at: Number(r['at']),
    threshold: String(r['threshold']),
    values: Object.fromEntries(Object.keys(rule.measures).map((name) => [name, valueText(r[name] ?? null)])),
  }
}

function valueText(value: DuckDBValue): string {
  if (value !== null && typeof value === 'object' && 'scale' in value)
    return formatDecimal((value as DuckDBDecimalValue).value, (value as DuckDBDecimalValue).scale)
  return String(value)
}

function byTime(a: Windowed, b: Windowed): number {
  return a.at - b.at || a.start - b.start || (a.institution < b.institution ? -1 : a.institution > b.institution ? 1 : a.subject.id < b.subject.id ? -1 : 1)
}
