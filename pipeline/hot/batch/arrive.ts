/** Every message of a batch in arrival order: used, late, duplicate or dead, and its effective time. */
import { STREAMS } from '../../contract/index.ts'
import type { DeadLetter, Decoded, EventColumns } from '../../contract/stage.ts'
import type { Duplicates } from './duplicates.ts'
import type { Ledger } from './ledger.ts'

const USED = 1
const LATE = 2

type StreamArrivals = { fate: Uint8Array; effective: Float64Array; partition: Int32Array; offset: Float64Array }
export type LateEvent = { partition: number; offset: number; stream: number; row: number; latenessMs: number; bytes: Uint8Array }

export type Seen = { count: number; key0: Uint32Array; key1: Uint32Array; content: Uint32Array }

export class Arrivals {
  readonly late: LateEvent[] = []
  /** What cannot be judged, and events with a known key and other content. */
  readonly dead: DeadLetter[] = []
  /** New events: both halves of their key and their content, two words each. */
  readonly seen: Seen
  readonly #streams: StreamArrivals[]

  constructor(streams: EventColumns[], messages: number) {
    const words = () => new Uint32Array(messages * 2)
    this.seen = { count: 0, key0: words(), key1: words(), content: words() }
    this.#streams = streams.map(({ count }) => ({
      fate: new Uint8Array(count),
      effective: new Float64Array(count),
      partition: new Int32Array(count),
      offset: new Float64Array(count),
    }))
  }

  of(stream: number): StreamArrivals {
    const s = this.#streams[stream]
    if (s === undefined) throw new Error(`no stream ${stream}`)
    return s
  }

  /** Rows of a stream that count: used ones, with or without the late ones. */
  kept(stream: number, withLate: boolean): Uint32Array {
    const { fate } = this.of(stream)
    const rows: number[] = []
    for (let row = 0; row < fate.length; row++) if (fate[row] === USED || (withLate && fate[row] === LATE)) rows.push(row)
    return Uint32Array.from(rows)
  }
}

export function arrive(decoded: Decoded, ledger: Ledger, duplicates: Duplicates): Arrivals {
  const arrivals = new Arrivals(decoded.streams, decoded.raw.count)
  const { raw } = decoded
  let refused = 0
  for (let i = 0; i < raw.count; i++) {
    const p = raw.partition[i] ?? 0
    const offset = raw.offset[i] ?? 0
    const s = decoded.stream[i] ?? -1
    const columns = decoded.streams[s]
    const dead = columns === undefined ? decoded.dead[refused++] : undefined
    // Fetched once more: it stands in the books already.
    if (offset < ledger.at(p).nextOffset) continue
    ledger.advance(p, offset)
    if (columns !== undefined) place(arrivals, decoded, ledger, duplicates, i, s, columns)
    else if (dead !== undefined) {
      ledger.at(p).dead++
      arrivals.dead.push(dead)
    }
  }
  return arrivals
}

function place(arrivals: Arrivals, decoded: Decoded, ledger: Ledger, duplicates: Duplicates, i: number, s: number, columns: EventColumns): void {
  const row = decoded.row[i] ?? 0
  const p = decoded.raw.partition[i] ?? 0
  const offset = decoded.raw.offset[i] ?? 0
  const books = ledger.at(p)
  const repetition = duplicates.see(columns.key, columns.content, row)
  if (repetition === 'conflict') {
    books.dead++
    arrivals.dead.push({
      partition: p,
      offset,
      reason: 'duplicate-conflict',
      id: columns.id[row] ?? '',
      institution: columns.institution[row] ?? '',
      bytes: bytesOf(decoded, i),
    })
    return
  }
  const order = orderTime(columns, row)
  const watermark = ledger.watermark(p)
  ledger.observe(p, order, decoded.raw.timestamp[i] ?? Number.NaN)
  if (repetition === 'duplicate') {
    books.duplicate++
    return
  }
  remember(arrivals.seen, columns, row)
  const stream = arrivals.of(s)
  const late = order < watermark
  stream.fate[row] = late ? LATE : USED
  stream.effective[row] = late ? watermark : order
  stream.partition[row] = p
  stream.offset[row] = offset
  if (!late) {
    books.used++
    return
  }
  books.late++
  arrivals.late.push({ partition: p, offset, stream: s, row, latenessMs: watermark - order, bytes: bytesOf(decoded, i) })
}

function remember(seen: Seen, columns: EventColumns, row: number): void {
  const at = seen.count++ * 2
  for (let w = 0; w < 2; w++) {
    seen.key0[at + w] = columns.key[row * 4 + w] ?? 0
    seen.key1[at + w] = columns.key[row * 4 + 2 + w] ?? 0
    seen.content[at + w] = columns.content[row * 2 + w] ?? 0
  }
}

/** Recorded time for a statement of state that carries one and for every correction, else valid time. */
function orderTime(columns: EventColumns, row: number): number {
  const recorded = columns.recorded[row] ?? Number.NaN
  const uses = !Number.isNaN(recorded) && (STREAMS[columns.type].state || columns.op[row] === 'correct')
  return uses ? recorded : (columns.time[row] ?? 0)
}

function bytesOf(decoded: Decoded, i: number): Uint8Array {
  const from = i === 0 ? 0 : (decoded.raw.ends[i - 1] ?? 0)
  return decoded.raw.bytes.slice(from, decoded.raw.ends[i])
}
