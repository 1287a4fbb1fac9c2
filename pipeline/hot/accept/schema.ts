/** Compiled checks of whole events, one per type, and of deletions, which carry at least the id of their thing. */
import Type, { type TObject, type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Envelope, EVENT_TYPES, type EventType, STREAMS } from '../../contract/index.ts'

type Check = { Check(value: unknown): boolean; Errors(value: unknown): { instancePath: string; params?: object }[] }

const FULL = new Map<EventType, Check>(EVENT_TYPES.map((type) => [type, compile(STREAMS[type].data)]))
const DELETE = new Map<EventType, Check>(EVENT_TYPES.map((type) => [type, compile(Type.Interface([Type.Partial(STREAMS[type].data)], idFields(type)))]))

/** The check for an event of this type; `op` delete asks for less. */
export function checkFor(type: EventType, op: unknown): Check {
  const check = (op === 'delete' ? DELETE : FULL).get(type)
  if (check === undefined) throw new Error(`no schema for ${type}`)
  return check
}

/** The JSON pointer of the first amount that is not the plain decimal its field asks for, or undefined. Absent fields are not amounts. */
export function badMoney(schema: TSchema, value: unknown, pointer = '/data'): string | undefined {
  const {
    'x-column': column,
    pattern,
    properties,
    items,
  } = schema as { 'x-column'?: string; pattern?: string; properties?: Record<string, TSchema>; items?: TSchema }
  if (value === undefined) return undefined
  if (column === 'money' || column === 'price') return typeof value === 'string' && new RegExp(pattern ?? '').test(value) ? undefined : pointer
  if (properties !== undefined && isRecord(value)) {
    for (const [name, inner] of Object.entries(properties)) {
      const found = badMoney(inner, value[name], `${pointer}/${name}`)
      if (found !== undefined) return found
    }
  }
  if (items !== undefined && Array.isArray(value)) {
    for (const [i, inner] of value.entries()) {
      const found = badMoney(items, inner, `${pointer}/${i}`)
      if (found !== undefined) return found
    }
  }
  return undefined
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function compile(data: TObject): Check {
  return Compile(Type.Object({ ...Envelope.properties, data })) as unknown as Check
}

function idFields(type: EventType): Record<string, TSchema> {
  const { properties } = STREAMS[type].data
  return Object.fromEntries(STREAMS[type].thing.map((name) => [name, properties[name] ?? Type.String()]))
}
