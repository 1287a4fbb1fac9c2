/** The rows of a rule: plain ones as they are, and all of them with the ticks between which they are in force. Each names the columns it needs: a statement is small. */
import type { EventType } from '../../../contract/index.ts'
import type { WindowRule } from '../../../contract/rule.ts'
import { PART_MARK } from '../../../contract/subjects.ts'
import { quote } from '../../../store/database.ts'
import type { Endings } from './endings.ts'
import { KEY_NAME, measuredColumns } from './measures.ts'
import { double, type Shape, TICK_SQL, whereOf } from './shape.ts'

/** Where rows lie; `plain` with `time` in [from, to), `odd` with the column `late`. */
export type RowSource = {
  keepMs: number
  plain(type: EventType, from: number, to: number): string | undefined
  odd(type: EventType): string | undefined
  /** Whether an odd row may take effect at a tick in (after, upTo]. */
  oddIn(type: EventType, after: number, upTo: number): boolean
  /** The latest time at which a row stands or takes effect, ms; -Infinity: there is none. */
  latest(type: EventType): Promise<number>
  /** No row, with the columns of plain ones. */
  none(type: EventType): string
}

/** Which rows are asked for: those of some keys, a relation with institution and k, or those of parties of any kind too, where more than asked does no harm. */
export type Whose = { keys?: string; anyKind?: boolean }

/** What evidence says of a row, in event order as far as it tells rows apart. */
export const ROW_COLUMNS = ['e', 'source', 'sequence', 'id', 'part', 'log_offset']
/** A column that may be asked of `versionedRows`: whether `plainRows` would give the row. */
export const IS_PLAIN = 'is_plain'

/** Whose rows, where they lie, and which of them were ended. */
export type RuleRows = { source: RowSource; endings: Endings; rule: WindowRule; shape: Shape }

/** Plain rows of a rule with `time` in (after, upTo], as `institution`, `reporter`, `k`, `e` and what its measures read; with `columns` besides; undefined when there is none. */
export function plainRows(
  { source, rule, shape }: RuleRows,
  after: number,
  upTo: number,
  whose: Whose = {},
  columns: readonly string[] = [],
): string | undefined {
  // Times are whole milliseconds.
  const rows = source.plain(rule.reads, after + 1, upTo + 1)
  return rows === undefined ? undefined : rowsOf(rule, shape, [...new Set([...plainColumns(rule), ...columns])], rows, whose)
}

/** The same, and no row where there is none. */
export function plainRowsOrNone(part: RuleRows, after: number, upTo: number): string {
  const { source, rule, shape } = part
  return plainRows(part, after, upTo) ?? rowsOf(rule, shape, plainColumns(rule), source.none(rule.reads))
}

/**
 * Every row of a rule with `time` in [from, to), odd ones included, with `institution`, `reporter`, `k`, `time`, `source`, `id`, `born`, `died` and `columns`:
 * it is in force at the ticks in [born, died). `keys` is a relation with institution and k that it is limited to, if any.
 */
export function versionedRows({ source, endings, rule, shape }: RuleRows, from: number, to: number, columns: readonly string[], keys?: string): string {
  const select = (isPlain: boolean) => [
    ...new Set(['time', 'source', 'id', ...columns.map((c) => (c === IS_PLAIN ? `${isPlain} AS ${IS_PLAIN}` : c))]),
    `${TICK_SQL} AS born`,
  ]
  const whose = keys === undefined ? {} : { keys }
  const plain = source.plain(rule.reads, from, to)
  const odd = source.odd(rule.reads)
  const within = `time >= ${double(from)} AND time < ${double(to)}`
  const parts = [
    ...(plain === undefined ? [] : [rowsOf(rule, shape, select(true), plain, whose)]),
    ...(odd === undefined ? [] : [`${rowsOf(rule, shape, select(false), odd, whose)} AND op <> 'delete' AND ${within}${keptLate(shape)}`]),
  ]
  if (parts.length === 0) parts.push(rowsOf(rule, shape, select(true), source.none(rule.reads)))
  const all = parts.join(' UNION ALL ')
  const limited = keys === undefined ? all : `SELECT b.* FROM (${all}) b SEMI JOIN (${keys}) keys ON keys.institution = b.institution AND keys.k = b.k`
  const ended = endings.ended(rule.reads)
  if (ended === undefined) return `SELECT *, 'inf'::DOUBLE AS died FROM (${limited})`
  return `SELECT r.*, coalesce(d.died, 'inf'::DOUBLE) AS died FROM (${limited}) r LEFT JOIN (${ended} AND ${within}) d ON d.source = r.source AND d.id = r.id`
}

