/** How each data field of a type is checked and written from bytes: compiled from the schema of its stream. */
import { type EventType, STREAMS } from '../../contract/index.ts'
import type { ColumnBuilder } from './columns.ts'
import { unitsOf, wholeOf } from './digits.ts'
import { Members } from './object-reader.ts'
import { ABSENT, FALSE, NUMBER, TEXT, TRUE } from './scan-code.ts'
import type { FieldSchema } from './row-event.ts'

/** What a field asks of its value, as far as the fast way reads it; `list`: not at all. All of one shape, as they are read for every event. */
export type FieldPlan = TextPlan & { required: boolean; kind: 'text' | 'money' | 'integer' | 'boolean' | 'list'; positive: boolean; schema: FieldSchema }
/** How many bytes a text may have, and what else is asked of it. */
export type TextPlan = { shortest: number; longest: number; form?: Form | undefined }
type Form = (bytes: Buffer, start: number, end: number) => boolean

export class DataPlan {
  readonly type: EventType
  readonly names: readonly string[]
  readonly fields: readonly FieldPlan[]
  readonly members: Members
  /** What the fields that are no texts say, once they hold: amounts in minor units. */
  readonly #numbers: Float64Array
  /** The fields whose columns are texts, and the others. */
  readonly texts: readonly number[]
  readonly #numeric: readonly number[]

  private constructor(type: EventType, names: string[], fields: FieldPlan[]) {
    this.type = type
    this.names = names
    this.fields = fields
    this.members = new Members(names)
    this.#numbers = new Float64Array(names.length)
    const isText = (k: number) => fields[k]?.kind === 'text' || fields[k]?.kind === 'list'
    this.texts = [...fields.keys()].filter(isText)
    this.#numeric = [...fields.keys()].filter((k) => !isText(k))
  }

  /** Undefined for a type that always carries a list: those are few and large, and parsed as a whole. */
  static of(type: EventType): DataPlan | undefined {
    if (!plans.has(type)) plans.set(type, DataPlan.#made(type))
    return plans.get(type)
  }

  static #made(type: EventType): DataPlan | undefined {
    const { properties, required = [] } = STREAMS[type].data as unknown as { properties: Record<string, FieldSchema>; required?: string[] }
    const fields = Object.entries(properties).map(([name, schema]) => planOf(schema, required.includes(name)))
    return fields.some((f) => f.required && f.kind === 'list') ? undefined : new DataPlan(type, Object.keys(properties), fields)
  }

  /** Whether what `members` holds would pass the schema. */
  holds(bytes: Buffer): boolean {
    const { fields } = this
    const { token } = this.members
    for (let k = 0; k < fields.length; k++) {
      const field = fields[k] as FieldPlan
      if (token[k] === ABSENT ? field.required : !this.#fieldHolds(field, k, bytes)) return false
    }
    return true
  }

  /** Sets the texts of the builder's next row. */
  writeTexts(view: DataView, builder: ColumnBuilder): void {
    const { token, start, end } = this.members
    for (const k of this.texts) {
      const column = builder.field(k).texts
      if (token[k] === TEXT) column?.addBytes(view, start[k] as number, end[k] as number)
      else column?.addNull()
    }
  }

  /** Sets the other fields of the builder's next row. */
  writeNumbers(builder: ColumnBuilder): void {
    const { token } = this.members
    const row = builder.out.count
    for (const k of this.#numeric) if (token[k] !== ABSENT) builder.field(k).setNumber(row, this.#numbers[k] as number)
  }

  #fieldHolds(field: FieldPlan, k: number, bytes: Buffer): boolean {
    const { members } = this
    const token = members.token[k] as number
    const start = members.start[k] as number
    const end = members.end[k] as number
    switch (field.kind) {
      case 'text':
        return token === TEXT && isWithin(field, start, end) && (field.form === undefined || field.form(bytes, start, end))
      case 'money': {
        const units = token === TEXT ? unitsOf(bytes, start, end) : Number.NaN
        this.#numbers[k] = units
        return !Number.isNaN(units) && !(field.positive && bytes[start] === MINUS)
      }
      case 'integer': {
        const negative = bytes[start] === MINUS
        const size = token === NUMBER ? wholeOf(bytes, negative ? start + 1 : start, end) : -1
        this.#numbers[k] = negative ? 0 - size : size
        return negative ? size > 0 && size <= 2147483648 : size >= 0 && size <= 2147483647
      }
      case 'boolean':
        this.#numbers[k] = token === TRUE ? 1 : 0
        return token === TRUE || token === FALSE
      case 'list':
        return false
    }
  }
}

/** Of this thread: nothing else happens while one is used. */
const plans = new Map<EventType, DataPlan | undefined>()

const MINUS = 45

export function isWithin({ shortest, longest }: TextPlan, start: number, end: number): boolean {
  return end - start >= shortest && end - start <= longest
}

type TextSchema = FieldSchema & { pattern?: string; minLength?: number; maxLength?: number; anyOf?: { const: string }[] }

function planOf(schema: TextSchema, required: boolean): FieldPlan {
  return { required, kind: kindOf(schema['x-column']), positive: schema.pattern?.startsWith('^-') !== true, schema, ...textPlan(schema) }
}

function kindOf(column: string | undefined): FieldPlan['kind'] {
  if (column === 'money' || column === 'integer' || column === 'boolean') return column
  return column === 'json' || column === undefined ? 'list' : 'text'
}

/** Lengths are of characters; no text has more of them than bytes. */
function textPlan({ anyOf, pattern, minLength = 0, maxLength = Infinity }: TextSchema): TextPlan {
  if (anyOf !== undefined) return wordPlan(anyOf.map((o) => Buffer.from(o.const)))
  if (pattern === undefined) return { shortest: minLength, longest: maxLength }
  const form = new RegExp(pattern)
  return { shortest: 0, longest: Infinity, form: (bytes, start, end) => form.test(bytes.toString('latin1', start, end)) }
}

export function wordPlan(words: readonly Uint8Array[]): TextPlan {
  const lengths = words.map((w) => w.length)
  const form: Form = (bytes, start, end) => {
    for (const word of words) if (isWord(word, bytes, start, end)) return true
    return false
  }
  return { shortest: Math.min(...lengths), longest: Math.max(...lengths), form }
}

export function isWord(word: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (word.length !== end - start) return false
  for (let i = 0; i < word.length; i++) if (word[i] !== bytes[start + i]) return false
  return true
}
