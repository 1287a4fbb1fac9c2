/**
 * batch: gives every event its effective time, tells duplicates and late events apart, keeps the books, and loads the columns into the open
 * transaction: statements of state go into `engine.state_*` and wait there, what windows are made of goes into segments. Until the next batch its events
 * are a relation (`batchOf`).
 */
import { concatMap, type OperatorFunction } from 'rxjs'
import { EVENT_TYPES, type EventType, OPERATIONS, REJECTED, STREAMS } from '../../contract/index.ts'
import type { TextColumn } from '../../contract/text.ts'
import type { OutgoingLetter, Position } from '../../contract/source.ts'
import type { Batched, Decoded, EventColumns, Spoken } from '../../contract/stage.ts'
import { type Column, integerColumn, textColumn } from '../../store/columns.ts'
import { type Database, quote } from '../../store/database.ts'
import { load, type LoadColumn, loaded, pick } from '../../store/load.ts'
import { ABOUT, aboutHashes, STATEMENT_COLUMNS, statementFields, stateTable } from '../../store/schema.ts'
import { arrive, type Arrivals, type Refused, type StreamArrivals } from './arrive.ts'
import type { Duplicates } from './duplicates.ts'
import type { Heartbeats } from './heartbeats.ts'
import type { Ledger } from './ledger.ts'
import { rejectedOf } from './rejected.ts'
import type { Segments } from './segments.ts'
import type { Speakers } from './speakers.ts'

export type BatchPart = {
  db: Database
  ledger: Ledger
  duplicates: Duplicates
  /** The rows windows are made of. */
  segments: Segments
  heartbeats: Heartbeats
  speakers: Speakers
  /** Data fields of each occurrence stream that a rule looks at; the others are not loaded. */
  needed: Map<EventType, ReadonlySet<string>>
  /** The types whose watermark state rules wait for. */
  stateTypes: readonly EventType[]
  /** The last row number used in each state table. */
  slots: Map<EventType, number>
  /** Keep full events in `lt.events`. */
  keepEvents: boolean
}

/** Under which name the file keeps `Ledger.latest`. */
export const LATEST = 'latest'

export function batch(part: BatchPart): OperatorFunction<Decoded, Batched> {
  return concatMap(async (decoded) => {
    const arrivals = arrive(decoded, part.ledger, await part.duplicates.tell(decoded), part.segments.keepMs)
    for (const p of decoded.raw.ended) part.ledger.at(p).ended = true
    part.ledger.settle()
    part.db.meta.note(LATEST, part.ledger.latest)
    const { arrived, occurred } = await appendStreams(part, decoded, arrivals)
    const rejected = await appendRejected(part, arrivals)
    const letters = arrivals.dead.map((dead) => outgoing(part.ledger, dead))
    await appendDead(part, letters)
    await appendLate(part, decoded, arrivals)
    return {
      horizon: part.ledger.horizon(EVENT_TYPES),
      spoken: () => spokenOf(part, decoded, arrivals),
      stateHorizon: part.ledger.horizon(part.stateTypes),
      stateEnd: part.ledger.end(part.stateTypes),
      streamHorizon: new Map([...part.segments.types, ...part.needed.keys()].map((type) => [type, part.ledger.horizon([type])])),
      arrived,
      occurred,
      fresh: [...decoded.streams.filter((_, s) => arrivals.fresh[s] !== 0).map((c) => c.type), ...rejected],
      letters,
      received: decoded.raw.count,
    }
  })
}

function spokenOf({ speakers, heartbeats }: BatchPart, { streams }: Decoded, arrivals: Arrivals): Spoken[] {
  const reports = heartbeats.reports.bind(heartbeats)
  streams.forEach((columns, s) => speakers.hear(columns, arrivals.streams[s] as StreamArrivals, arrivals.repeated[s] ?? [], reports))
  speakers.refused(arrivals.dead)
  return speakers.take()
}

/** Puts what is new of each stream where it is looked for: the log of events seen, segments, state. What came of each. */
async function appendStreams(part: BatchPart, { streams }: Decoded, arrivals: Arrivals): Promise<Pick<Batched, 'arrived' | 'occurred'>> {
  const [arrived, occurred]: [Batched['arrived'], Batched['occurred']] = [new Map(), new Map()]
  for (const [s, columns] of streams.entries()) {
    if (arrivals.fresh[s] === 0) continue
    const stream = arrivals.streams[s] as StreamArrivals
    part.heartbeats.note(columns, stream)
    if (STREAMS[columns.type].state) giveSlots(part, stream, columns.type)
    await loadStream(part, stream, columns)
    await part.segments.append(batchOf(columns.type), STATEMENT, stream, columns)
    if (STREAMS[columns.type].state) {
      await appendState(part, columns.type)
      arrived.set(columns.type, { columns, ...stream })
    } else occurred.set(columns.type, { columns, ...stream })
  }
  return { arrived, occurred }
}

