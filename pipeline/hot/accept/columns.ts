/** Builds the columns of one event type, row by row. A row is set field by field, then closed: only then does it count. Hashes are made at the end, of all rows. */
import { canonicalJson, type DataColumn, dataColumns, type EventType, type Operation, OPERATIONS, parseDecimal } from '../../contract/index.ts'
import type { EventColumns, FieldValues } from '../../contract/stage.ts'
import { sharedArray } from '../../contract/memory.ts'
import { TextColumn } from '../../contract/text.ts'
import { RowHashes, ROWS_AT_ONCE } from './hash.ts'
import type { TextStage } from './text-stage.ts'

export type ParsedEvent = {
  id: string
  source: string
  type: EventType
  institution: string
  subject: string
  sequence: string
  op?: Operation
  data: Record<string, unknown>
}

/** Of this thread: hashes are made without a pause. */
const hashes = new RowHashes()

export class ColumnBuilder {
  readonly out: EventColumns
  /** Which of the batch's streams it is. */
  readonly stream: number
  readonly columns: readonly DataColumn[]
  readonly #fields: FieldBuilder[]
  #stage: TextStage | undefined
  #capacity: number
  /** The 32-bit halves of the sequence numbers. */
  #sequence: Int32Array

  /** `capacity`: rows to begin with; it grows. `spent`: columns of the type whose memory may be used, where it is of that size. */
  constructor(type: EventType, stream: number, capacity: number, keepJson: boolean, spent?: EventColumns) {
    this.stream = stream
    this.columns = dataColumns(type)
    const old = fits(spent, capacity, keepJson) ? spent : undefined
    this.#capacity = old?.time.length ?? Math.max(16, capacity)
    const n = this.#capacity
    this.#fields = this.columns.map((c) => new FieldBuilder(c, n, old?.fields[c.field]))
    this.out = {
      type,
      count: 0,
      id: emptyText(n, old?.id),
      source: emptyText(n, old?.source),
      institution: emptyText(n, old?.institution),
      subject: emptyText(n, old?.subject),
      time: old?.time ?? sharedArray(Float64Array, n),
      recorded: old?.recorded ?? sharedArray(Float64Array, n),
      sequence: old?.sequence ?? sharedArray(BigInt64Array, n),
      op: old?.op ?? sharedArray(Uint8Array, n),
      key: old?.key ?? sharedArray(Uint32Array, n * 4),
      content: old?.content ?? sharedArray(Uint32Array, n * 2),
      json: keepJson ? emptyText(n, old?.json) : undefined,
      fields: {},
    }
    this.#sequence = new Int32Array(this.out.sequence.buffer)
  }

