/**
 * What corrections and deletions end, and since which tick: found once per stream when the watermark passes them, by then all that precedes them has
 * come. A correction or deletion ends what came before it in event order about the same thing. In temporary tables: after a start they are found again.
 */
import { type EventType, STREAMS } from '../../../contract/index.ts'
import { TICK_MS } from '../../../contract/tick.ts'
import { type Database, name, quote } from '../../../store/database.ts'
import type { RowSource } from './rows.ts'
import { double, TICK_SQL } from './shape.ts'

export class Endings {
  readonly #db: Database
  readonly #source: RowSource
  /** Up to which tick each stream was looked at. */
  readonly #judged = new Map<EventType, number>()
  readonly #ended = new Set<EventType>()
  readonly #changed = new Set<EventType>()

  constructor(db: Database, source: RowSource) {
    this.#db = db
    this.#source = source
  }

  async restore(): Promise<void> {
    await this.#db.run('CREATE OR REPLACE TEMP TABLE window_ended(type VARCHAR, source VARCHAR, id VARCHAR, time DOUBLE, died DOUBLE)')
  }

  /** Takes in what comes into force or ends up to a tick. */
  async note(type: EventType, upTo: number): Promise<void> {
    const after = this.#judged.get(type) ?? -Infinity
    this.#changed.delete(type)
    if (upTo <= after) return
    this.#judged.set(type, upTo)
    const odd = this.#source.odd(type)
    if (odd === undefined || !this.#source.oddIn(type, after, upTo)) return
    const due = (tick: string) => `${tick} > ${double(after)} AND ${tick} <= ${double(upTo)}`
    // Nothing due reaches rows that are older.
    const plain = this.#source.plain(type, after - TICK_MS - this.#source.keepMs, Infinity)
    const rows = [...(plain === undefined ? [] : [`SELECT *, false AS late FROM (${plain})`]), `SELECT * FROM (${odd}) WHERE op <> 'delete'`].join(
      ' UNION ALL ',
    )
    const found = await this.#db.connection.run(`INSERT INTO window_ended SELECT ${quote(type)}, n.* FROM (
        SELECT b.source, b.id, b.time, min(s.tick) AS died FROM (${rows}) b JOIN (SELECT *, ${TICK_SQL} AS tick FROM (${odd}) WHERE op <> 'upsert' AND ${due(TICK_SQL)}) s
        ON ${endsRow(type, this.#source.keepMs)} GROUP BY b.source, b.id, b.time) n
      ANTI JOIN (SELECT source, id FROM window_ended WHERE type = ${quote(type)}) w ON w.source = n.source AND w.id = n.id`)
    if (found.rowsChanged > 0) this.#ended.add(type)
    const went = `SELECT r.*, w.died AS tick FROM (${rows}) r JOIN (${this.ended(type)} AND ${due('died')}) w ON w.source = r.source AND w.id = r.id AND w.time = r.time`
    const came = `SELECT *, ${TICK_SQL} AS tick FROM (${odd}) WHERE op <> 'delete' AND ${due(TICK_SQL)}`
    await this.#db.run(`CREATE OR REPLACE TEMP TABLE ${changedTable(type)} AS ${found.rowsChanged > 0 ? `${came} UNION ALL ${went}` : came}`)
    this.#changed.add(type)
  }

  /** Rows of a stream that were ended, as source, id, time and `died`, a condition open at its end; undefined: none. */
  ended(type: EventType): string | undefined {
    return this.#ended.has(type) ? `SELECT source, id, time, died FROM window_ended WHERE type = ${quote(type)}` : undefined
  }

  /** Odd rows that came into force, and rows that were ended, when the stream was last looked at: odd rows' columns, and `tick`; undefined: none. */
  changed(type: EventType): string | undefined {
    return this.#changed.has(type) ? `SELECT * FROM ${changedTable(type)}` : undefined
  }

  /** Rows below this time, ms, are asked for no more. */
  async forget(type: EventType, before: number): Promise<void> {
    if (this.#ended.has(type)) await this.#db.run(`DELETE FROM window_ended WHERE type = ${quote(type)} AND time < ${double(before)}`)
  }
}

function changedTable(type: EventType): string {
  return name(`window_changed ${type}`)
}

/** Row `b` is ended by `s`. A thing of a state stream has many statements: one at its own time is meant. */
function endsRow(type: EventType, keepMs: number): string {
  const thing = STREAMS[type].thing.map((f) => `s."${f}" = b."${f}"`)
  const same = ['s.institution = b.institution', ...thing, ...(STREAMS[type].state ? ['s.time = b.time'] : [])]
  return `${same.join(' AND ')} AND (s.e, s.source, s.sequence, s.id) > (b.e, b.source, b.sequence, b.id) AND b.time >= s.e - ${keepMs}`
}