/** Puts what was refused where rules look for it, if any does. */
async function appendRejected(part: BatchPart, { dead }: Arrivals): Promise<EventType[]> {
  const rejected = part.needed.has(REJECTED) ? rejectedOf(dead, part.ledger) : undefined
  if (rejected === undefined) return []
  const { columns, arrivals } = rejected
  load(part.db, batchName(REJECTED), columnsOf(part, arrivals, columns), columns.count)
  await part.segments.append(batchOf(REJECTED), STATEMENT, arrivals, columns)
  return [REJECTED]
}

/** The relation of a type's events in the batch in hand: columns as in `state_*`, and others with a leading underscore. */
export function batchOf(type: EventType): string {
  return loaded(batchName(type))
}

/** The relation of some of their rows. */
export function pickOf(db: Database, type: EventType, rows: readonly number[]): string {
  return pick(db, batchName(type), rows)
}

function batchName(type: EventType): string {
  return `batch_${type.replace('.', '_')}`
}

/** Loads a stream, and logs its new events as seen. */
async function loadStream(part: BatchPart, arrivals: StreamArrivals, columns: EventColumns): Promise<void> {
  const { db } = part
  const fresh = load(db, batchName(columns.type), columnsOf(part, arrivals, columns), columns.count)
  await db.insert(`INSERT INTO ${part.duplicates.log} SELECT _number, _k0, _k1, _content, source, id FROM ${fresh} WHERE _fate > 0`, columns.count)
  if (!part.keepEvents) return
  const partitions = part.ledger.books.map((b, p) => `(${p}, ${quote(b.topic)}, ${b.partition})`)
  await db.run(`INSERT INTO lt.events SELECT p.topic, p."partition", log_offset::BIGINT, id, source, '${columns.type}', institution, _subject,
    epoch_ms(time::BIGINT), epoch_ms(nullif(_recorded, 'nan'::DOUBLE)::BIGINT), ${OPERATION}, _data
    FROM ${fresh} JOIN (VALUES ${partitions.join(', ')}) p(i, topic, "partition") ON p.i = part WHERE _fate > 0`)
}

const OPERATION = `[${OPERATIONS.map((o) => `'${o}'`).join(', ')}][_op + 1]`

/** The statement columns, as in `STATEMENT_COLUMNS`. */
const STATEMENT = `e, time, sequence, source, id, institution, ${OPERATION}, part, log_offset`

function columnsOf(part: BatchPart, arrivals: StreamArrivals, columns: EventColumns): LoadColumn[] {
  const needed = part.needed.get(columns.type)
  const loaded = Object.entries(columns.fields).filter(([name]) => STREAMS[columns.type].state || needed?.has(name) === true)
  const fields = loaded.map(([name, f]): LoadColumn => (f.kind === 'text' ? { name, text: f.values } : { name, column: { ...f, type: f.kind } as Column }))
  return [
    { name: 'e', column: { type: 'double', values: arrivals.effective } },
    { name: 'time', column: { type: 'double', values: columns.time } },
    { name: 'sequence', column: { type: 'bigint', values: columns.sequence } },
    { name: 'source', text: columns.source },
    { name: 'id', text: columns.id },
    { name: 'institution', text: columns.institution },
    { name: 'part', column: { type: 'integer', values: arrivals.partition } },
    { name: 'log_offset', column: { type: 'double', values: arrivals.offset } },
    { name: '_op', column: integerColumn(columns.op.subarray(0, columns.count)) },
    { name: '_fate', column: { type: 'integer', values: arrivals.fate } },
    { name: '_number', column: { type: 'integer', values: arrivals.number } },
    { name: '_k0', column: { type: 'ubigint', values: halfOf(columns.key, 0, columns.count) } },
    { name: '_k1', column: { type: 'ubigint', values: halfOf(columns.key, 2, columns.count) } },
    { name: '_content', column: { type: 'ubigint', values: new BigUint64Array(columns.content.buffer, 0, columns.count) } },
    ...(STREAMS[columns.type].state ? stateColumns(arrivals, columns) : []),
    ...(columns.json === undefined ? [] : eventColumns(columns, columns.json)),
    ...fields,
  ]
}

