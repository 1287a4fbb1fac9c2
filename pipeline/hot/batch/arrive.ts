/** Every event of a batch in arrival order: used, late, duplicate or dead, and its effective time. */
import { LookthroughError, OPERATIONS, STREAMS } from '../../contract/index.ts'
import { WIRE_FORMS } from '../../contract/source.ts'
import type { DeadLetter, Decoded, EventColumns } from '../../contract/stage.ts'
import { CONFLICT, DUPLICATE, type Told } from './duplicates.ts'
import { eventBytes } from './event-bytes.ts'
import type { Ledger } from './ledger.ts'

/** Fates of a row; 0 is a repetition. */
export const USED = 1
export const LATE = 2

/** Per row of a stream. `number`: in the log of events seen; `slot`: in the state table of a state stream, 0 for a repetition. */
export type StreamArrivals = {
  fate: Int32Array
  effective: Float64Array
  partition: Int32Array
  offset: Float64Array
  number: Int32Array
  slot: Float64Array
}
export type LateEvent = {
  partition: number
  offset: number
  stream: number
  row: number
  latenessMs: number
  reason: 'late' | 'beyond-keep'
  bytes: Uint8Array
}

/**
 * `event`: which event of its message, from 0. `size`: how long it was before it was cut, bytes. `at`: its time, else the highest its partition has seen,
 * ms; -Infinity before the first event. `watermark`: of its partition when it came.
 */
export type Refused = DeadLetter & { event: number; size: number; at: number; watermark: number }

/**
 * `fresh`: new events per stream, late ones among them. `repeated`: rows per stream that came before. `dead`: what cannot be judged, and events with a known
 * key and other content.
 */
export type Arrivals = { streams: StreamArrivals[]; fresh: number[]; repeated: number[][]; late: LateEvent[]; dead: Refused[] }

/** `keepMs`: how far back the rows of windows reach; a correction of an older occurrence is counted late. */
export function arrive(decoded: Decoded, ledger: Ledger, told: Told, keepMs: number): Arrivals {
  const arrivals: Arrivals = {
    streams: decoded.streams.map(({ type, count }) => ({
      fate: new Int32Array(count),
      effective: new Float64Array(count),
      partition: new Int32Array(count),
      offset: new Float64Array(count),
      number: new Int32Array(count),
      slot: new Float64Array(STREAMS[type].state ? count : 0),
    })),
    fresh: decoded.streams.map(() => 0),
    repeated: decoded.streams.map(() => []),
    late: [],
    dead: [],
  }
  const before = accounted(ledger)
  const { raw, message, stream } = decoded
  let [a, refused, placed] = [0, 0, 0]
  for (let i = 0; i < raw.count; i++) {
    const [p, offset] = [raw.partition[i] as number, raw.offset[i] as number]
    // Fetched once more: it stands in the books already.
    const again = offset < ledger.at(p).nextOffset
    if (!again) ledger.advance(p, offset)
    for (const first = a; message[a] === i; a++) {
      const dead = stream[a] === -1 ? decoded.dead[refused++] : undefined
      if (again) continue
      placed++
      if (dead === undefined) place(arrivals, decoded, ledger, told, a, a - first, keepMs)
      else refuse(arrivals, ledger, dead, a - first, raw.oversize[i])
    }
  }
  if (accounted(ledger) - before !== placed)
    throw new LookthroughError('LT-9001', { why: `${placed} events came in, ${accounted(ledger) - before} were accounted for` })
  return arrivals
}

