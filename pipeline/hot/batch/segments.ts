/**
 * The rows windows are made of. Plain ones, an occurrence known at its own time, go into segment tables `engine."rows_<type>_<n>"`, which are sealed by
 * size and dropped whole; DuckDB's zone maps find a time range in them. What is the same in all of them (`e` is `time`, `op` is upsert) is not written.
 * The others (late, recorded after their time, corrections, deletions) are few and lie in `engine."odd_<type>"`, where whoever needs them finds them
 * without a look at the rest.
 */
import { dataColumns, type EventType, STREAMS } from '../../contract/index.ts'
import type { EventColumns } from '../../contract/stage.ts'
import { tickOf } from '../../contract/tick.ts'
import type { Database } from '../../store/database.ts'
import { STATEMENT_COLUMNS, STATEMENT_NAMES, storedType } from '../../store/schema.ts'
import { LATE, type StreamArrivals, USED } from './arrive.ts'

export const SEGMENT_ROWS = 500_000
export const DEFAULT_KEEP_MS = 35 * 86_400_000

/** A segment's rows have `time` in [low, high]. */
type Segment = { n: number; fields: string[]; rows: number; low: number; high: number }
/** `ticks`: those in which an odd row takes effect, as far as they have not been asked for yet; which they were up to `restored` is not known. */
type Stream = { fields: string[]; segments: Segment[]; odd: number; ticks: Set<number>; restored: number; longestMs: number }

export type SegmentOptions = { keepMs?: number; segmentRows?: number }

export class Segments {
  readonly keepMs: number
  readonly #db: Database
  readonly #segmentRows: number
  readonly #streams: Map<EventType, Stream>
  readonly #held = new Map<EventType, () => number>()

