/**
 * The fast way in: one structured event of JSON, read byte by byte straight into columns, by a plan compiled from the schema of its type.
 * It takes only what it knows to be in order; for anything else (an escape, a list, a number it does not read, a missing field …) it steps back
 * without a trace and the slow way decides, which also finds the reason. Both give the same columns.
 */
import { isUtf8 } from 'node:buffer'
import { EVENT_TYPES, type EventType, OPERATIONS, parseTime } from '../../contract/index.ts'
import type { ColumnBuilder } from './columns.ts'
import { DataPlan } from './field-plan.ts'
import { ABSENT, Members, OBJECT, ObjectReader, TEXT } from './object-reader.ts'

const ATTRIBUTES = ['specversion', 'id', 'source', 'type', 'time', 'subject', 'institution', 'sequence', 'data', 'op', 'recordedtime']
const [VERSION, ID, SOURCE, TYPE, TIME, SUBJECT, INSTITUTION, SEQUENCE, DATA, OP, RECORDED] = ATTRIBUTES.keys() as unknown as number[] as [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
]

export class Scanner {
  readonly #reader = new ObjectReader()
  readonly #attributes = new Members(ATTRIBUTES)
  readonly #plans = new Map(EVENT_TYPES.map((type) => [type as string, DataPlan.of(type)]))
  readonly #time = new TimeReader()
  readonly #recorded = new TimeReader()
  #bytes: Buffer = Buffer.alloc(0)
  #plan: DataPlan | undefined

