/** What a dead letter should have been and what it is, at the place that is wrong. */
import type { TSchema } from 'typebox'
import { Envelope, EVENT_TYPES, isEventType, MAX_DEPTH, STREAMS } from '../../contract/index.ts'
import { mostBytes } from '../../contract/source.ts'
import { isRecord } from '../../hot/accept/schema.ts'
import { splitBinary } from '../../kafka/binary.ts'
import type { Letter } from './letters.ts'

/** `got` undefined: nothing stands there. */
export function explain(letter: Letter): { expected: string; got?: string } {
  const event = eventOf(letter)
  const expected = expectedOf(letter, event)
  if (letter.pointer === null) return { expected, ...(letter.reason === 'too-large' && { got: `> ${mostBytes(letter.form)} bytes` }) }
  const value = letter.pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((of, name) => (of as Record<string, unknown> | undefined)?.[name], event)
  return value === undefined ? { expected } : { expected, got: JSON.stringify(value) }
}

/** As one event; undefined where the bytes are none. */
export function eventOf({ form, bytes }: Pick<Letter, 'form' | 'bytes'>): Record<string, unknown> | undefined {
  try {
    if (form !== 'binary') return asRecord(JSON.parse(bytes.toString()))
    const { headers, value } = splitBinary(bytes)
    const attributes = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name.slice('ce_'.length), text]))
    return { ...attributes, data: JSON.parse(value.toString()) as unknown }
  } catch {
    return undefined
  }
}

/** Indented JSON, or the first bytes in hexadecimal. */
export function readable(letter: Letter): string {
  const event = eventOf(letter)
  return event === undefined ? hexOf(letter.bytes.subarray(0, SHOWN_BYTES)) : JSON.stringify(event, null, 2)
}

const SHOWN_BYTES = 1024
const LINE_BYTES = 16

function asRecord(value: unknown): Record<string, unknown> | undefined {
  return isRecord(value) ? value : undefined
}

function expectedOf({ reason, pointer, form }: Letter, event: Record<string, unknown> | undefined): string {
  switch (reason) {
    case 'too-large':
      return `<= ${mostBytes(form)} bytes`
    case 'too-deep':
      return `<= ${MAX_DEPTH} levels`
    case 'not-json':
      return form === 'arrow' ? 'an Arrow IPC stream' : 'JSON in UTF-8'
    case 'not-cloudevent':
      return 'CloudEvents 1.0: specversion, id, source, type'
    case 'bad-time':
      return 'RFC 3339, 2026-03-02T01:00:00Z'
    case 'future-time':
      return '<= Kafka timestamp + 10 min'
    case 'unknown-type':
      return EVENT_TYPES.join(' | ')
    case 'duplicate-conflict':
      return 'the content of the first event with this source and id'
    case 'bad-money':
    case 'schema':
      return schemaAt(event?.['type'], pointer ?? '')
  }
}

type Node = TSchema & { properties?: Record<string, Node>; items?: Node; anyOf?: { const: string }[]; pattern?: string; type?: string }

/** In words of JSON Schema. */
function schemaAt(type: unknown, pointer: string): string {
  const whole: Node = { properties: { ...Envelope.properties, ...(isEventType(type) && { data: STREAMS[type].data }) } } as Node
  const node = pointer
    .split('/')
    .slice(1)
    .reduce<Node | undefined>((of, name) => of?.properties?.[name] ?? (/^\d+$/.test(name) ? of?.items : undefined), whole)
  if (node === undefined) return ''
  if (node.anyOf !== undefined) return node.anyOf.map((o) => o.const).join(' | ')
  return node.pattern === undefined ? JSON.stringify({ ...node, properties: undefined }) : node.pattern
}

function hexOf(bytes: Buffer): string {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += LINE_BYTES) {
    const part = bytes.subarray(at, at + LINE_BYTES)
    const hex = Array.from(part, (b) => b.toString(16).padStart(2, '0')).join(' ')
    lines.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(LINE_BYTES * 3)} ${part.toString('latin1').replaceAll(/[^\x20-\x7e]/g, '.')}`)
  }
  return lines.join('\n')
}
