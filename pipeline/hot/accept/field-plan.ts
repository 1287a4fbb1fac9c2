/** How each data field of a type is checked and written from bytes: compiled from the schema of its stream. */
import type { TSchema } from 'typebox'
import { type EventType, STREAMS } from '../../contract/index.ts'
import type { ColumnBuilder, FieldBuilder } from './columns.ts'
import { ABSENT, FALSE, Members, NUMBER, TEXT, TRUE } from './object-reader.ts'

/** Checks a value without side effects, then writes it. */
export type FieldPlan = {
  required: boolean
  token: number
  /** Set for amounts. */
  money?: 'signed' | 'positive'
  holds(bytes: Buffer, start: number, end: number): boolean
  write: Write
}
type Write = (field: FieldBuilder, row: number, bytes: Buffer, start: number, end: number, token: number) => void

export class DataPlan {
  readonly type: EventType
  readonly names: readonly string[]
  readonly fields: readonly FieldPlan[]
  readonly members: Members

  private constructor(type: EventType, names: string[], fields: FieldPlan[]) {
    this.type = type
    this.names = names
    this.fields = fields
    this.members = new Members(names)
  }

  /** Undefined for a type that always carries a list: those are few and large, and parsed as a whole. */
  static of(type: EventType): DataPlan | undefined {
    const { properties, required = [] } = STREAMS[type].data as unknown as { properties: Record<string, FieldSchema>; required?: string[] }
    const fields = Object.entries(properties).map(([name, schema]) => planOf(schema, required.includes(name)))
    return fields.some((f) => f.required && f.token === NEVER) ? undefined : new DataPlan(type, Object.keys(properties), fields)
  }

  /** Whether what `members` holds would pass the schema. */
  holds(bytes: Buffer): boolean {
    const { token, start, end } = this.members
    for (let k = 0; k < this.fields.length; k++) {
      const field = this.fields[k] as FieldPlan
      const found = token[k] as number
      if (found === ABSENT) {
        if (field.required) return false
        continue
      }
      const expected = found === FALSE ? TRUE : found
      if (expected !== field.token || !field.holds(bytes, start[k] as number, end[k] as number)) return false
    }
    return true
  }

  /** Sets the fields of the builder's next row. */
  write(bytes: Buffer, builder: ColumnBuilder): void {
    const { token, start, end } = this.members
    const row = builder.out.count
    for (let k = 0; k < this.fields.length; k++) {
      const field = builder.field(k)
      if (token[k] === ABSENT) field.add(row, undefined)
      else (this.fields[k] as FieldPlan).write(field, row, bytes, start[k] as number, end[k] as number, token[k] as number)
    }
  }
}

type FieldSchema = TSchema & { 'x-column'?: string; type?: string; pattern?: string; minLength?: number; maxLength?: number; anyOf?: { const: string }[] }

/** A token no reader gives: the fast way leaves such a field alone. */
const NEVER = 255

function planOf(schema: FieldSchema, required: boolean): FieldPlan {
  switch (schema['x-column']) {
    case 'money':
      return schema.pattern?.startsWith('^-') === true
        ? { required, token: TEXT, money: 'signed', holds: signedUnits, write: writeUnits }
        : { required, token: TEXT, money: 'positive', holds: positiveUnits, write: writeUnits }
    case 'integer':
      return { required, token: NUMBER, holds: fitsInteger, write: writeInteger }
    case 'boolean':
      return { required, token: TRUE, holds: () => true, write: (field, row, _b, _s, _e, token) => field.setNumber(row, token === TRUE ? 1 : 0) }
    case 'json':
    case undefined:
      return { required, token: NEVER, holds: () => false, write: () => {} }
    default:
      return { required, token: TEXT, holds: textCheck(schema), write: writeText }
  }
}

function textCheck({ anyOf, pattern, minLength = 0, maxLength = Infinity }: FieldSchema): FieldPlan['holds'] {
  if (anyOf !== undefined) {
    const words = anyOf.map((o) => Buffer.from(o.const))
    return (bytes, start, end) => words.some((w) => equals(w, bytes, start, end))
  }
  if (pattern !== undefined) {
    const form = new RegExp(pattern)
    return (bytes, start, end) => form.test(bytes.toString('latin1', start, end))
  }
  // Length counts characters; no text has more of them than bytes.
  return (_, start, end) => end - start >= minLength && end - start <= maxLength
}

function equals(word: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (word.length !== end - start) return false
  for (let i = 0; i < word.length; i++) if (word[i] !== bytes[start + i]) return false
  return true
}

const writeText: Write = (field, _, bytes, start, end) => {
  if (field.values.kind === 'text') field.values.values.addBytes(bytes, start, end)
}

const writeUnits: Write = (field, row, bytes, start, end) => field.setUnits(row, unitsOf(bytes, start, end))
const writeInteger: Write = (field, row, bytes, start, end) => field.setNumber(row, Number(bytes.toString('latin1', start, end)))

const signedUnits: FieldPlan['holds'] = (bytes, start, end) => !Number.isNaN(unitsOf(bytes, start, end))
const positiveUnits: FieldPlan['holds'] = (bytes, start, end) => bytes[start] !== MINUS && signedUnits(bytes, start, end)

function fitsInteger(bytes: Buffer, start: number, end: number): boolean {
  const n = Number(bytes.toString('latin1', start, end))
  return n >= -2147483648 && n <= 2147483647 && !Object.is(n, -0)
}

const [MINUS, POINT, ZERO] = [45, 46, 48]

/** Minor units of `-?\d{1,13}(\.\d{1,2})?`, exact; NaN for any other text. */
function unitsOf(bytes: Uint8Array, start: number, end: number): number {
  const negative = bytes[start] === MINUS
  let at = negative ? start + 1 : start
  let units = 0
  const whole = at
  for (; at < end && bytes[at] !== POINT; at++) {
    const d = (bytes[at] as number) - ZERO
    if (d < 0 || d > 9) return Number.NaN
    units = units * 10 + d
  }
  if (at === whole || at - whole > 13) return Number.NaN
  const decimals = end - at - 1
  if (decimals === 0 || decimals > 2) return Number.NaN
  for (let i = at + 1; i <= at + 2; i++) {
    const d = i < end ? (bytes[i] as number) - ZERO : 0
    if (d < 0 || d > 9) return Number.NaN
    units = units * 10 + d
  }
  return negative ? 0 - units : units
}
