/**
 * The fast way in: one structured event of JSON, read byte by byte straight into columns, by a plan compiled from the schema of its type.
 * It takes only what it knows to be in order; for anything else (an escape, a list, a number it does not read, a missing field …) it steps back
 * without a trace and the slow way decides, which also finds the reason. Both give the same columns.
 */
import { isUtf8 } from 'node:buffer'
import { EVENT_TYPES, type EventType, OPERATIONS } from '../../contract/index.ts'
import type { ColumnBuilder } from './columns.ts'
import { TimeReader, wholeOf } from './digits.ts'
import { DataPlan } from './field-plan.ts'
import { Members, ObjectReader } from './object-reader.ts'
import { ABSENT, OBJECT, TEXT } from './scan-code.ts'
import { broughtBy, scanBytes, scanView } from './scan-memory.ts'
import { TextStage } from './text-stage.ts'

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

const attributes = new Members(ATTRIBUTES)
/** In the order of the columns that a builder stages. */
const NAMES = ['id', 'source', 'institution', 'subject'] as const
const NAME_KEYS = [ID, SOURCE, INSTITUTION, SUBJECT]

const stages = new Map<DataPlan, TextStage>()
function stageOf(plan: DataPlan): TextStage {
  const known = stages.get(plan)
  if (known !== undefined) return known
  const stage = new TextStage([...NAME_KEYS.map((key) => ({ members: attributes, key })), ...plan.texts.map((key) => ({ members: plan.members, key }))])
  stages.set(plan, stage)
  return stage
}

export class Scanner {
  readonly #reader = new ObjectReader()
  readonly #attributes = attributes
  readonly #plans = new Map(EVENT_TYPES.map((type) => [type as string, DataPlan.of(type)]))
  readonly #time = new TimeReader()
  readonly #recorded = new TimeReader()
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
    const reader = this.#reader
    const a = this.#attributes
    const shift = broughtBy(bytes, from, to)
    reader.open(from + shift, to + shift)
    if (!reader.object(a, this.#data)) return undefined
    const end = reader.at
    if (!(listed ? reader.inList() : reader.finished()) || a.token[DATA] !== OBJECT) return undefined
    return this.#rowOf(from, end - shift, shift, latest, builderOf)
  }

  /** The same for attributes with their data below them, as in binary mode. */
  scanBinary(bytes: Buffer, from: number, to: number, latest: number, builderOf: (type: EventType) => ColumnBuilder): ReturnType<Scanner['scan']> {
    const reader = this.#reader
    const a = this.#attributes
    const shift = broughtBy(bytes, from, to)
    reader.open(from + shift, to + shift)
    if (!reader.object(a)) return undefined
    a.start[DATA] = reader.at + 1
    if (!this.#data(DATA) || !reader.finished()) return undefined
    a.end[DATA] = to + shift
    return this.#rowOf(from, to, shift, latest, builderOf)
  }

  /** Makes a row of what was read, where all of it holds. */
  #rowOf(from: number, end: number, shift: number, latest: number, builderOf: (type: EventType) => ColumnBuilder): ReturnType<Scanner['scan']> {
    const a = this.#attributes
    if (this.#reader.wide && !isUtf8(scanBytes.subarray(from + shift, end + shift))) return undefined
    const op = this.#operation()
    const time = this.#timeOf(TIME, this.#time)
    const recorded = a.token[RECORDED] === ABSENT ? Number.NaN : this.#timeOf(RECORDED, this.#recorded)
    const sequence = this.#sequence()
    if (op < 0 || sequence < 0 || time === undefined || recorded === undefined || (op === CORRECT && Number.isNaN(recorded))) return undefined
    if (time > latest || recorded > latest || !this.#named() || !(this.#plan as DataPlan).holds(scanBytes)) return undefined
    const builder = builderOf((this.#plan as DataPlan).type)
    this.#write(builder)
    builder.setSequence(sequence)
    return { builder, row: builder.close(time, recorded, op), end }
  }

  /** `data` is read by the plan of the type, which therefore has to come before it. */
  readonly #data = (key: number): boolean => {
    const a = this.#attributes
    if (key !== DATA || a.token[TYPE] !== TEXT) return false
    const start = a.start[TYPE] as number
    const end = a.end[TYPE] as number
    if (this.#plan === undefined || !isText(this.#plan.type, scanBytes, start, end)) this.#plan = this.#plans.get(scanBytes.toString('latin1', start, end))
    return this.#plan !== undefined && this.#reader.object(this.#plan.members)
  }

  #write(builder: ColumnBuilder): void {
    const { out } = builder
    const a = this.#attributes
    const plan = this.#plan as DataPlan
    const stage = stageOf(plan)
    builder.stageIn(stage)
    if (!stage.add()) {
      for (const [k, name] of NAMES.entries()) out[name].addBytes(scanView, a.start[NAME_KEYS[k] as number] as number, a.end[NAME_KEYS[k] as number] as number)
      plan.writeTexts(scanView, builder)
    }
    plan.writeNumbers(builder)
    out.json?.add(scanBytes.toString('utf8', a.start[DATA], a.end[DATA]))
  }

  /** The attributes every event has, within the lengths of the envelope's schema. */
  #named(): boolean {
    const a = this.#attributes
    return (
      a.token[VERSION] === TEXT &&
      isText('1.0', scanBytes, a.start[VERSION] as number, a.end[VERSION] as number) &&
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
    const start = a.start[OP] as number
    const end = a.end[OP] as number
    if (a.token[OP] !== TEXT) return -1
    return isText('upsert', scanBytes, start, end) ? 0 : isText('correct', scanBytes, start, end) ? CORRECT : -1
  }

  #timeOf(key: number, reader: TimeReader): number | undefined {
    const a = this.#attributes
    return a.token[key] === TEXT ? reader.read(scanBytes, a.start[key] as number, a.end[key] as number) : undefined
  }

  /** Up to 15 digits, exact in a double; more take the slow way. */
  #sequence(): number {
    const a = this.#attributes
    return a.token[SEQUENCE] === TEXT ? wholeOf(scanBytes, a.start[SEQUENCE] as number, a.end[SEQUENCE] as number) : -1
  }
}

const CORRECT = OPERATIONS.indexOf('correct')

function isText(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false
  return true
}
