/**
 * The port between a log and the engine: a source hands out raw messages in bulk, one slab of bytes and parallel arrays,
 * so that a batch crosses threads without a copy.
 */
import { type DeadReason, MAX_BULK_BYTES, MAX_MESSAGE_BYTES } from './event.ts'

export type SourcePartition = { topic: string; partition: number }

/** How far a partition was read, and what became of its messages. */
export type Books = SourcePartition & {
  nextOffset: number
  /** Highest min(order time, Kafka timestamp) seen, less the lateness bound; -Infinity before the first event. */
  own: number
  /** The highest watermark a control record carried it to. */
  raised: number
  used: number
  late: number
  duplicate: number
  dead: number
}
/** A place in the log. */
export type Position = SourcePartition & { offset: number }

/** As people and commands name it: topic/partition/offset. */
export function positionOf({ topic, partition, offset }: Position): string {
  return `${topic}/${partition}/${offset}`
}

/** Undefined for a text that names none. */
export function parsePosition(text: string): Position | undefined {
  const [, topic, partition, offset] = /^(.+)\/(\d+)\/(\d+)$/.exec(text) ?? []
  return topic === undefined ? undefined : { topic, partition: Number(partition), offset: Number(offset) }
}

export type RawBatch = {
  /** Messages in this batch. */
  count: number
  /** All values, one after the other; message i is bytes[ends[i-1] … ends[i]). */
  bytes: Uint8Array
  ends: Uint32Array
  /** Index into `Source.partitions`, per message. */
  partition: Uint16Array
  offset: Float64Array
  /** Kafka timestamp in ms, or NaN where the source has none. */
  timestamp: Float64Array
  /** Wire form of each message, an index into `WIRE_FORMS`. */
  form: Uint8Array
  /** True length where a value was cut because it is longer than can be judged; else 0. */
  oversize: Uint32Array
  /** Partitions that ended with this batch: nothing will come from them any more. */
  ended: number[]
}

/** How events lie in a message, told by its headers (contract §1). `binary`: the attributes as one line of JSON, below it the value. */
export const WIRE_FORMS = ['event', 'batch', 'arrow', 'binary'] as const
export type WireForm = (typeof WIRE_FORMS)[number]

/** How long a message of a form may be; beyond that it is not judged. */
export function mostBytes(form: WireForm): number {
  return form === 'batch' || form === 'arrow' ? MAX_BULK_BYTES : MAX_MESSAGE_BYTES
}

/** A partition that fell silent is carried along from `nextOffset` on (contract §2). */
export type Carried = { topic: string; partition: number; nextOffset: number; watermark: number }
/** Cold start: what lies at or before `at`, ms, is loaded and raises nothing; -Infinity takes it back. */
export type JudgeFrom = { kind: 'judge-from'; at: number }
/** Why a change of rules was refused. */
export const REFUSAL_REASONS = ['broken', 'too-late', 'no-new-version', 'not-in-force', 'faulty', 'no-history'] as const
export type RefusalReason = (typeof REFUSAL_REASONS)[number]
/** What became of a record of `lookthrough.rules`, by its offset there: known before anything is judged by it (docs/decisions/0032). */
export type RuleDecision = { kind: 'rule'; offset: number } & ({ accepted: true } | { accepted: false; reason: RefusalReason; why: string })
export type ControlRecord = Carried | JudgeFrom | RuleDecision
/** A record of `lookthrough.rules`. */
export type RuleRecord = { offset: number; value: string }

export type Silent = { partition: number; nextOffset: number; since: number }

export type Source = {
  readonly partitions: readonly SourcePartition[]
  /** What the control log said before this run, in its order: it has to be known before the first message is judged. */
  readonly control: readonly ControlRecord[]
  /** What the rules topic held before this run, in its order; absent: nothing. */
  readonly rules?: readonly RuleRecord[]
  /** What has come on it since the last call. Absent: what was not decided before this run stays undecided. */
  newRules?(): RuleRecord[] | Promise<RuleRecord[]>
  /** The next messages, at most `max`; waits up to `waitMs` for the first. Null when every partition has ended. */
  pull(max: number, waitMs: number): Promise<RawBatch | null>
  /** Partitions read to their end, and since when (ms of `steadyClock`) nothing came. Only a live source has any. */
  silent(): Silent[] | Promise<Silent[]>
  /** Writes control records; returns once they are durable. */
  writeControl(records: ControlRecord[]): Promise<void>
  /** A batch that nobody reads any more: its memory may hold another. */
  release?(raw: RawBatch): void
  close(): Promise<void>
}

/** What the last word on it says; undefined where there is none. */
export function judgeFromOf(control: readonly ControlRecord[]): number | undefined {
  const last = control.findLast((r): r is JudgeFrom => 'kind' in r && r.kind === 'judge-from')
  return last === undefined || last.at === -Infinity ? undefined : last.at
}

/** Where committed alerts and dead letters leave: called after the commit, resolves once they are durable there. */
export type Sink = {
  deliver(messages: OutboxMessage[]): Promise<void>
  /** Dead letters, those of a partition in the order of its log; absent: they stay in their table. */
  deliverDead?(letters: OutgoingLetter[]): Promise<void>
  close(): Promise<void>
}

/** One revision on its way out. `sequence` grows by one per revision in the engine's file. */
export type OutboxMessage = { sequence: number; id: string; revision: number; body: string }

/** One dead letter on its way out. Position and `event`, which event of its message it is (from 0), tell it apart; `size`: how long it was before it was cut. */
export type OutgoingLetter = Position & {
  event: number
  reason: DeadReason
  pointer: string | null
  id: string | null
  institution: string | null
  form: WireForm
  size: number
  bytes: Uint8Array
}

/** A batch of one partition from values in memory: offsets count up from `first`, there are no timestamps, nothing is oversize. */
export function batchOf(values: readonly Uint8Array[], options: { first?: number; ended?: boolean; timestamp?: number; form?: WireForm } = {}): RawBatch {
  const { first = 0, ended = false, timestamp = Number.NaN, form = 'event' } = options
  let end = 0
  return {
    count: values.length,
    bytes: Buffer.concat(values),
    ends: Uint32Array.from(values, (v) => (end += v.length)),
    partition: new Uint16Array(values.length),
    offset: Float64Array.from(values, (_, i) => first + i),
    timestamp: new Float64Array(values.length).fill(timestamp),
    form: new Uint8Array(values.length).fill(WIRE_FORMS.indexOf(form)),
    oversize: new Uint32Array(values.length),
    ended: ended ? [0] : [],
  }
}

/** One partition whose log is these values, or those in [from, to): as many at once as are asked for, `atOnce` at most. It ends where the values do. */
export function memorySource(values: readonly Uint8Array[], { from = 0, to = values.length, atOnce = Infinity } = {}): Source {
  let at = from
  return {
    partitions: [{ topic: 'log', partition: 0 }],
    control: [],
    silent: () => [],
    writeControl: () => Promise.resolve(),
    close: () => Promise.resolve(),
    pull(most) {
      if (at >= to) return Promise.resolve(null)
      const first = at
      at = Math.min(to, at + most, at + atOnce)
      return Promise.resolve(batchOf(values.slice(first, at), { first, ended: at >= values.length }))
    },
  }
}
