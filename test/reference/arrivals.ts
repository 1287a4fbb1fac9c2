/**
 * From a log to what the rules read: late, duplicate, dead or used, and when each event takes effect (contract §2).
 * Partition by partition, message by message; the same event never comes through two partitions.
 */
import { canonicalJson, type EventType, parseTime, STREAMS } from '../../pipeline/contract/index.ts'
import type { Carried, ControlRecord, SourcePartition } from '../../pipeline/contract/source.ts'

export type LogEvent = {
  specversion: '1.0'
  id: string
  source: string
  type: EventType
  time: string
  subject: string
  institution: string
  sequence: string
  op?: 'upsert' | 'correct' | 'delete'
  recordedtime?: string
  data: Record<string, unknown>
}

/** One message: its offset is its place in the partition; `timestamp` NaN where the log has none. Without an event it cannot be judged at all. */
export type LogEntry = { timestamp: number; event?: LogEvent }
export type LogPartition = SourcePartition & { entries: LogEntry[] }
export type Log = { partitions: LogPartition[]; control: ControlRecord[] }

/** `e`: effective time, ms. `thing`: what the event is about, within its institution. */
export type Arrived = { event: LogEvent; time: number; e: number; late: boolean; thing: string }
export type Counts = { used: number; late: number; duplicate: number; dead: number }

/** Up to where time has passed in a partition, ms. */
export type End = { topic: string; at: number }

export const LATENESS_MS = 5000
export const KEEP_MS = 35 * 86_400_000

/** Every event that came, and those that count in windows, both in event order; and the books of each partition. */
export function arrive(log: Log, keepMs = KEEP_MS): { come: Arrived[]; arrived: Arrived[]; counts: Counts[]; ends: End[] } {
  const ends: End[] = []
  const contents = new Map<string, string>()
  const come: Arrived[] = []
  const arrived: Arrived[] = []
  const counts = log.partitions.map((partition) => {
    const books: Counts = { used: 0, late: 0, duplicate: 0, dead: 0 }
    let own = -Infinity
    partition.entries.forEach(({ timestamp, event }, offset) => {
      const watermark = Math.max(own, raisedAt(log, partition, offset))
      const content = event && canonicalJson({ op: 'upsert', ...event })
      const known = event && contents.get(`${event.source}|${event.id}`)
      if (event === undefined || content === undefined || (known !== undefined && known !== content)) {
        books.dead++
        return
      }
      const order = orderTime(event)
      own = Math.max(own, (Number.isNaN(timestamp) ? order : Math.min(order, timestamp)) - LATENESS_MS)
      if (known !== undefined) {
        books.duplicate++
        return
      }
      contents.set(`${event.source}|${event.id}`, content)
      const of = { event, time: timeOf(event.time), e: Math.max(order, watermark), late: order < watermark, thing: thingOf(event, 'institution') }
      const beyond = isBeyond(of, keepMs)
      books[of.late || beyond ? 'late' : 'used']++
      come.push(of)
      if (!beyond) arrived.push(of)
    })
    ends.push({ topic: partition.topic, at: Math.max(own + LATENESS_MS, raisedAt(log, partition, partition.entries.length)) })
    return books
  })
  return { come: come.sort(inEventOrder), arrived: arrived.sort(inEventOrder), counts, ends }
}

/** (e, source, type, sequence, id) */
export function inEventOrder(a: Arrived, b: Arrived): number {
  return (
    a.e - b.e ||
    compare(a.event.source, b.event.source) ||
    compare(a.event.type, b.event.type) ||
    Number(a.event.sequence) - Number(b.event.sequence) ||
    compare(a.event.id, b.event.id)
  )
}

/** The tick in which something with this effective time is judged. */
export function tickOf(e: number): number {
  return Math.ceil(e / 1000) * 1000
}

/** What tells the thing of an event apart. */
export function thingOf({ type, institution, data }: LogEvent, within: 'institution' | 'everywhere'): string {
  return canonicalJson([type, within === 'institution' ? institution : '', ...STREAMS[type].thing.map((field) => data[field])])
}

export function isState(type: EventType): boolean {
  return STREAMS[type].state
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Recorded time for a statement of state that carries one and for every correction, else valid time. */
function orderTime(event: LogEvent): number {
  const recorded = event.recordedtime !== undefined && (isState(event.type) || event.op === 'correct')
  return timeOf(recorded ? (event.recordedtime ?? '') : event.time)
}

/** The highest watermark that control records carried the partition to before this offset. */
function raisedAt(log: Log, { topic, partition }: SourcePartition, offset: number): number {
  const records = log.control
    .filter((r): r is Carried => !('kind' in r))
    .filter((r) => r.topic === topic && r.partition === partition && r.nextOffset <= offset)
  return records.reduce((high, r) => Math.max(high, r.watermark), -Infinity)
}

/** A correction or deletion of an occurrence whose rows are not kept any more. */
function isBeyond({ event, time, e }: Arrived, keepMs: number): boolean {
  return (event.op === 'correct' || event.op === 'delete') && !isState(event.type) && time < e - keepMs
}

function timeOf(text: string): number {
  const ms = parseTime(text)
  if (ms === undefined) throw new Error(`no time: ${text}`)
  return ms
}
