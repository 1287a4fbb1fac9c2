/** The rows of a window rule: between which ticks each is in force, and to which institution and key it belongs (docs/decisions/0005). */
import { parseDuration, type WindowRule } from '../../pipeline/contract/index.ts'
import { type Arrived, compare, inEventOrder, isState, KEEP_MS, tickOf } from './arrivals.ts'
import { Standing } from './standing.ts'

/** In force at the ticks in [born, died); there under the key that is called `as`. */
export type Row = Arrived & { born: number; died: number; as: string | undefined }
/** Rows of one key: `institution` is `*` where all institutions are read together. */
export type KeyRows = { institution: string; key: string; part: string | undefined; rows: Row[] }

export function rowsByKey(rule: WindowRule, where: (data: Record<string, unknown>) => boolean, arrived: Arrived[], keepMs = KEEP_MS): KeyRows[] {
  const stream = arrived.filter((a) => a.event.type === rule.reads)
  const endings = stream.filter((a) => a.event.op === 'correct' || a.event.op === 'delete')
  const keys = new Map<string, KeyRows>()
  const kinds = partyKinds(arrived)
  for (const a of stream)
    for (const { per, part, as } of [rule.window, ...(rule.window.also ?? [])]) {
      const key = a.event.data[per]
      if (a.event.op === 'delete' || key === undefined || !where(a.event.data)) continue
      if (a.late && rule.window.late !== 'correct' && !isState(rule.reads)) continue
      if (a.time < a.e - keepMs) continue
      if (rule.window.partyKind !== undefined && kinds(String(key), tickOf(a.e)) !== rule.window.partyKind) continue
      const institution = rule.scope === '*' ? '*' : a.event.institution
      const name = JSON.stringify([institution, key, part])
      // A part is a text between quotes.
      const of = keys.get(name) ?? { institution, key: String(key), part: part?.slice(1, -1), rows: [] }
      of.rows.push({ ...a, born: tickOf(a.e), died: endOf(a, endings, keepMs), as })
      keys.set(name, of)
    }
  return [...keys.values()]
}

/** What kind of party one is known as at the end of a tick; undefined: it is not known, or no more. */
function partyKinds(arrived: Arrived[]): (party: string, tick: number) => string | undefined {
  const standing = new Standing()
  const taken = arrived.filter((a) => a.event.type === 'ref.party' && standing.take(a))
  return (party, tick) => {
    const last = taken.findLast((a) => a.event.data['partyId'] === party && a.e <= tick)
    return last === undefined || last.event.op === 'delete' ? undefined : String(last.event.data['kind'])
  }
}

/** The tick of the first correction or deletion of the same thing after this row; of a statement of state, of one about the same time. */
function endOf(row: Arrived, endings: Arrived[], keepMs: number): number {
  const ending = endings.find(
    (a) => a.thing === row.thing && inEventOrder(a, row) > 0 && (!isState(row.event.type) || a.time === row.time) && row.time >= a.e - keepMs,
  )
  return ending === undefined ? Infinity : tickOf(ending.e)
}

/**
 * The rows in force at a tick. A rule that drops what is late has no statement of state in a window that had ended (at `end`, for each row) when it
 * took effect; a correction is not late.
 */
export function inForce(rule: WindowRule, rows: Row[], tick: number, end: (row: Row) => number): Row[] {
  return rows.filter((r) => r.born <= tick && tick < r.died && !isDropped(rule, r, end(r)))
}

export function isDropped(rule: WindowRule, row: Row, end: number): boolean {
  const upsert = row.event.op === undefined || row.event.op === 'upsert'
  return isState(rule.reads) && rule.window.late !== 'correct' && upsert && row.born > tickOf(end)
}

/** What a row says in a field, or who reported it. */
export function fieldOf({ event }: Row, field: string): unknown {
  return field === 'institution' ? event.institution : event.data[field]
}

/** Of rows that are alike in the field `latest` of a rule the last; all of them where it has none. */
export function counted({ latest }: WindowRule, rows: Row[]): Row[] {
  if (latest === undefined) return rows
  return rows.filter((row) => !rows.some((other) => fieldOf(other, latest) === fieldOf(row, latest) && inTimeOrder(other, row) > 0))
}

/** (time, source, sequence, id) */
export function inTimeOrder(a: Row, b: Row): number {
  return a.time - b.time || compare(a.event.source, b.event.source) || Number(a.event.sequence) - Number(b.event.sequence) || compare(a.event.id, b.event.id)
}

/** The ticks in which rows come into force or go out of it, in order. */
export function changes(rows: Row[]): number[] {
  const ticks = rows.filter((r) => r.born < r.died).flatMap((r) => [r.born, r.died])
  return [...new Set(ticks)].filter(Number.isFinite).sort((a, b) => a - b)
}

/** Milliseconds of a rule's duration parameter. */
export function durationOf(rule: WindowRule, name: string): number {
  return parseDuration(String(rule.parameters[name]?.value)) ?? Number.NaN
}
