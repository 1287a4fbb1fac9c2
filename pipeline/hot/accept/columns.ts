/** Builds the columns of one event type, row by row. A row is set field by field, then closed: only then does it count, with its hashes. */
import { canonicalJson, type DataColumn, dataColumns, type EventType, type Operation, OPERATIONS, parseDecimal } from '../../contract/index.ts'
import type { EventColumns, FieldValues } from '../../contract/stage.ts'
import { sharedArray } from '../../contract/memory.ts'
import { TextColumn } from '../../contract/text.ts'
import { Hash128 } from './hash.ts'

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

export class ColumnBuilder {
  readonly out: EventColumns
  readonly columns: readonly DataColumn[]
  readonly #fields: FieldBuilder[]
  readonly #hash = new Hash128()
  readonly #scratch = new Uint32Array(4)
  #capacity: number
  /** The 32-bit halves of the sequence numbers. */
  #sequence: Int32Array

  /** `capacity`: rows to begin with; it grows. `spent`: columns of the type whose memory may be used, where it is of that size. */
  constructor(type: EventType, capacity: number, keepJson: boolean, spent?: EventColumns) {
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

  field(k: number): FieldBuilder {
    return this.#fields[k] as FieldBuilder
  }

  /** A parsed event that passed its schema. Returns its row. */
  add(event: ParsedEvent, time: number, recorded: number): number {
    const { out } = this
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
    this.#hashRow(row)
    if (++out.count === this.#capacity) this.#grow()
    return row
  }

  /** Takes back all rows from `rows` on. */
  truncate(rows: number): void {
    const { out } = this
    out.count = rows
    for (const column of [out.id, out.source, out.institution, out.subject, out.json]) column?.truncate(rows)
    for (const field of this.#fields) field.truncate(rows)
  }

  done(): EventColumns {
    return { ...this.out, fields: Object.fromEntries(this.columns.map((c, k) => [c.field, this.field(k).values])) }
  }

  #hashRow(row: number): void {
    const { out } = this
    const hash = this.#hash.reset()
    text(hash, out.source, row)
    text(hash, out.id, row)
    hash.into(out.key, row * 4)
    hash.reset().word(out.op[row] as number)
    text(hash, out.institution, row)
    text(hash, out.subject, row)
    hash
      .word(this.#sequence[row * 2] as number)
      .word(this.#sequence[row * 2 + 1] as number)
      .double(out.time[row] as number)
    if (!Number.isNaN(out.recorded[row])) hash.double(out.recorded[row] as number)
    for (const field of this.#fields) field.hash(hash, row)
    hash.into(this.#scratch, 0)
    out.content[row * 2] = this.#scratch[0] as number
    out.content[row * 2 + 1] = this.#scratch[1] as number
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
  /** The two 32-bit halves of each amount: setting them makes no bigint. */
  #halves: Int32Array

  constructor(column: DataColumn, capacity: number, spent?: FieldValues) {
    this.column = column
    this.values = spent === undefined ? emptyField(column, capacity) : emptied(spent)
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

  /** An amount in minor units below 2^53. */
  setUnits(row: number, units: number): void {
    setHalves(this.#halves, row, units)
    this.setValid(row)
  }

  setNumber(row: number, value: number): void {
    const { values } = this
    if (values.kind === 'integer' || values.kind === 'boolean') values.values[row] = value
    this.setValid(row)
  }

  setValid(row: number): void {
    if (this.values.kind !== 'text') this.values.valid[row] = 1
  }

  hash(hash: Hash128, row: number): void {
    const { values } = this
    if (values.kind === 'text') return text(hash, values.values, row)
    if (values.valid[row] === 0) return void hash.word(-1)
    if (values.kind === 'money') hash.word(this.#halves[row * 2] as number).word(this.#halves[row * 2 + 1] as number)
    else hash.word(values.values[row] as number)
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

function text(hash: Hash128, column: TextColumn, row: number): void {
  if (column.isNull(row)) hash.word(-1)
  else hash.bytes(column.bytes, column.start(row), column.end(row))
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
