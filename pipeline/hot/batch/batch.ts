/**
 * batch: gives every event its effective time, tells duplicates and late events apart, keeps the books, and appends the columns
 * to the open transaction: statements of state wait in `engine.pending_*`, what windows are made of goes into segments.
 */
import { concatMap, type OperatorFunction } from 'rxjs'
import { type EventType, STREAMS } from '../../contract/index.ts'
import type { Batched, DeadLetter, Decoded, EventColumns } from '../../contract/stage.ts'
import { type Column, integerColumn, textColumn } from '../../store/columns.ts'
import type { Database } from '../../store/database.ts'
import { STATE_TYPES, stateTable } from '../../store/schema.ts'
import { arrive, type Arrivals } from './arrive.ts'
import type { Duplicates } from './duplicates.ts'
import type { Ledger } from './ledger.ts'
import type { Segments } from './segments.ts'

export type BatchPart = {
  db: Database
  ledger: Ledger
  duplicates: Duplicates
  /** The rows windows are made of. */
  segments: Segments
  /** Keep full events in `lt.events`. */
  keepEvents: boolean
  /** Keep what a restart needs (the keys seen). */
  restartable: boolean
  /** The oldest generation of keys still in the file. */
  seenFrom: number
}

export function batch(part: BatchPart): OperatorFunction<Decoded, Batched> {
  return concatMap(async (decoded) => {
    const arrivals = arrive(decoded, part.ledger, part.duplicates, part.segments.keepMs)
    for (const p of decoded.raw.ended) part.ledger.at(p).ended = true
    part.ledger.settle()
    const waiting = new Map<EventType, number>()
    for (const [s, columns] of decoded.streams.entries()) {
      if (STREAMS[columns.type].state) waiting.set(columns.type, await appendPending(part, arrivals, s, columns))
      await part.segments.append(arrivals, s, columns, statementColumns(arrivals, s, columns))
      if (part.keepEvents) await appendEvents(part, arrivals, s, columns)
    }
    await appendDead(part, [...decoded.dead, ...arrivals.conflicts])
    await appendLate(part, decoded, arrivals)
    if (part.restartable) await appendSeen(part, arrivals)
    return {
      stateHorizon: part.ledger.horizon(STATE_TYPES),
      windowHorizon: new Map(part.segments.types.map((type) => [type, part.ledger.horizon([type])])),
      waiting,
      received: decoded.raw.count,
    }
  })
}

/** Returns the lowest effective time among them. */
async function appendPending(part: BatchPart, arrivals: Arrivals, s: number, columns: EventColumns): Promise<number> {
  const rows = arrivals.kept(s, true)
  const data = Object.values(columns.fields).map(fieldColumn)
  await part.db.append('engine', `pending_${stateTable(columns.type)}`, [...statementColumns(arrivals, s, columns), ...data], rows.length, rows)
  const { effective } = arrivals.of(s)
  return rows.reduce((low, row) => Math.min(low, effective[row] ?? Infinity), Infinity)
}

function statementColumns(arrivals: Arrivals, s: number, columns: EventColumns): Column[] {
  const { effective, partition, offset } = arrivals.of(s)
  return [
    { type: 'double', values: effective },
    { type: 'double', values: columns.time },
    { type: 'bigint', values: columns.sequence },
    { type: 'text', values: columns.source },
    { type: 'text', values: columns.id },
    { type: 'text', values: columns.institution },
    { type: 'text', values: columns.op },
    integerColumn(partition),
    { type: 'double', values: offset },
  ]
}

function fieldColumn(field: EventColumns['fields'][string]): Column {
  return field.kind === 'text' ? { type: 'text', values: field.values } : ({ ...field, type: field.kind } as Column)
}

async function appendEvents(part: BatchPart, arrivals: Arrivals, s: number, columns: EventColumns): Promise<void> {
  const rows = arrivals.kept(s, true)
  const { partition, offset } = arrivals.of(s)
  const all: Column[] = [
    textColumn([...partition].map((p) => part.ledger.at(p).topic)),
    integerColumn(partition.map((p) => part.ledger.at(p).partition)),
    { type: 'bigint', values: BigInt64Array.from(offset, (o) => BigInt(o)) },
    textColumn(columns.id),
    textColumn(columns.source),
    textColumn(columns.id.map(() => columns.type)),
    textColumn(columns.institution),
    textColumn(columns.subject),
    { type: 'timestamp', values: columns.time },
    { type: 'timestamp', values: columns.recorded },
    textColumn(columns.op),
    textColumn(columns.json ?? []),
  ]
  await part.db.append('lt', 'events', all, rows.length, rows)
}

async function appendDead(part: BatchPart, dead: DeadLetter[]): Promise<void> {
  const all: Column[] = [
    ...positionColumns(part, dead),
    textColumn(dead.map((d) => d.reason)),
    textColumn(dead.map((d) => d.pointer ?? null)),
    textColumn(dead.map((d) => d.id ?? null)),
    textColumn(dead.map((d) => d.institution ?? null)),
    { type: 'blob', values: dead.map((d) => d.bytes) },
  ]
  await part.db.append('lt', 'dead_letters', all, dead.length)
}

async function appendLate(part: BatchPart, decoded: Decoded, arrivals: Arrivals): Promise<void> {
  const { late } = arrivals
  const text = (of: (columns: EventColumns, row: number) => string): Column => ({
    type: 'text',
    values: late.map((l) => {
      const c = decoded.streams[l.stream]
      return c === undefined ? null : of(c, l.row)
    }),
  })
  const all: Column[] = [
    ...positionColumns(part, late),
    text((c, r) => c.id[r] ?? ''),
    text((c, r) => c.source[r] ?? ''),
    text((c) => c.type),
    text((c, r) => c.institution[r] ?? ''),
    { type: 'double', values: Float64Array.from(late, (l) => l.latenessMs) },
    textColumn(late.map((l) => l.reason)),
    { type: 'blob', values: late.map((l) => l.bytes) },
  ]
  await part.db.append('lt', 'late', all, late.length)
}

async function appendSeen(part: BatchPart, arrivals: Arrivals): Promise<void> {
  const { count, key0, key1, content } = arrivals.seen
  if (part.duplicates.generation > part.seenFrom + 1) {
    part.seenFrom = part.duplicates.generation - 1
    await part.db.run(`DELETE FROM engine.seen WHERE generation < ${part.seenFrom}`)
  }
  const all: Column[] = [
    ...[key0, key1, content].map((words): Column => ({ type: 'ubigint', values: new BigUint64Array(words.buffer) })),
    integerColumn(new Int32Array(count).fill(part.duplicates.generation)),
  ]
  await part.db.append('engine', 'seen', all, count)
}

function positionColumns(part: BatchPart, items: { partition: number; offset: number }[]): Column[] {
  return [
    { type: 'text', values: items.map((i) => part.ledger.at(i.partition).topic) },
    integerColumn(items.map((i) => part.ledger.at(i.partition).partition)),
    { type: 'double', values: Float64Array.from(items, (i) => i.offset) },
  ]
}