  /**
   * The row of the event that begins at `from`, with its builder and where it ends, or undefined: not for the fast way. It is all there is up to `to`,
   * or in a list (`listed`) the next element. `latest`: no time may lie after it (NaN: none is too late).
   */
  scan(
    bytes: Buffer,
    from: number,
    to: number,
    latest: number,
    builderOf: (type: EventType) => ColumnBuilder,
    listed = false,
  ): { builder: ColumnBuilder; row: number; end: number } | undefined {
    const [reader, a] = [this.#reader, this.#attributes]
    this.#bytes = bytes
    reader.open(bytes, from, to)
    if (!reader.object(a, this.#data)) return undefined
    const end = reader.at
    if (!(listed ? reader.inList() : reader.finished()) || a.token[DATA] !== OBJECT) return undefined
    return this.#rowOf(from, end, latest, builderOf)
  }

  /** The same for attributes with their data below them, as in binary mode. */
  scanBinary(bytes: Buffer, from: number, to: number, latest: number, builderOf: (type: EventType) => ColumnBuilder): ReturnType<Scanner['scan']> {
    const [reader, a] = [this.#reader, this.#attributes]
    this.#bytes = bytes
    reader.open(bytes, from, to)
    if (!reader.object(a)) return undefined
    a.start[DATA] = reader.at + 1
    if (!this.#data(DATA) || !reader.finished()) return undefined
    a.end[DATA] = to
    return this.#rowOf(from, to, latest, builderOf)
  }

  /** Makes a row of what was read, where all of it holds. */
  #rowOf(from: number, end: number, latest: number, builderOf: (type: EventType) => ColumnBuilder): ReturnType<Scanner['scan']> {
    const a = this.#attributes
    if (this.#reader.wide && !isUtf8(this.#bytes.subarray(from, end))) return undefined
    const op = this.#operation()
    const time = this.#timeOf(TIME, this.#time)
    const recorded = a.token[RECORDED] === ABSENT ? Number.NaN : this.#timeOf(RECORDED, this.#recorded)
    const sequence = this.#sequence()
    if (op < 0 || sequence < 0 || time === undefined || recorded === undefined || (op === CORRECT && Number.isNaN(recorded))) return undefined
    if (time > latest || recorded > latest || !this.#named() || !(this.#plan as DataPlan).holds(this.#bytes)) return undefined
    const builder = builderOf((this.#plan as DataPlan).type)
    this.#write(builder)
    builder.setSequence(sequence)
    return { builder, row: builder.close(time, recorded, op), end }
  }

  /** `data` is read by the plan of the type, which therefore has to come before it. */
  readonly #data = (key: number): boolean => {
    const a = this.#attributes
    if (key !== DATA || a.token[TYPE] !== TEXT) return false
    const [start, end] = [a.start[TYPE] as number, a.end[TYPE] as number]
    if (this.#plan === undefined || !isText(this.#plan.type, this.#bytes, start, end)) this.#plan = this.#plans.get(this.#bytes.toString('latin1', start, end))
    return this.#plan !== undefined && this.#reader.object(this.#plan.members)
  }

  #write(builder: ColumnBuilder): void {
    const { out } = builder
    const { start, end } = this.#attributes
    const bytes = this.#bytes
    out.id.addBytes(bytes, start[ID] as number, end[ID] as number)
    out.source.addBytes(bytes, start[SOURCE] as number, end[SOURCE] as number)
    out.institution.addBytes(bytes, start[INSTITUTION] as number, end[INSTITUTION] as number)
    out.subject.addBytes(bytes, start[SUBJECT] as number, end[SUBJECT] as number)
    out.json?.add(bytes.toString('utf8', start[DATA], end[DATA]))
    ;(this.#plan as DataPlan).write(bytes, builder)
  }

  /** The attributes every event has, within the lengths of the envelope's schema. */
  #named(): boolean {
    const a = this.#attributes
    return (
      a.token[VERSION] === TEXT &&
      isText('1.0', this.#bytes, a.start[VERSION] as number, a.end[VERSION] as number) &&
      this.#hasLength(ID, 512) &&
      this.#hasLength(SOURCE, 512) &&
      this.#hasLength(INSTITUTION, 128) &&
      a.token[SUBJECT] === TEXT
    )
  }

  #hasLength(key: number, most: number): boolean {
    const a = this.#attributes
    const length = (a.end[key] as number) - (a.start[key] as number)
    return a.token[key] === TEXT && length >= 1 && length <= most
  }

  /** Deletions carry less than their schema asks for, and take the slow way. */
  #operation(): number {
    const a = this.#attributes
    if (a.token[OP] === ABSENT) return 0
    const [start, end] = [a.start[OP] as number, a.end[OP] as number]
    if (a.token[OP] !== TEXT) return -1
    return isText('upsert', this.#bytes, start, end) ? 0 : isText('correct', this.#bytes, start, end) ? CORRECT : -1
  }

  #timeOf(key: number, reader: TimeReader): number | undefined {
    const a = this.#attributes
    return a.token[key] === TEXT ? reader.read(this.#bytes, a.start[key] as number, a.end[key] as number) : undefined
  }

  /** Up to 15 digits, exact in a double; more take the slow way. */
  #sequence(): number {
    const a = this.#attributes
    const [start, end] = [a.start[SEQUENCE] as number, a.end[SEQUENCE] as number]
    if (a.token[SEQUENCE] !== TEXT || end - start < 1 || end - start > 15) return -1
    return digits(this.#bytes, start, end)
  }
}

const CORRECT = OPERATIONS.indexOf('correct')

/** Reads `2026-03-02T01:00:00Z` and `….000Z`, remembering the last minute it saw; other forms go through `parseTime`. */
class TimeReader {
  readonly #minute = Buffer.alloc(MINUTE_LENGTH)
  #ms = Number.NaN

  read(bytes: Buffer, start: number, end: number): number | undefined {
    const length = end - start
    if ((length === 20 || length === 24) && bytes[end - 1] === Z && this.#sameMinute(bytes, start)) {
      const second = digits(bytes, start + MINUTE_LENGTH, start + MINUTE_LENGTH + 2)
      const fraction = length === 20 ? 0 : bytes[start + 19] === POINT ? digits(bytes, start + 20, start + 23) : -1
      if (second >= 0 && second < 60 && fraction >= 0) return this.#ms + second * 1000 + fraction
    }
    const time = parseTime(bytes.toString('latin1', start, end))
    if (time !== undefined && bytes[end - 1] === Z && (length === 20 || length === 24)) {
      bytes.copy(this.#minute, 0, start, start + MINUTE_LENGTH)
      this.#ms = Math.floor(time / 60_000) * 60_000
    }
    return time
  }

  #sameMinute(bytes: Buffer, start: number): boolean {
    const minute = this.#minute
    for (let i = MINUTE_LENGTH - 1; i >= 0; i--) if (minute[i] !== bytes[start + i]) return false
    return true
  }
}

/** `2026-03-02T01:00:`. */
const MINUTE_LENGTH = 17
const [Z, POINT, ZERO] = [90, 46, 48]

/** The number that up to 15 digits are; −1 when one of them is none. */
function digits(bytes: Uint8Array, start: number, end: number): number {
  let n = 0
  for (let i = start; i < end; i++) {
    const d = (bytes[i] as number) - ZERO
    if (d < 0 || d > 9) return -1
    n = n * 10 + d
  }
  return n
}

function isText(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false
  return true
}
