/** What travels from stage to stage: batches in columns, never single events. */
import type { PublishedAlert } from './alert.ts'
import type { DeadReason, EventType } from './event.ts'
import type { Finding } from './finding.ts'
import type { OutgoingLetter, RawBatch, WireForm } from './source.ts'
import type { TextColumn } from './text.ts'

/** A data field of the events of one type: `values[row]`; `valid[row] === 0` is null. */
export type FieldValues =
  | { kind: 'text'; values: TextColumn }
  | { kind: 'money'; values: BigInt64Array; valid: Uint8Array }
  | { kind: 'integer'; values: Int32Array; valid: Uint8Array }
  | { kind: 'boolean'; values: Uint8Array; valid: Uint8Array }

/** The events of one type in one batch, in columns; row order is arrival order. */
export type EventColumns = {
  type: EventType
  count: number
  id: TextColumn
  source: TextColumn
  institution: TextColumn
  subject: TextColumn
  /** Valid time and, where stated, recorded time (else NaN), ms. */
  time: Float64Array
  recorded: Float64Array
  sequence: BigInt64Array
  /** Index into `OPERATIONS`. */
  op: Uint8Array
  /** 128-bit hash of (source, id) and 64-bit hash of the content, as words: 4 and 2 per row. */
  key: Uint32Array
  content: Uint32Array
  /** `data` as JSON text, kept only where full events are asked for. */
  json: TextColumn | undefined
  fields: Record<string, FieldValues>
}

export type DeadLetter = {
  partition: number
  offset: number
  reason: DeadReason
  /** JSON pointer of what is wrong. */
  pointer?: string
  id?: string
  source?: string
  type?: EventType
  institution?: string
  /** Its valid time, ms, where it can be read and believed. */
  time?: number
  /** Of the bytes: those of one element of a message are one event. */
  form: WireForm
  bytes: Uint8Array
}

/**
 * After accept: every event of every message is a row of a stream, or a dead letter. Arrival i came with message `message[i]` and is row `row[i]` of
 * `streams[stream[i]]`; stream -1: dead. A message of several events has several arrivals, one without any has none.
 */
export type Decoded = {
  raw: RawBatch
  streams: EventColumns[]
  message: Uint32Array
  stream: Int8Array
  row: Uint32Array
  /** Where the event lies in `raw.bytes`; nowhere (both 0) when it has no bytes of its own. */
  start: Uint32Array
  end: Uint32Array
  dead: DeadLetter[]
  /** The messages that were not looked at, as so much was refused in those before them: a batch of their own, decoded once these are committed. */
  rest?: RawBatch
}

/** Statements of state that a batch put in waiting, per row of `columns`. `slot`: the row in the state table, 0 for a repetition. */
export type Arrived = { columns: EventColumns; slot: Float64Array; effective: Float64Array; partition: Int32Array; offset: Float64Array }

/** Occurrences of a batch, per row of `columns`. `fate`: 0 for a repetition. */
export type Occurred = Omit<Arrived, 'slot'> & { fate: Int32Array }

/** Who says what: one type of events of one source, for one institution. One and the same object in all batches. */
export type Speaker = { source: string; type: EventType; institution: string }

/**
 * What a speaker said in a batch that takes effect in one tick: `first` and `last` effective time, ms; sequence numbers as pairs from–to, in order, apart
 * from each other; how many events were used, late, repetitions, dead. `tick` NaN: repetitions and dead letters alone, which take effect nowhere.
 */
export type Spoken = {
  speaker: Speaker
  tick: number
  first: number
  last: number
  numbers: BigInt64Array
  used: number
  late: number
  duplicate: number
  dead: number
}

/** After batch: appended to the open transaction, watermarks moved. */
export type Batched = {
  /** Ticks up to this one may be judged for rules that read everything, ms. */
  horizon: number
  /** What was said, put together when it is asked for, once: there is time for it while the database is at work. */
  spoken(): Spoken[]
  /** Ticks up to this one may be judged for state rules, ms; `-Infinity`: none yet. */
  stateHorizon: number
  /** Up to where time has passed for them, ms. */
  stateEnd: number
  /** The same for each stream whose windows or occurrences are judged. */
  streamHorizon: Map<EventType, number>
  /** The statements of state that this batch put in waiting, per type. */
  arrived: Map<EventType, Arrived>
  /** The occurrences of this batch, per type. */
  occurred: Map<EventType, Occurred>
  /** Types with new events in this batch; they are still loaded. */
  fresh: EventType[]
  /** What was refused, in the order in which it came. */
  letters: OutgoingLetter[]
  /** Messages in the batch. */
  received: number
}

/** `horizon`: what every rule has to say of the ticks up to it is known, ms. */
export type Checked = { findings: Finding[] } & Pick<Batched, 'letters' | 'received' | 'horizon'>

/** Rows that a rule could not be asked about since they were last told of: how many times, and the first of them, as a person would look for it. */
export type Unjudged = { rule: string; about: string; times: number }

/** After decide: revisions, not yet committed. */
export type Decided = { revisions: PublishedAlert[] } & Pick<Batched, 'letters' | 'received'>

/** After emit: committed and handed to the sink; seconds per stage beside it. */
export type Delivered = Omit<Decided, 'letters'> & { stages: Record<string, number> }
