/** Events of all types, drawn from their schemas: every value a field may have, every optional field at times absent. */
import fc from 'fast-check'
import type { TSchema } from 'typebox'
import { EVENT_TYPES, type EventType, formatDecimal, formatTime, STREAMS } from '../../pipeline/contract/index.ts'
import type { LogEvent } from '../reference/arrivals.ts'

export type WireEvent = LogEvent

export type FieldSchema = TSchema & {
  'x-column'?: string
  type?: string
  pattern?: string
  minLength?: number
  anyOf?: { const: string }[]
  items?: FieldSchema
  properties?: Record<string, FieldSchema>
  required?: string[]
}

/** Times lie within this minute and the next; whole seconds, which every unit of time can say. */
export const START = Date.UTC(2026, 2, 2, 1)
const MINUTE = 60

/** Whatever Unicode has, lone surrogates aside, which UTF-8 has not. */
const text = (minLength: number) => fc.string({ unit: 'grapheme', minLength, maxLength: 12 })
const instant = fc.nat({ max: MINUTE }).map((s) => formatTime(START + s * 1000))

export function anyEvent(types: readonly EventType[] = EVENT_TYPES): fc.Arbitrary<WireEvent> {
  return fc.constantFrom(...types).chain((type) =>
    fc
      .record({
        data: record(STREAMS[type].data as unknown as FieldSchema),
        institution: fc.constantFrom('B0001', 'B0002', '某某银行'),
        source: fc.constantFrom('/b/core', '/b/ledger'),
        sequence: fc.nat(),
        time: instant,
        recorded: fc.option(instant, { nil: undefined }),
        op: fc.constantFrom(undefined, undefined, 'upsert' as const, 'correct' as const, 'delete' as const),
        id: fc.uuid(),
      })
      .map(({ data, institution, source, sequence, time, recorded, op, id }): WireEvent => {
        const { key } = STREAMS[type]
        const stated = op === 'correct' ? (recorded ?? time) : recorded
        return {
          specversion: '1.0',
          id,
          source,
          type,
          time,
          subject: key === 'institution' ? institution : String(data[key]),
          institution,
          sequence: String(sequence),
          ...(op !== undefined && { op }),
          ...(stated !== undefined && { recordedtime: stated }),
          data,
        }
      }),
  )
}

function record({ properties = {}, required = [] }: FieldSchema): fc.Arbitrary<Record<string, unknown>> {
  const fields = Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, valueOf(schema)]))
  return fc.record(fields, { requiredKeys: required }) as fc.Arbitrary<Record<string, unknown>>
}

function valueOf(schema: FieldSchema): fc.Arbitrary<unknown> {
  const { anyOf, pattern = '', minLength = 0, items, properties } = schema
  if (anyOf !== undefined) return fc.constantFrom(...anyOf.map((o) => o.const))
  if (properties !== undefined) return record(schema)
  if (items !== undefined) return fc.array(valueOf(items), { maxLength: 4 })
  const signed = pattern.startsWith('^-?')
  switch (schema['x-column']) {
    case 'money':
      return fc.bigInt({ min: signed ? -(10n ** 14n) : 0n, max: 10n ** 14n }).map((units) => formatDecimal(units, 2))
    case 'price':
      return fc.tuple(fc.bigInt({ min: signed ? -(10n ** 20n) : 0n, max: 10n ** 20n }), fc.nat({ max: 10 })).map(([u, scale]) => formatDecimal(u, scale))
    case 'share':
      return fc.nat({ max: 10_000 }).map((u) => formatDecimal(BigInt(u), 4))
    case 'integer':
      return fc.integer()
    case 'boolean':
      return fc.boolean()
    case 'day':
      return fc.nat({ max: 20_000 }).map((d) => formatTime(d * 86_400_000).slice(0, 10))
    case 'time':
      return instant
    default:
      return text(minLength)
  }
}
