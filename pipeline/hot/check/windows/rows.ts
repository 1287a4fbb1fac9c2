/** The rows of a rule: plain ones as they are, and all of them with the ticks between which they are in force. */
import { type EventType, STREAMS } from '../../../contract/index.ts'
import type { WindowRule } from '../../../contract/rule.ts'
import { quote } from '../../../store/database.ts'
import { double, type Shape, TICK_SQL, whereOf } from './shape.ts'

/** Where rows lie; `plain` with `time` in [from, to), `odd` with the column `late`. */
export type RowSource = {
  keepMs: number
  plain(type: EventType, from: number, to: number): string | undefined
  odd(type: EventType): string | undefined
  /** The latest time at which a row stands or takes effect, ms; -Infinity: there is none. */
  latest(type: EventType): Promise<number>
  /** No row, with the columns of plain ones. */
  none(type: EventType): string
}

/** Plain rows of a rule with `time` in (after, upTo], as `institution`, `reporter`, `k` and the fields; undefined when there is none. */
export function plainRows(source: RowSource, rule: WindowRule, shape: Shape, after: number, upTo: number): string | undefined {
  // Times are whole milliseconds.
  const rows = source.plain(rule.reads, after + 1, upTo + 1)
  return rows === undefined
    ? undefined
    : `SELECT * REPLACE (${institutionOf(shape)} AS institution), institution AS reporter, "${shape.per}" AS k
    FROM (${rows}) WHERE "${shape.per}" IS NOT NULL AND ${whereOf(rule)}`
}

/**
 * Every row of a rule with `time` in [from, to), odd ones included, with `born` and `died`: it is in force at the ticks in [born, died). `keys` is a
 * relation with institution and k that it is limited to, if any. A correction or deletion ends what came before it in event order about the same thing.
 */
export function versionedRows(source: RowSource, rule: WindowRule, shape: Shape, from: number, to: number, keys?: string): string {
  const plain = source.plain(rule.reads, from, to)
  const odd = source.odd(rule.reads)
  const parts = [
    ...(plain === undefined ? [] : [`SELECT *, false AS late FROM (${plain})`]),
    ...(odd === undefined ? [] : [`SELECT * FROM (${odd}) WHERE op <> 'delete' AND time >= ${double(from)} AND time < ${double(to)}${keptLate(shape)}`]),
  ]
  if (parts.length === 0) parts.push(`SELECT *, false AS late FROM (${source.none(rule.reads)})`)
  const base = `SELECT * REPLACE (${institutionOf(shape)} AS institution), institution AS reporter, "${shape.per}" AS k, ${TICK_SQL} AS born
    FROM (${parts.join(' UNION ALL ')}) WHERE "${shape.per}" IS NOT NULL AND ${whereOf(rule)}`
  const limited = keys === undefined ? base : `SELECT b.* FROM (${base}) b SEMI JOIN (${keys}) keys ON keys.institution = b.institution AND keys.k = b.k`
  if (odd === undefined) return `SELECT *, 'inf'::DOUBLE AS died FROM (${limited})`
  return `WITH base AS (${limited}), ended AS (SELECT b.source, b.id, min(s.tick) AS died FROM base b JOIN (${endings(odd)}) s ON ${endsRow(rule.reads, 'b.reporter', source.keepMs)} GROUP BY 1, 2)
    SELECT base.*, coalesce(died, 'inf'::DOUBLE) AS died FROM base LEFT JOIN ended USING (source, id)`
}

/**
 * The rows of a rule that something in (after, upTo] touches, as institution, k and time: odd rows that came, and rows that were ended.
 * Undefined when nothing odd is known of the stream.
 */
export function touchedRows(source: RowSource, rule: WindowRule, shape: Shape, after: number, upTo: number): string | undefined {
  const odd = source.odd(rule.reads)
  if (odd === undefined) return undefined
  const due = `${TICK_SQL} > ${double(after)} AND ${TICK_SQL} <= ${double(upTo)}`
  const plain = source.plain(rule.reads, -Infinity, Infinity)
  const all = [
    ...(plain === undefined ? [] : [`SELECT *, false AS late FROM (${plain})`]),
    `SELECT * FROM (${odd}) WHERE op <> 'delete'${keptLate(shape)}`,
  ].join(' UNION ALL ')
  const select = `SELECT ${institutionOf(shape)} AS institution, "${shape.per}" AS k, time`
  const rowOf = `"${shape.per}" IS NOT NULL AND ${whereOf(rule)}`
  return `${select} FROM (${odd}) WHERE ${due} AND op <> 'delete'${keptLate(shape)} AND ${rowOf}
    UNION ${select} FROM (SELECT b.* FROM (${all}) b JOIN (SELECT * FROM (${endings(odd)}) WHERE tick > ${double(after)} AND tick <= ${double(upTo)}) s
      ON ${endsRow(rule.reads, 'b.institution', source.keepMs)}) WHERE ${rowOf}`
}

/** Late occurrences are in no window of a rule that drops them; which statements of state are late depends on the window. */
function keptLate(shape: Shape): string {
  return shape.late === 'drop' && !shape.state ? ' AND NOT late' : ''
}

function endings(odd: string): string {
  return `SELECT *, ${TICK_SQL} AS tick FROM (${odd}) WHERE op <> 'upsert'`
}

/** Row `b` is ended by `s`. A thing of a state stream has many statements: one at its own time is meant. */
function endsRow(type: EventType, institution: string, keepMs: number): string {
  const thing = STREAMS[type].thing.map((f) => `s."${f}" = b."${f}"`)
  const same = [`s.institution = ${institution}`, ...thing, ...(STREAMS[type].state ? ['s.time = b.time'] : [])]
  return `${same.join(' AND ')} AND (s.e, s.source, s.sequence, s.id) > (b.e, b.source, b.sequence, b.id) AND b.time >= s.e - ${keepMs}`
}

function institutionOf(shape: Shape): string {
  return shape.everyone ? quote('*') : 'institution'
}