/** Every new statement gets a row in its state table. */
function giveSlots({ slots }: BatchPart, { fate, slot }: StreamArrivals, type: EventType): void {
  let last = slots.get(type) ?? 0
  for (let row = 0; row < slot.length; row++) if (fate[row] !== 0) slot[row] = ++last
  slots.set(type, last)
}

/** A statement's row in its state table, and by what it is found there. */
function stateColumns({ slot }: StreamArrivals, columns: EventColumns): LoadColumn[] {
  const subject = columns.fields[ABOUT[columns.type] ?? '']
  return [
    { name: '_slot', column: { type: 'double', values: slot } },
    { name: '_about', column: integerColumn(aboutHashes(columns.institution, subject?.kind === 'text' ? subject.values : undefined, columns.count)) },
  ]
}

/** What only the full event shows. */
function eventColumns(columns: EventColumns, json: TextColumn): LoadColumn[] {
  return [
    { name: '_recorded', column: { type: 'double', values: columns.recorded } },
    { name: '_subject', text: columns.subject },
    { name: '_data', text: json },
  ]
}

/** Two of the four words of each key, as one column. */
function halfOf(key: Uint32Array, first: number, count: number): BigUint64Array {
  const words = new Uint32Array(count * 2)
  for (let row = 0; row < count; row++) {
    words[row * 2] = key[row * 4 + first] as number
    words[row * 2 + 1] = key[row * 4 + first + 1] as number
  }
  return new BigUint64Array(words.buffer)
}

/** In the order of their slots, as the rows come. */
async function appendState(part: BatchPart, type: EventType): Promise<void> {
  const fields = statementFields(type).slice(STATEMENT_COLUMNS.length)
  await part.db.runPlanned(
    `INSERT INTO engine.state_${stateTable(type)} SELECT _slot::BIGINT, _about, ${[STATEMENT, ...fields].join(', ')} FROM ${batchOf(type)} WHERE _fate > 0`,
  )
}

function outgoing(ledger: Ledger, dead: Refused): OutgoingLetter {
  const { event, reason, pointer = null, id = null, institution = null, form, size, bytes } = dead
  return { ...placeOf(ledger, dead), event, reason, pointer, id, institution, form, size, bytes }
}

async function appendDead(part: BatchPart, dead: OutgoingLetter[]): Promise<void> {
  const all: Column[] = [
    ...positionColumns(dead),
    integerColumn(dead.map((d) => d.event)),
    textColumn(dead.map((d) => d.reason)),
    textColumn(dead.map((d) => d.pointer)),
    textColumn(dead.map((d) => d.id)),
    textColumn(dead.map((d) => d.institution)),
    textColumn(dead.map((d) => d.form)),
    { type: 'double', values: Float64Array.from(dead, (d) => d.size) },
    { type: 'blob', values: dead.map((d) => d.bytes) },
  ]
  await part.db.append('lt', 'dead_letters', all, dead.length)
}

async function appendLate(part: BatchPart, decoded: Decoded, arrivals: Arrivals): Promise<void> {
  const { late } = arrivals
  const text = (of: (columns: EventColumns, row: number) => string | null): Column => ({
    type: 'text',
    values: late.map((l) => {
      const c = decoded.streams[l.stream]
      return c === undefined ? null : of(c, l.row)
    }),
  })
  const all: Column[] = [
    ...positionColumns(late.map((l) => placeOf(part.ledger, l))),
    text((c, r) => c.id.at(r)),
    text((c, r) => c.source.at(r)),
    text((c) => c.type),
    text((c, r) => c.institution.at(r)),
    { type: 'double', values: Float64Array.from(late, (l) => l.latenessMs) },
    textColumn(late.map((l) => l.reason)),
    { type: 'blob', values: late.map((l) => l.bytes) },
  ]
  await part.db.append('lt', 'late', all, late.length)
}

function placeOf(ledger: Ledger, { partition: p, offset }: { partition: number; offset: number }): Position {
  const { topic, partition } = ledger.at(p)
  return { topic, partition, offset }
}

function positionColumns(items: Position[]): Column[] {
  return [
    { type: 'text', values: items.map((i) => i.topic) },
    integerColumn(items.map((i) => i.partition)),
    { type: 'double', values: Float64Array.from(items, (i) => i.offset) },
  ]
}