function place(arrivals: Arrivals, decoded: Decoded, ledger: Ledger, told: Told, a: number, event: number, keepMs: number): void {
  const { raw } = decoded
  const i = decoded.message[a] as number
  const p = raw.partition[i] as number
  const s = decoded.stream[a] as number
  const row = decoded.row[a] as number
  const books = ledger.at(p)
  const columns = decoded.streams[s] as EventColumns
  if (told.fate[a] === CONFLICT) return refuse(arrivals, ledger, conflict(decoded, a, columns), event)
  const order = orderTime(columns, row)
  const watermark = ledger.watermark(p)
  ledger.observe(p, order, raw.timestamp[i] as number)
  ledger.latest = Math.max(ledger.latest, columns.time[row] as number, order)
  if (told.fate[a] === DUPLICATE) {
    books.duplicate++
    arrivals.repeated[s]?.push(row)
    return
  }
  const effective = Math.max(order, watermark)
  const beyond = beyondKeep(columns, row, effective, keepMs)
  const late = order < watermark || beyond
  const stream = arrivals.streams[s] as StreamArrivals
  stream.fate[row] = late ? LATE : USED
  stream.effective[row] = effective
  stream.partition[row] = p
  stream.offset[row] = raw.offset[i] as number
  stream.number[row] = told.number[a] as number
  arrivals.fresh[s] = (arrivals.fresh[s] ?? 0) + 1
  if (!late) {
    books.used++
    return
  }
  books.late++
  arrivals.late.push({
    partition: p,
    offset: raw.offset[i] as number,
    stream: s,
    row,
    latenessMs: Math.max(0, watermark - order),
    reason: beyond ? 'beyond-keep' : 'late',
    bytes: bytesOf(decoded, a, columns, row),
  })
}

/** `oversize`: as in `RawBatch`. */
function refuse(arrivals: Arrivals, ledger: Ledger, dead: DeadLetter, event: number, oversize = 0): void {
  const { partition, time } = dead
  ledger.at(partition).dead++
  if (time !== undefined) ledger.latest = Math.max(ledger.latest, time)
  arrivals.dead.push({ ...dead, event, size: oversize || dead.bytes.length, at: time ?? ledger.highest(partition), watermark: ledger.watermark(partition) })
}

function conflict(decoded: Decoded, a: number, columns: EventColumns): DeadLetter {
  const i = decoded.message[a] as number
  const row = decoded.row[a] as number
  return {
    partition: decoded.raw.partition[i] as number,
    offset: decoded.raw.offset[i] as number,
    reason: 'duplicate-conflict',
    id: columns.id.at(row) ?? '',
    source: columns.source.at(row) ?? '',
    type: columns.type,
    time: columns.time[row] as number,
    institution: columns.institution.at(row) ?? '',
    form: hasBytes(decoded, a) && WIRE_FORMS[decoded.raw.form[i] as number] === 'binary' ? 'binary' : 'event',
    bytes: bytesOf(decoded, a, columns, row),
  }
}

/** A correction or deletion of an occurrence whose rows are not kept any more. */
function beyondKeep(columns: EventColumns, row: number, effective: number, keepMs: number): boolean {
  return columns.op[row] !== 0 && !STREAMS[columns.type].state && (columns.time[row] ?? 0) < effective - keepMs
}

const CORRECT = OPERATIONS.indexOf('correct')

/** Recorded time for a statement of state that carries one and for every correction, else valid time. */
function orderTime(columns: EventColumns, row: number): number {
  const recorded = columns.recorded[row] as number
  const uses = !Number.isNaN(recorded) && (STREAMS[columns.type].state || columns.op[row] === CORRECT)
  return uses ? recorded : (columns.time[row] as number)
}

/** in = used + late + duplicate + dead. */
function accounted(ledger: Ledger): number {
  return ledger.books.reduce((n, b) => n + b.used + b.late + b.duplicate + b.dead, 0)
}

function bytesOf(decoded: Decoded, a: number, columns: EventColumns, row: number): Uint8Array {
  return hasBytes(decoded, a) ? Uint8Array.prototype.slice.call(decoded.raw.bytes, decoded.start[a], decoded.end[a]) : eventBytes(columns, row)
}

/** The row of a table has none of its own. */
function hasBytes({ start, end }: Decoded, a: number): boolean {
  return start[a] !== end[a]
}
