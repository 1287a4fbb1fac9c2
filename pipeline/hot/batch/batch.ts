/**
 * batch: gives every event its effective time, tells duplicates and late events apart, keeps the books, and appends the columns
 * to the open transaction: statements of state wait in `engine.pending_*`, occurrences go into the panes of their windows.
 */
import { concatMap, type OperatorFunction } from 'rxjs'
import { type EventType, STREAMS } from '../../contract/index.ts'
import type { Batched, DeadLetter, Decoded, EventColumns } from '../../contract/stage.ts'
import { type Column, integerColumn, textColumn } from '../../store/columns.ts'
import type { Database } from '../../store/database.ts'
import { STATE_TYPES, STATEMENT_COLUMNS, stateTable } from '../../store/schema.ts'
import { arrive, type Arrivals } from './arrive.ts'
import type { Duplicates } from './duplicates.ts'
import type { Ledger } from './ledger.ts'

/** Which columns of an occurrence stream its windows need, and how long a pane is. */
export type PaneSpec = { paneMs: number; fields: string[] }

export type BatchPart = {
  db: Database
  ledger: Ledger
  duplicates: Duplicates
  panes: Map<EventType, PaneSpec>
  /** Open panes per type: their start, ms. Shared with check, which drops them when they expire. */
  openPanes: Map<EventType, Set<number>>
  /** Keep full events in `lt.events`. */
  keepEvents: boolean
  /** Keep what a restart needs (the keys seen). */
  restartable: boolean
  /** The oldest generation of keys still in the file. */
  seenFrom: number
}

export function batch(part: BatchPart): OperatorFunction<Decoded, Batched> {
  return concatMap(async (decoded) => {
    const arrivals = arrive(decoded, part.ledger, part.duplicates)
    for (const p of decoded.raw.ended) part.ledger.at(p).ended = true
    part.ledger.settle()
    const waiting = new Map<EventType, number>()
    for (const [s, columns] of decoded.streams.entries()) {
      if (STREAMS[columns.type].state) waiting.set(columns.type, await appendPending(part, arrivals, s, columns))
      else await appendPanes(part, arrivals, s, columns)
      if (part.keepEvents) await appendEvents(part, arrivals, s, columns)
    }
    await appendDead(part, arrivals.dead)
    await appendLate(part, decoded, arrivals)
    if (part.restartable) await appendSeen(part, arrivals)
    return {
      stateHorizon: part.ledger.horizon(STATE_TYPES),
      windowHorizon: new Map([...part.panes.keys()].map((type) => [type, part.ledger.horizon([type])])),
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

/** Windows leave late events out; they have been counted and kept in table `late`. */
async function appendPanes(part: BatchPart, arrivals: Arrivals, s: number, columns: EventColumns): Promise<void> {
  const spec = part.panes.get(columns.type)
  if (spec === undefined) return
  const byPane = new Map<number, number[]>()
  for (const row of arrivals.kept(s, false)) {
    const pane = Math.floor((columns.time[row] ?? 0) / spec.paneMs) * spec.paneMs
    const rows = byPane.get(pane)
    if (rows === undefined) byPane.set(pane, [row])
    else rows.push(row)
  }
  const fields = spec.fields.map((field) => columns.fields[field]).filter((f) => f !== undefined)
  const shape = spec.fields.map((field, k) => `"${field}" ${sqlTypeOf(fields[k]?.kind)}`)
  for (const [pane, rows] of byPane) {
    await openPane(part, columns.type, pane, shape)
    const all = [...statementColumns(arrivals, s, columns), ...fields.map(fieldColumn)]
    await part.db.append('engine', paneTable(columns.type, pane), all, rows.length, Uint32Array.from(rows))
  }
}

export function paneTable(type: EventType, start: number): string {
  return `pane_${type.replace('.', '_')}_${start < 0 ? `m${-start}` : start}`
}

async function openPane(part: BatchPart, type: EventType, start: number, shape: string[]): Promise<void> {
  const open = part.openPanes.get(type) ?? new Set<number>()
  part.openPanes.set(type, open)
  if (open.has(start)) return
  open.add(start)
  await part.db.run(
    `CREATE TABLE engine."${paneTable(type, start)}"(${[...STATEMENT_COLUMNS, ...shape].join(', ')}); INSERT INTO engine.pane VALUES ('${type}', ${start})`,
  )
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

function sqlTypeOf(kind: EventColumns['fields'][string]['kind'] | undefined): string {
  return { money: 'DECIMAL(18,2)', integer: 'INTEGER', boolean: 'BOOLEAN', text: 'VARCHAR' }[kind ?? 'text']
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