/** The rows of a rule that something in (after, upTo] touches, of parties of any kind, as institution, k and time: odd rows that came, and rows that were ended. Undefined: none. */
export function touchedRows({ endings, rule, shape }: RuleRows, after: number, upTo: number): string | undefined {
  const changed = endings.changed(rule.reads)
  if (changed === undefined) return undefined
  return `SELECT DISTINCT institution, k, time FROM (${rowsOf(rule, shape, ['time'], changed, { anyKind: true })} AND tick > ${double(after)} AND tick <= ${double(upTo)}${keptLate(shape)})`
}

/** What rows are alike in of which the last counts, and what tells the last of them; nothing where all count. */
export function latestColumns({ latest }: WindowRule): string[] {
  if (latest === undefined) return []
  return [latest === 'institution' ? REPORTER : `"${latest}"`, 'time', 'source', 'sequence', 'id']
}

function rowsOf(rule: WindowRule, shape: Shape, columns: readonly string[], rows: string, whose: Whose = {}): string {
  const institution = shape.everyone ? quote('*') : 'institution'
  const { from, key } = keyed(rule, shape, rows, whose)
  const named = columns.filter((c) => c !== REPORTER)
  return `SELECT ${[`${institution} AS institution`, `institution AS ${REPORTER}`, `${key} AS k`, ...named].join(', ')}
    FROM ${from} WHERE (${key}) IS NOT NULL AND ${whereOf(rule)}`
}

/** Rows by their key: once for each of them, and where keys are parties of one kind, without those whose party was not known as such. */
function keyed({ window }: WindowRule, { keys }: Shape, rows: string, whose: Whose): { from: string; key: string } {
  const [only] = keys
  if (only !== undefined && keys.length === 1 && window.partyKind === undefined) return { from: `(${rows})`, key: only.key }
  const under = { row_key: keys.map((k) => k.key), row_party: keys.map((k) => k.per), [KEY_NAME]: keys.map((k) => quote(k.as)) }
  const lists = Object.entries(under).map(([name, list]) => `unnest([${list.join(', ')}]) AS ${name}`)
  const each = `SELECT *, ${lists.join(', ')} FROM (${rows})`
  if (window.partyKind === undefined || whose.anyKind === true) return { from: `(${each})`, key: 'row_key' }
  const party = window.part === undefined ? 'k' : `regexp_extract(k, '(?s)^(.*)' || chr(${PART_MARK.charCodeAt(0)}), 1)`
  const among = whose.keys === undefined ? undefined : `SELECT ${party} FROM (${whose.keys})`
  return {
    from: `(SELECT r.* FROM (${each}) r SEMI JOIN ${partiesOf(window.partyKind, among)} p ON p.party = r.row_party AND p.since <= ${TICK_SQL} AND p.until > ${TICK_SQL})`,
    key: 'row_key',
  }
}

/** Between which ticks, ms, parties (`among` these) stood as ones of a kind: `since` the statement took effect, and before `until`, when another did. */
function partiesOf(kind: string, among?: string): string {
  const is = `kind = ${quote(kind)} AND op <> 'delete'${among === undefined ? '' : ` AND "partyId" IN (${among})`}`
  return `(SELECT s."partyId" AS party, s.e AS since, coalesce(g.until, 'inf'::DOUBLE) AS until
      FROM (SELECT slot, "partyId", e FROM engine.state_party WHERE ${is}) s LEFT JOIN engine.gone_party g ON g.slot = s.slot
    UNION ALL SELECT "partyId", e, until FROM engine.history_party WHERE ${is})`
}

const REPORTER = 'reporter'

function plainColumns(rule: WindowRule): string[] {
  return [...new Set(['e', 'time', ...measuredColumns(rule)])]
}

/** Late occurrences are in no window of a rule that drops them; which statements of state are late depends on the window. */
function keptLate(shape: Shape): string {
  return shape.late === 'drop' && !shape.state ? ' AND NOT late' : ''
}
