/** What an event would have had to hold where it does not, in words: from the schemas of the contract, so that it cannot differ from what is checked. */
import type { TSchema } from 'typebox'
import { type ColumnKind, Envelope, EVENT_TYPES, type EventType, type Language, MAX_DEPTH, MAX_MESSAGE_BYTES, STREAMS } from '../../contract/index.ts'
import { say } from '../../messages/index.ts'
import type { Reason } from './sort-out.ts'

/** `type`: of the event, where it has one of ours; `pointer`: the JSON pointer of what is wrong. Undefined where the schema has nothing at that place. */
export function expectedOf(reason: Reason, pointer: string | undefined, type: EventType | undefined, language: Language): string | undefined {
  switch (reason) {
    case 'too-large':
      return say('desk.expected.bytes', language, { max: MAX_MESSAGE_BYTES })
    case 'too-deep':
      return say('desk.expected.levels', language, { max: MAX_DEPTH })
    case 'not-json':
      return say('desk.expected.object', language)
    case 'not-cloudevent':
      return say('desk.expected.cloudevent', language)
    case 'future-time':
      return say('desk.expected.now', language)
    case 'unknown-type':
      return oneOf(EVENT_TYPES, language)
    case 'bad-time':
      return say('desk.expected.time', language)
    default:
      return pointer === undefined ? undefined : atPointer(pointer, type, language)
  }
}

function atPointer(pointer: string, type: EventType | undefined, language: Language): string | undefined {
  if (pointer === '/recordedtime') return say('desk.expected.time', language)
  let node: Node | undefined = { properties: { ...Envelope.properties, ...(type !== undefined && { data: STREAMS[type].data }) } }
  for (const name of pointer.split('/').slice(1)) node = node?.items ?? (Object.hasOwn(node?.properties ?? {}, name) ? node?.properties?.[name] : undefined)
  return node === undefined ? undefined : inWords(node, language)
}

/** What of a schema is read here. */
type Node = {
  type?: string
  'x-column'?: ColumnKind
  pattern?: string
  minLength?: number
  maxLength?: number
  anyOf?: { const?: string }[]
  properties?: Record<string, Node & TSchema>
  items?: Node
}

function inWords(node: Node, language: Language): string {
  const { type, pattern, anyOf, minLength = 0, maxLength = 0, 'x-column': column } = node
  if (anyOf !== undefined)
    return oneOf(
      anyOf.map((a) => a.const ?? ''),
      language,
    )
  if (type === 'array') return say('desk.expected.list', language)
  if (type === 'object') return say('desk.expected.object', language)
  const signed = pattern?.startsWith('^-?') === true
  if (column === 'money') return say(signed ? 'desk.expected.money' : 'desk.expected.amount', language)
  if (column === 'price') return say(signed ? 'desk.expected.number' : 'desk.expected.quantity', language)
  if (column === 'share' || column === 'integer' || column === 'boolean' || column === 'day' || column === 'time')
    return say(`desk.expected.${column}`, language)
  if (pattern !== undefined) return say('desk.expected.digits', language)
  return maxLength > 0 ? say('desk.expected.text', language, { min: minLength, max: maxLength }) : say('desk.expected.anyText', language)
}

function oneOf(values: readonly string[], language: Language): string {
  return say('desk.expected.oneOf', language, { values: values.join(' ') })
}
