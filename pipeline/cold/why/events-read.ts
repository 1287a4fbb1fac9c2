/** The events an explanation rests on, as they lie in the tables, and those of the institution that were late or refused. */
import type { EvidenceRef } from '../../contract/finding.ts'
import { type EventType, formatTime, type Rule } from '../../contract/index.ts'
import { type Database, quote } from '../../store/database.ts'
import type { Asked } from './observer.ts'

/** `effective`: when it took effect; `time`: when what it says holds, null where it is no event of the log. */
export type EventRead = { event: string; type: string; time: string | null; effective: string; op: string }

/** Late events of the streams the rule reads that name the subject, and how many were refused, by reason. */
export type Refused = { late: { event: string; seconds: string; reason: string }[]; dead: { reason: string; count: number }[] }

export async function eventsRead(db: Database, refs: readonly EvidenceRef[]): Promise<EventRead[]> {
  const first = [...new Map(refs.map((r) => [r.event, r])).values()].sort((a, b) => (a.order < b.order ? -1 : 1)).slice(0, MOST)
  if (first.length === 0) return []
  const names = first.map((r) => quote(r.event)).join(', ')
  const rows = await db.rows(`SELECT source || '|' || id, type, epoch_ms(time), op FROM lt.events WHERE source || '|' || id IN (${names})`)
  const known = new Map(rows.map(([event, type, time, op]) => [String(event), { type: String(type), time: Number(time), op: String(op) }]))
  return first.map(({ event, order }) => {
    const of = known.get(event)
    return { event, type: of?.type ?? '', time: of === undefined ? null : formatTime(of.time), effective: effectiveOf(order), op: of?.op ?? '' }
  })
}

const MOST = 20
const EFFECTIVE_DIGITS = 17

/** Event order begins with the effective time, shifted to be positive; an alert's with its text. */
function effectiveOf(order: string): string {
  const first = order.slice(0, EFFECTIVE_DIGITS)
  return /^\d+$/.test(first) ? formatTime(Number(first) - 1e15) : (order.split('|')[0] ?? '')
}

export async function refusedOf(db: Database, rule: Rule, { institution, subject }: Asked): Promise<Refused> {
  const of = institution === '*' ? 'true' : `l.institution = ${quote(institution)}`
  const types = typesOf(rule)
  const read = types.length === 0 ? 'true' : `l.type IN (${types.map(quote).join(', ')})`
  const late = await db.rows(`SELECT l.source || '|' || l.id, lateness_ms, reason FROM lt.late l JOIN lt.events v ON v.source = l.source AND v.id = l.id
    WHERE ${of} AND ${read} AND contains(CAST(v.data AS VARCHAR), ${quote(JSON.stringify(subject.id))}) ORDER BY l.topic, l."partition", l."offset" LIMIT ${MOST}`)
  const dead = await db.rows(`SELECT reason, count(*) FROM lt.dead_letters l WHERE ${of} GROUP BY reason ORDER BY reason`)
  return {
    late: late.map(([event, ms, reason]) => ({ event: String(event), seconds: (Number(ms) / 1000).toFixed(3), reason: String(reason) })),
    dead: dead.map(([reason, count]) => ({ reason: String(reason), count: Number(count) })),
  }
}

/** Empty: whatever comes. */
function typesOf(rule: Rule): EventType[] {
  if ('reads' in rule) return [rule.reads]
  if (rule.kind === 'limit' && 'by' in rule.numerator) return [rule.numerator.from, 'inst.metric']
  if (rule.kind === 'summary') return [rule.detail.from, 'inst.metric']
  return rule.kind === 'metric' ? ['inst.metric'] : []
}
