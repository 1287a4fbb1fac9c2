/** The rows of a rule over outliers, as SQL: which of those due may be one, and what stood before each of these. */
import type { DuckDBValue } from '@duckdb/node-api'
import { type EventType, STREAMS } from '../../../contract/index.ts'
import type { OutlierRule } from '../../../contract/rule.ts'
import { doubleColumn, integerColumn, textColumn } from '../../../store/columns.ts'
import type { Database } from '../../../store/database.ts'
import { load } from '../../../store/load.ts'
import { STATEMENT_NAMES } from '../../../store/schema.ts'
import { parameterText, withLiterals } from '../expression.ts'
import { statedOf } from '../statement.ts'
import type { RowSource } from '../windows/rows.ts'
import { double } from '../windows/shape.ts'

export type OccurrenceSource = Pick<RowSource, 'keepMs' | 'plain' | 'odd' | 'latest'> & {
  expire(type: EventType, horizon: number, floor: () => Promise<number>): Promise<number | undefined>
}

/** An occurrence that is due, or a word on an earlier one. `group`: the others with the same are its neighbours; `subject` and it are empty of a deletion. */
export type Head = ReturnType<typeof statedOf> & { thing: string; group: string; subject: string; value: string; weight: string }

const MINUTE_MS = 60_000
/** How far two floating sums of the same numbers may lie apart, as a part of them: what is nearer to the limit is compared exactly. */
const ROUGH = 1e-9

export class Neighbours {
  readonly #db: Database
  readonly #source: OccurrenceSource
  readonly #rule: OutlierRule
  readonly #size: number

  constructor(db: Database, source: OccurrenceSource, rule: OutlierRule) {
    this.#db = db
    this.#source = source
    this.#rule = rule
    this.#size = withinOf(rule)
  }

  /** What takes effect in (from, to] and may be an outlier, or corrects what may have been one, in event order. */
  async heads(from: number, to: number): Promise<Head[]> {
    const queries = [this.#plainHeads(from, to), this.#oddHeads(from, to)].filter((q) => q !== undefined)
    if (queries.length === 0) return []
    const rows = await this.#db.rows(`SELECT * FROM (${queries.join(' UNION ALL ')}) ORDER BY e, source, sequence, id`)
    return rows.map((row) => headOf((k) => row[k] ?? null))
  }

  /** Gives each head's neighbours in event order, by its place among them: those of its group in force when it came, itself left out, and other words on it. */
  async each(heads: readonly Head[], read: (place: number, other: Head) => void): Promise<void> {
    if (heads.length === 0) return
    const times = heads.map((h) => h.time)
    const [low, high] = [lowest(times) - this.#size, -lowest(times.map((t) => -t)) + this.#size]
    const rows = [this.#source.plain(this.#rule.reads, low, high + 1), this.#odd(`op <> 'delete'`)].filter((r) => r !== undefined).map((r) => this.#selected(r))
    if (rows.length === 0) return
    const [before, after] = ['(v.e, v.source, v.sequence, v.id)', '(p.e, p.source, p.sequence, p.id)']
    const word = this.#odd(`op <> 'upsert'`)
    const ended =
      word === undefined
        ? ''
        : ` AND NOT EXISTS (SELECT 1 FROM (${this.#selected(word)}) s WHERE s.institution = v.institution AND s.thing = v.thing
          AND (s.e, s.source, s.sequence, s.id) > ${before} AND (s.e, s.source, s.sequence, s.id) < ${after} AND v.time >= s.e - ${this.#source.keepMs})`
    const near = `v.time >= p.time - ${this.#size} AND v.time <= CASE WHEN v.thing = p.thing THEN p.time + ${this.#size} ELSE p.time END`
    const found = `SELECT p.place, v.* FROM ${this.#place(heads)} p JOIN (${rows.join(' UNION ALL ')}) v ON v."group" = p."group" WHERE ${near} AND ${before} < ${after}${ended}`
    await this.#db.eachChunk(`${found} ORDER BY p.place, v.e, v.source, v.sequence, v.id`, (chunk) => {
      const columns = Array.from({ length: chunk.columnCount }, (_, k) => chunk.getColumnValues(k))
      for (let i = 0; i < chunk.rowCount; i++)
        read(
          Number(columns[0]?.[i]),
          headOf((k) => columns[k + 1]?.[i] ?? null),
        )
    })
  }

  /** By floating sums; and whatever has a late row, a correction or a second report of one thing among its neighbours. */
  #plainHeads(from: number, to: number): string | undefined {
    const { reads, least, most } = this.#rule
    const fresh = this.#source.plain(reads, from + 1, to + 1)
    const plain = this.#source.plain(reads, from + 1 - this.#size, to + 1)
    if (fresh === undefined || plain === undefined) return undefined
    const odd = this.#source.odd(reads)
    const twice = 'SELECT thing FROM near GROUP BY thing HAVING count(*) > 1'
    const marked = [
      `SELECT n."group", n.time FROM near n SEMI JOIN (${odd === undefined ? twice : `${twice} UNION SELECT thing FROM (${this.#selected(odd)})`}) t ON t.thing = n.thing`,
      ...(odd === undefined ? [] : [`SELECT "group", time FROM (${this.#selected(odd)}) WHERE op <> 'delete'`]),
    ]
    const part = withLiterals(this.#rule, `:${most}`, 'h.time')
    return `WITH near AS (SELECT r.* FROM (${this.#selected(plain)}) r SEMI JOIN (${this.#selected(fresh)}) f ON f."group" = r."group"), marked AS (${marked.join(' UNION ALL ')}),
      sums AS (SELECT *, v::DOUBLE AS x, count(*) OVER before AS n, sum(v::DOUBLE * w::DOUBLE) OVER before AS weighted, sum(w::DOUBLE) OVER before AS weight FROM near
        WINDOW before AS (PARTITION BY "group" ORDER BY time RANGE BETWEEN ${this.#size} PRECEDING AND 1 PRECEDING))
      SELECT ${HEAD} FROM sums h WHERE h.time > ${double(from)} AND ((h.n >= ${withLiterals(this.#rule, `:${least}`, 'h.time')} AND abs(x * weight - weighted) >= ${part} * weighted - ${ROUGH} * (x * weight + weighted))
        OR EXISTS (SELECT 1 FROM marked m WHERE m."group" = h."group" AND m.time >= h.time - ${this.#size} AND m.time <= h.time))`
  }

  #oddHeads(from: number, to: number): string | undefined {
    const odd = this.#odd(`e > ${double(from)} AND e <= ${double(to)}`)
    return odd === undefined ? undefined : `SELECT ${HEAD} FROM (${this.#selected(odd)})`
  }

  #odd(which: string): string | undefined {
    const odd = this.#source.odd(this.#rule.reads)
    return odd === undefined ? undefined : `SELECT * FROM (${odd}) WHERE ${which}`
  }

  /** Rows as heads: in the order of `headOf`. */
  #selected(rows: string): string {
    const { reads, per, subject, value, weight } = this.#rule
    const thing = STREAMS[reads].thing.map((f) => `"${f}"`).join(', ')
    return `SELECT ${STATEMENT_NAMES.join(', ')}, concat_ws('|', ${thing}) AS thing, "${per}" AS "group", "${subject.id}" AS subject, "${value}" AS v, "${weight}" AS w FROM (${rows})`
  }