  /** `streams`: the fields that the rules over each stream name, and how far back the longest of their windows reaches. */
  constructor(db: Database, streams: Map<EventType, { fields: string[]; longestMs: number }>, options: SegmentOptions = {}) {
    this.#db = db
    this.keepMs = options.keepMs ?? DEFAULT_KEEP_MS
    this.#segmentRows = options.segmentRows ?? SEGMENT_ROWS
    this.#streams = new Map(
      [...streams].map(([type, s]) => [
        type,
        { fields: withThing(type, s.fields), longestMs: s.longestMs, segments: [], odd: 0, ticks: new Set<number>(), restored: -Infinity },
      ]),
    )
  }

  /** Somebody who reads a stream again after a restart needs its rows from this time on, ms. */
  hold(type: EventType, from: () => number): void {
    this.#held.set(type, from)
  }

  get types(): EventType[] {
    return [...this.#streams.keys()]
  }

  /** Reads back which segments there are; one with other fields than are asked for now is not appended to any more. */
  async restore(): Promise<void> {
    for (const [type, stream] of this.#streams) {
      await this.#createOdd(type, stream)
      const [odd] = await this.#db.rows(`SELECT count(*), max(e) FROM ${oddTable(type)}`)
      stream.odd = Number(odd?.[0] ?? 0)
      stream.restored = tickOf(Number(odd?.[1] ?? -Infinity))
      for (const [n, fields] of await this.#db.rows(`SELECT n, fields FROM engine.segment WHERE type = '${type}' ORDER BY n`)) {
        const [row] = await this.#db.rows(`SELECT count(*), min(time), max(time) FROM ${segmentTable(type, Number(n))}`)
        stream.segments.push({
          n: Number(n),
          fields: String(fields).split(',').filter(Boolean),
          rows: Number(row?.[0] ?? 0),
          low: Number(row?.[1] ?? Infinity),
          high: Number(row?.[2] ?? -Infinity),
        })
      }
    }
  }

  /** Appends what is new of one stream inside the open transaction: `batch` is its relation, `statement` selects the STATEMENT_COLUMNS. */
  async append(batch: string, statement: string, arrivals: StreamArrivals, columns: EventColumns): Promise<void> {
    const stream = this.#streams.get(columns.type)
    if (stream === undefined) return
    const fields = stream.fields.map((f) => `, "${f}"`).join('')
    const { rows, odd, low, high } = this.#extent(stream, arrivals, columns)
    if (rows > 0) {
      let segment = stream.segments.at(-1)
      if (segment === undefined || segment.rows >= this.#segmentRows || segment.fields.join() !== stream.fields.join())
        segment = await this.#open(columns.type, stream, (segment?.n ?? 0) + 1)
      await this.#db.insert(
        `INSERT INTO ${segmentTable(columns.type, segment.n)} BY NAME SELECT ${PLAIN_NAMES.join(', ')}${fields} FROM ${batch} WHERE ${PLAIN}`,
        rows,
      )
      segment.rows += rows
      segment.low = Math.min(segment.low, low)
      segment.high = Math.max(segment.high, high)
    }
    if (odd === 0) return
    // What takes effect later than `keep` after its time is part of no window.
    await this.#db.run(
      `INSERT INTO ${oddTable(columns.type)} SELECT ${statement}${fields}, _fate = ${LATE} FROM ${batch} WHERE _fate > 0 AND NOT (${PLAIN}) AND time >= e - ${this.keepMs}`,
    )
    stream.odd += odd
  }

  /** How many rows are plain, their lowest and highest time, and how many are odd. */
  #extent(stream: Stream, arrivals: StreamArrivals, columns: EventColumns): { rows: number; odd: number; low: number; high: number } {
    let [rows, odd, low, high] = [0, 0, Infinity, -Infinity]
    for (let row = 0; row < columns.count; row++) {
      const time = columns.time[row] as number
      if (arrivals.fate[row] === 0) continue
      if (arrivals.fate[row] === USED && columns.op[row] === 0 && arrivals.effective[row] === time) {
        rows++
        if (time < low) low = time
        if (time > high) high = time
      } else if (time >= (arrivals.effective[row] as number) - this.keepMs) {
        odd++
        stream.ticks.add(tickOf(arrivals.effective[row] as number))
      }
    }
    return { rows, odd, low, high }
  }

  async #open(type: EventType, stream: Stream, n: number): Promise<Segment> {
    await this.#db.run(`CREATE TABLE ${segmentTable(type, n)}(${[...PLAIN_COLUMNS, ...shapeOf(type, stream.fields)].map(laidOut).join(', ')});
      INSERT INTO engine.segment VALUES ('${type}', ${n}, '${stream.fields.join()}')`)
    const segment = { n, fields: stream.fields, rows: 0, low: Infinity, high: -Infinity }
    stream.segments.push(segment)
    return segment
  }

  /** The odd rows have the columns asked for now; what an older set of rules did not keep of them is null. */
  async #createOdd(type: EventType, stream: Stream): Promise<void> {
    await this.#db.run(`CREATE TABLE IF NOT EXISTS ${oddTable(type)}(${[...STATEMENT_COLUMNS, ...shapeOf(type, stream.fields), 'late BOOLEAN'].join(', ')})`)
    const has = (await this.#db.connection.run(`FROM ${oddTable(type)} LIMIT 0`)).columnNames()
    const want = [...STATEMENT_NAMES, ...stream.fields, 'late']
    if (has.join() === want.join()) return
    const kept = want.map((f, i) =>
      has.includes(f) ? `"${f}"` : `CAST(NULL AS ${shapeOf(type, stream.fields)[i - STATEMENT_NAMES.length]?.split(' ').at(-1)}) AS "${f}"`,
    )
    await this.#db.run(`CREATE OR REPLACE TABLE ${oddTable(type)} AS SELECT ${kept.join(', ')} FROM ${oddTable(type)}`)
  }

  /** Plain rows with `time` in [from, to) as one relation with STATEMENT_COLUMNS and the fields; undefined when no segment can hold one. */
  plain(type: EventType, from: number, to: number): string | undefined {
    const stream = this.#streams.get(type)
    const inside = (stream?.segments ?? []).filter((s) => s.rows > 0 && s.high >= from && s.low < to)
    if (stream === undefined || inside.length === 0) return undefined
    const bound = [...(Number.isFinite(from) ? [`time >= ${from}`] : []), ...(Number.isFinite(to) ? [`time < ${to}`] : [])]
    const where = bound.length === 0 ? '' : ` WHERE ${bound.join(' AND ')}`
    return inside.map((s) => `SELECT ${selected(type, stream.fields, s.fields)} FROM ${segmentTable(type, s.n)}${where}`).join(' UNION ALL ')
  }

  /** The odd rows, with the column `late` besides; undefined when there is none. */
  odd(type: EventType): string | undefined {
    const stream = this.#streams.get(type)
    return stream === undefined || stream.odd === 0
      ? undefined
      : `SELECT ${[...STATEMENT_NAMES, ...stream.fields.map((f) => `"${f}"`)].join(', ')}, late FROM ${oddTable(type)}`
  }

  /** Whether an odd row may take effect at a tick in (after, upTo]; what is at or below `after` is not asked for again. */
  oddIn(type: EventType, after: number, upTo: number): boolean {
    const stream = this.#streams.get(type)
    if (stream === undefined) return false
    let found = after < stream.restored
    for (const tick of stream.ticks) {
      if (tick <= after) stream.ticks.delete(tick)
      else if (tick <= upTo) found = true
    }
    return found
  }

  /** The latest time at which a row stands or takes effect; -Infinity: there is none. */
  async latest(type: EventType): Promise<number> {
    const stream = this.#streams.get(type)
    if (stream === undefined) return -Infinity
    const [row] = stream.odd === 0 ? [] : await this.#db.rows(`SELECT max(greatest(e, time)) FROM ${oddTable(type)}`)
    return stream.segments.reduce((high, s) => Math.max(high, s.high), Number(row?.[0] ?? -Infinity))
  }

  /** No row, with the columns of plain ones. */
  none(type: EventType): string {
    const fields = this.#streams.get(type)?.fields ?? []
    return `SELECT ${[...STATEMENT_NAMES, ...fields.map((f) => `"${f}"`)].join(', ')} FROM ${oddTable(type)} WHERE false`
  }

  /**
   * Drops segments whose rows nothing can ask for any more once the watermark is past `horizon`; `floor` gives a time from which on rows are needed still.
   * Gives the time before which rows are gone; undefined: none went.
   */
  async expire(type: EventType, horizon: number, floor: () => Promise<number>): Promise<number | undefined> {
    const stream = this.#streams.get(type)
    if (stream === undefined) return undefined
    const newest = stream.segments.at(-1)
    const past = (before: number) => stream.segments.filter((s) => s !== newest && s.high < before)
    const reached = horizon - stream.longestMs - this.keepMs
    if (past(reached).length === 0) return undefined
    const before = Math.min(reached, await floor(), this.#held.get(type)?.() ?? Infinity)
    const gone = past(before)
    if (gone.length === 0) return undefined
    for (const s of gone) await this.#db.run(`DROP TABLE ${segmentTable(type, s.n)}; DELETE FROM engine.segment WHERE type = '${type}' AND n = ${s.n}`)
    stream.segments = stream.segments.filter((s) => !gone.includes(s))
    await this.#db.run(`DELETE FROM ${oddTable(type)} WHERE greatest(e, time) < ${before}`)
    stream.odd = Number((await this.#db.rows(`SELECT count(*) FROM ${oddTable(type)}`))[0]?.[0] ?? 0)
    return before
  }
}

/** Columns of a plain row that differ from row to row. */
const PLAIN_COLUMNS = STATEMENT_COLUMNS.filter((c) => c !== 'e DOUBLE' && c !== 'op VARCHAR')
const PLAIN_NAMES = PLAIN_COLUMNS.map(nameOf)

/** How the text of a plain row is laid out is settled here: DuckDB would try every way on every column, which takes longer than to write it. */
function laidOut(column: string): string {
  if (!column.endsWith(' VARCHAR')) return column
  return `${column} USING COMPRESSION ${FEW_VALUES.includes(nameOf(column)) ? 'dictionary' : 'uncompressed'}`
}
const FEW_VALUES = ['source', 'institution']

/** Of the rows of a batch: known in time and at its own time. */
const PLAIN = `_fate = ${USED} AND _op = 0 AND e = time`

/** The fields rules name, and what tells a thing apart, for corrections. */
function withThing(type: EventType, fields: string[]): string[] {
  const wanted = new Set([...fields, ...STREAMS[type].thing])
  return dataColumns(type)
    .map((c) => c.field)
    .filter((f) => wanted.has(f))
}

function shapeOf(type: EventType, fields: string[]): string[] {
  return dataColumns(type)
    .filter((c) => fields.includes(c.field))
    .map((c) => `"${c.field}" ${storedType(c)}`)
}

function selected(type: EventType, want: string[], has: string[]): string {
  const shape = shapeOf(type, want)
  const statement = STATEMENT_NAMES.map((c) => (c === 'e' ? 'time AS e' : c === 'op' ? `'upsert' AS op` : c))
  return [...statement, ...want.map((f, i) => (has.includes(f) ? `"${f}"` : `CAST(NULL AS ${shape[i]?.split(' ').at(-1)}) AS "${f}"`))].join(', ')
}

function nameOf(column: string): string {
  return column.split(' ')[0] ?? ''
}

function tail(type: EventType): string {
  return type.replace('.', '_')
}

function segmentTable(type: EventType, n: number): string {
  return `engine."rows_${tail(type)}_${n}"`
}

function oddTable(type: EventType): string {
  return `engine."odd_${tail(type)}"`
}