  /** Before texts of the next row are put in there rather than into the columns: the rows' numbers are in the columns already. */
  stageIn(stage: TextStage): void {
    if (stage === this.#stage) return
    const { id, source, institution, subject } = this.out
    stage.open([id, source, institution, subject, ...this.#fields.flatMap((f) => f.texts ?? [])])
    this.#stage = stage
  }

  /** Texts that are staged go into the columns. */
  settle(): void {
    this.#stage?.write()
  }

  field(k: number): FieldBuilder {
    return this.#fields[k] as FieldBuilder
  }

  /** A parsed event that passed its schema. Returns its row. */
  add(event: ParsedEvent, time: number, recorded: number): number {
    const { out } = this
    this.settle()
    out.id.add(event.id)
    out.source.add(event.source)
    out.institution.add(event.institution)
    out.subject.add(event.subject)
    this.columns.forEach((column, k) => this.field(k).add(out.count, event.data[column.field]))
    out.json?.add(JSON.stringify(event.data))
    out.sequence[out.count] = BigInt(event.sequence)
    return this.close(time, recorded, event.op === undefined ? 0 : OPERATIONS.indexOf(event.op))
  }

  /** A sequence number below 2^53. */
  setSequence(sequence: number): void {
    setHalves(this.#sequence, this.out.count, sequence)
  }

  /** Makes a row of what was set since the last one. */
  close(time: number, recorded: number, op: number): number {
    const { out } = this
    const row = out.count
    out.time[row] = time
    out.recorded[row] = recorded
    out.op[row] = op
    if (++out.count === this.#capacity) this.#grow()
    return row
  }

  /** Room for so many rows more, which are appended to columns as they are, and for the next one behind them. */
  reserve(rows: number): void {
    this.settle()
    while (this.out.count + rows >= this.#capacity) this.#grow()
  }

  /** Makes rows of what was set since the last one, where there is room: with numbers `first…last` of each. Returns the first. `recorded`: none has any. */
  closeRows(first: number, last: number, sequence: Float64Array, time: Float64Array, recorded: Float64Array | undefined, op: Uint8Array): number {
    const { out } = this
    const row = out.count
    out.time.set(time.subarray(first, last), row)
    if (recorded === undefined) out.recorded.fill(Number.NaN, row, row + last - first)
    else out.recorded.set(recorded.subarray(first, last), row)
    out.op.set(op.subarray(first, last), row)
    const [halves, shift] = [this.#sequence, row - first]
    for (let i = first; i < last; i++) setHalves(halves, i + shift, sequence[i] as number)
    out.count += last - first
    return row
  }

  /** Takes back all rows from `rows` on. */
  truncate(rows: number): void {
    const { out } = this
    this.settle()
    out.count = rows
    for (const column of [out.id, out.source, out.institution, out.subject, out.json]) column?.truncate(rows)
    for (const field of this.#fields) field.truncate(rows)
  }

  done(): EventColumns {
    this.settle()
    this.#hashRows()
    return { ...this.out, fields: Object.fromEntries(this.columns.map((c, k) => [c.field, this.field(k).values])) }
  }

  #hashRows(): void {
    const { out } = this
    const times = new Int32Array(out.time.buffer)
    for (let from = 0; from < out.count; from += ROWS_AT_ONCE) {
      const to = Math.min(out.count, from + ROWS_AT_ONCE)
      hashes.open(from, to).texts(out.source).texts(out.id).into(out.key, 4)
      hashes.open(from, to).words(out.op).texts(out.institution).texts(out.subject).pairs(this.#sequence).pairs(times).stated(out.recorded)
      for (const field of this.#fields) field.hash()
      hashes.into(out.content, 2)
    }
  }

  #grow(): void {
    const n = (this.#capacity *= 2)
    const { out } = this
    out.time = grown(out.time, sharedArray(Float64Array, n))
    out.recorded = grown(out.recorded, sharedArray(Float64Array, n))
    out.sequence = grown(out.sequence, sharedArray(BigInt64Array, n))
    this.#sequence = new Int32Array(out.sequence.buffer)
    out.op = grown(out.op, sharedArray(Uint8Array, n))
    out.key = grown(out.key, sharedArray(Uint32Array, n * 4))
    out.content = grown(out.content, sharedArray(Uint32Array, n * 2))
    for (const field of this.#fields) field.grow(n)
  }
}

/** The values of one data field. */
export class FieldBuilder {
  values: FieldValues
  readonly column: DataColumn
  /** The column itself, of a field of text. */
  readonly texts: TextColumn | undefined
  /** The two 32-bit halves of each amount: setting them makes no bigint. */
  #halves: Int32Array

  constructor(column: DataColumn, capacity: number, spent?: FieldValues) {
    this.column = column
    this.values = spent === undefined ? emptyField(column, capacity) : emptied(spent)
    this.texts = this.values.kind === 'text' ? this.values.values : undefined
    this.#halves = halvesOf(this.values)
  }

  /** Sets a value that passed its schema; what is absent is null. */
  add(row: number, value: unknown): void {
    const { values } = this
    if (values.kind === 'text') {
      values.values.add(value === undefined ? null : this.column.kind === 'json' ? canonicalJson(value) : String(value))
    } else if (value !== undefined) {
      if (values.kind === 'money') values.values[row] = parseDecimal(String(value), 2) ?? 0n
      else values.values[row] = Number(value)
      values.valid[row] = 1
    }
  }

  /** A number that passed its check; an amount in minor units, below 2^53. */
  setNumber(row: number, value: number): void {
    const { values } = this
    if (values.kind === 'text') return
    if (values.kind === 'money') setHalves(this.#halves, row, value)
    else values.values[row] = value
    values.valid[row] = 1
  }

  /** The same for numbers `first…last`, the first of which is that of `row`; one that is not `valid` is null. */
  setNumbers(row: number, from: Float64Array, first: number, last: number, valid: Uint8Array | undefined): void {
    const [{ values }, halves, shift] = [this, this.#halves, row - first]
    if (values.kind === 'text') return
    for (let i = first; i < last; i++) {
      if (valid !== undefined && valid[i] === 0) continue
      if (values.kind === 'money') setHalves(halves, i + shift, from[i] as number)
      else values.values[i + shift] = from[i] as number
      values.valid[i + shift] = 1
    }
  }

  hash(): void {
    const { values } = this
    if (values.kind === 'text') hashes.texts(values.values)
    else if (values.kind === 'money') hashes.pairs(this.#halves, values.valid)
    else hashes.words(values.values, values.valid)
  }

  truncate(rows: number): void {
    if (this.values.kind === 'text') this.values.values.truncate(rows)
    else this.values.valid.fill(0, rows)
  }

  grow(n: number): void {
    const { values } = this
    if (values.kind === 'text') return
    const valid = grown(values.valid, sharedArray(Uint8Array, n))
    if (values.kind === 'money') this.values = { kind: 'money', values: grown(values.values, sharedArray(BigInt64Array, n)), valid }
    else if (values.kind === 'integer') this.values = { kind: 'integer', values: grown(values.values, sharedArray(Int32Array, n)), valid }
    else this.values = { kind: 'boolean', values: grown(values.values, sharedArray(Uint8Array, n)), valid }
    this.#halves = halvesOf(this.values)
  }
}

/** A 64-bit integer without making a bigint. */
function setHalves(halves: Int32Array, row: number, value: number): void {
  const high = Math.floor(value / 4294967296)
  halves[row * 2] = value - high * 4294967296
  halves[row * 2 + 1] = high
}

/** Neither much too small nor so large that a quiet hour would hold on to the memory of a busy one. */
function fits(spent: EventColumns | undefined, capacity: number, keepJson: boolean): boolean {
  if (spent === undefined || (spent.json !== undefined) !== keepJson) return false
  return spent.time.length >= capacity - (capacity >> 2) && spent.time.length <= Math.max(16_384, capacity * 8)
}

function emptyText(rows: number, spent: TextColumn | undefined): TextColumn {
  spent?.clear()
  return spent ?? new TextColumn(rows)
}

function emptied(values: FieldValues): FieldValues {
  if (values.kind === 'text') values.values.clear()
  else values.valid.fill(0)
  return values
}

function emptyField(column: DataColumn, capacity: number): FieldValues {
  const valid = sharedArray(Uint8Array, capacity)
  if (column.kind === 'money') return { kind: 'money', values: sharedArray(BigInt64Array, capacity), valid }
  if (column.kind === 'integer') return { kind: 'integer', values: sharedArray(Int32Array, capacity), valid }
  if (column.kind === 'boolean') return { kind: 'boolean', values: sharedArray(Uint8Array, capacity), valid }
  return { kind: 'text', values: new TextColumn(capacity) }
}

function halvesOf(values: FieldValues): Int32Array {
  return values.kind === 'money' ? new Int32Array(values.values.buffer) : new Int32Array(0)
}

function grown<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from)
  return to
}
