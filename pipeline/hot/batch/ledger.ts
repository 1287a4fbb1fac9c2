/**
 * The books of every partition: how far it was read, its watermark, and what became of each message
 * (in = used + late + duplicate + dead). All from the log; no wall clock.
 */
import { EVENT_TYPES, type EventType, REJECTED, STREAMS } from '../../contract/index.ts'
import type { Books, Carried, SourcePartition } from '../../contract/source.ts'
import { TICK_MS, tickOf } from '../../contract/tick.ts'

export const DEFAULT_LATENESS_MS = 5000

export type PartitionBooks = Books & {
  /** Nothing will come any more: it holds no one back. */
  ended: boolean
}

export class Ledger {
  readonly books: PartitionBooks[]
  /** Below this tick, ms, alone is judged: from it on other rules hold, with which another judges. */
  before = Infinity
  /** The latest valid time of any event, ms: what came may have been judged by the rules of this time. */
  latest = -Infinity
  readonly #latenessMs: number
  readonly #control = new Map<number, { nextOffset: number; watermark: number }[]>()

  constructor(partitions: readonly SourcePartition[], latenessMs = DEFAULT_LATENESS_MS) {
    this.#latenessMs = latenessMs
    this.books = partitions.map((p) => ({ ...p, nextOffset: 0, own: -Infinity, raised: -Infinity, used: 0, late: 0, duplicate: 0, dead: 0, ended: false }))
  }

  /** Takes a control record in: from its offset on, the partition's watermark is at least this. */
  control(record: Carried): void {
    const p = this.books.findIndex((b) => b.topic === record.topic && b.partition === record.partition)
    if (p < 0) return
    const waiting = this.#control.get(p) ?? []
    waiting.push({ nextOffset: record.nextOffset, watermark: record.watermark })
    this.#control.set(p, waiting)
    this.#raise(p)
  }

  /**
   * Partitions that came to the log later take up where it stands: what was judged without them is not judged again. Records that say so, from their
   * first message on; none for a topic that nothing judged has read.
   */
  admit(added: readonly number[]): Carried[] {
    return added.flatMap((p) => {
      const { topic, partition } = this.at(p)
      const before = this.books.map((_, i) => i).filter((i) => !added.includes(i))
      const own = before.filter((i) => this.at(i).topic === topic)
      const beside = own.length > 0 || !isState(topic) ? own : before.filter((i) => isState(this.at(i).topic))
      const watermark = beside.reduce((low, i) => Math.min(low, this.watermark(i)), Infinity)
      return Number.isFinite(watermark) ? [{ topic, partition, nextOffset: 0, watermark }] : []
    })
  }

  /** The watermark of a partition as lateness sees it. */
  watermark(p: number): number {
    const b = this.at(p)
    return Math.max(b.own, b.raised)
  }

  /** The highest min(order time, Kafka timestamp) seen in a partition, ms; -Infinity before the first event. */
  highest(p: number): number {
    return this.at(p).own + this.#latenessMs
  }

  /** Reads past one message; call before judging it. */
  advance(p: number, offset: number): void {
    this.at(p).nextOffset = offset
    this.#raise(p)
    this.at(p).nextOffset = offset + 1
  }

  /** An event moves its partition's watermark; dead letters do not. */
  observe(p: number, orderTime: number, timestamp: number): void {
    const b = this.at(p)
    const seen = (Number.isNaN(timestamp) ? orderTime : Math.min(orderTime, timestamp)) - this.#latenessMs
    if (seen > b.own) b.own = seen
  }

  at(p: number): PartitionBooks {
    const b = this.books[p]
    if (b === undefined) throw new Error(`no partition ${p}`)
    return b
  }

  /** After a batch: control records whose offset was reached take effect even if no message follows. */
  settle(): void {
    for (const p of this.#control.keys()) this.#raise(p)
  }

  /** The highest tick that may be judged for rules that read these types: every partition's watermark is above it. */
  horizon(types: readonly EventType[]): number {
    return Math.min(this.#horizon(types), this.before - TICK_MS)
  }

  /** Whether time has come to tick `at`, ms, everywhere. Where all have ended, it ends with the last event. */
  hasCome(at: number): boolean {
    return at <= this.#horizon(EVENT_TYPES) && at <= tickOf(this.end(EVENT_TYPES))
  }

  #horizon(types: readonly EventType[]): number {
    let low = Infinity
    this.books.forEach((b, p) => {
      if (!b.ended && carries(b, types)) low = Math.min(low, this.watermark(p))
    })
    return Number.isFinite(low) ? (Math.ceil(low / TICK_MS) - 1) * TICK_MS : low
  }

  /** Up to where time has passed, ms, in the partitions that carry these types: what is due by then does not depend on how the log was cut into batches. */
  end(types: readonly EventType[]): number {
    return this.books.reduce((high, b, p) => (carries(b, types) ? Math.max(high, this.highest(p), b.raised) : high), -Infinity)
  }

  #raise(p: number): void {
    const waiting = this.#control.get(p)
    if (waiting === undefined) return
    const b = this.at(p)
    for (const record of waiting) if (b.nextOffset >= record.nextOffset) b.raised = Math.max(b.raised, record.watermark)
    const rest = waiting.filter((record) => b.nextOffset < record.nextOffset)
    if (rest.length === 0) this.#control.delete(p)
    else this.#control.set(p, rest)
  }
}

/** A Kafka partition carries its topic's type, a file may carry any; and any message may be refused. */
function carries(b: SourcePartition, types: readonly EventType[]): boolean {
  return !(EVENT_TYPES as readonly string[]).includes(b.topic) || types.includes(REJECTED) || (types as readonly string[]).includes(b.topic)
}

function isState(topic: string): boolean {
  return STREAMS[topic as EventType]?.state === true
}