  #place(heads: readonly Head[]): string {
    const columns = {
      place: integerColumn(heads.map((_, i) => i)),
      e: doubleColumn(heads.map((h) => h.e)),
      source: textColumn(heads.map((h) => h.source)),
      sequence: { type: 'bigint' as const, values: BigInt64Array.from(heads, (h) => h.sequence) },
      id: textColumn(heads.map((h) => h.id)),
      time: doubleColumn(heads.map((h) => h.time)),
      thing: textColumn(heads.map((h) => h.thing)),
      group: textColumn(heads.map((h) => h.group)),
    }
    const named = Object.entries(columns).map(([name, column]) => ({ name, column }))
    return load(this.#db, `heads of ${this.#rule.code}`, named, heads.length)
  }
}

const HEAD = [...STATEMENT_NAMES, 'thing', '"group"', 'subject', 'v', 'w'].join(', ')

function headOf(column: (k: number) => DuckDBValue): Head {
  const text = (k: number) => String(column(STATEMENT_NAMES.length + k) ?? '')
  return { ...statedOf(column), thing: text(0), group: text(1), subject: text(2), value: text(3), weight: text(4) }
}

/** How far before an occurrence its neighbours lie, ms. */
export function withinOf(rule: OutlierRule): number {
  return Number(parameterText(rule, rule.within)) * MINUTE_MS
}

/** What batch must keep of the streams these rules read, as `windowStreams`. */
export function outlierStream(rule: OutlierRule): [EventType, { fields: string[]; longestMs: number }] {
  const { per, value, weight, subject } = rule
  return [rule.reads, { fields: [per, value, weight, subject.id], longestMs: withinOf(rule) }]
}

function lowest(numbers: readonly number[]): number {
  return numbers.reduce((low, n) => Math.min(low, n), Infinity)
}
