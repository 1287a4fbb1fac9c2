import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arrowStream } from '../../../test/wire/arrow.ts'
import { anyEvent, START, type WireEvent } from '../../../test/wire/events.ts'
import { anyCut } from '../../../test/wire/forms.ts'
import { toldColumns } from '../../../test/wire/told.ts'
import { EVENT_TYPES, type EventType } from '../../contract/index.ts'
import { batchOf } from '../../contract/source.ts'
import type { Decoded } from '../../contract/stage.ts'
import { arrowRows } from './arrow.ts'
import { ColumnBuilder } from './columns.ts'
import { decoder } from './decode.ts'

/** What a cell may say that no sender should, and some that look odd and hold; `undefined` is null. */
const badCell = fc.record({
  row: fc.nat(),
  column: fc.nat(),
  to: fc.constantFrom(
    undefined,
    '',
    '0',
    '1.0',
    '-1.00',
    '12.345',
    '9999999999999.99',
    '10000000000000.00',
    '92233720368547758.07',
    'x'.repeat(129),
    '某'.repeat(200),
    'x'.repeat(513),
    'correct',
    'delete',
    'pay.payment',
    '2026-02-31',
    '2026-03-02T01:00:00.5+08:00',
    '2026-03-02T01:30:00Z',
  ),
})

const table = fc.constantFrom(...EVENT_TYPES).chain((type) =>
  fc.record({
    events: fc.array(anyEvent([type]), { minLength: 1, maxLength: 12 }),
    bad: fc.array(badCell, { maxLength: 4 }),
    form: anyCut(1).map(({ arrow }) => arrow),
    rows: fc.integer({ min: 1, max: 12 }),
  }),
)

const ATTRIBUTES = ['id', 'source', 'institution', 'subject', 'op', 'time', 'recordedtime', 'sequence', 'type'] as const

/** A cell of a number stays as it is where the other value is none. */
function withBadCell(events: readonly WireEvent[], { row, column, to }: { row: number; column: number; to: string | undefined }): WireEvent[] {
  const at = row % events.length
  const names = [...ATTRIBUTES, ...new Set(events.flatMap((e) => Object.keys(e.data)))]
  const name = names[column % names.length] as string
  return events.map((event, k): WireEvent => {
    if (k !== at || (at === 0 && name === 'type') || typeof event.data[name] === 'object') return event
    if (name === 'sequence') return /^-?\d+$/.test(to ?? '') ? { ...event, sequence: to as string } : { ...event, sequence: '-1' }
    if ((ATTRIBUTES as readonly string[]).includes(name)) return { ...event, [name]: to } as WireEvent
    if (typeof event.data[name] !== 'string' && to !== undefined) return event
    return { ...event, data: { ...event.data, [name]: to } }
  })
}

const slow = (keepJson: boolean) => decoder({ keepJson }, { scan: () => undefined, scanBinary: () => undefined })

function told(decoded: Decoded): unknown {
  const { stream, row, dead } = decoded
  return {
    columns: toldColumns(decoded),
    arrivals: Array.from(stream, (s, a) => [s, row[a]]),
    dead: dead.map((d) => [d.reason, d.pointer, d.id, d.source, d.type, d.institution, d.time, Buffer.from(d.bytes).toString()]),
  }
}

test('columns taken as wholes are what their rows one by one are in JSON, bad cells and all, to the last bit of their hashes', () => {
  fc.assert(
    fc.property(table, fc.constantFrom(Number.NaN, START - 600_000 + 90_000), fc.boolean(), ({ events, bad, form, rows }, timestamp, keepJson) => {
      const stream = arrowStream(bad.reduce<WireEvent[]>(withBadCell, events), form, rows)
      const batches = arrowRows(stream)
      if (typeof batches === 'string') throw new Error(batches)
      const json = batches.flatMap((batch) => Array.from({ length: batch.count }, (_, row) => batch.json(row)))
      expect(told(decoder({ keepJson })(batchOf([stream], { form: 'arrow', timestamp })))).toEqual(told(slow(keepJson)(batchOf(json, { timestamp }))))
    }),
    { numRuns: 200 },
  )
})

describe('rows that hold are taken together', () => {
  /** How many rows were taken at a time; 0: one was refused. */
  const takenAtOnce = (events: readonly WireEvent[], type: EventType) => {
    const [batch] = arrowRows(arrowStream(events, { text: 'dictionary', money: 'decimal', time: 'us', day: 'date' }))
    if (typeof batch !== 'object') throw new Error('no record batch')
    const builder = new ColumnBuilder(type, 0, 16, false)
    const taken: number[] = []
    batch.fast(
      () => builder,
      Number.NaN,
      (rows) => taken.push(rows),
      () => taken.push(0),
    )
    expect(builder.done().count).toBe(taken.reduce((sum, rows) => sum + rows, 0))
    return taken
  }
  const sample = (type: EventType) => fc.sample(anyEvent([type]), { numRuns: 30, seed: 7 }).map((e) => ({ ...e, op: 'upsert' as const, recordedtime: e.time }))

  for (const type of ['pay.payment', 'credit.loan', 'mkt.trade', 'ins.policy'] as const)
    test(`all of a record batch of ${type}`, () => expect(takenAtOnce(sample(type), type)).toEqual([30]))

  test('up to a bad one, and from behind it', () => {
    const events = sample('pay.payment').map((e, row) => (row === 20 ? { ...e, institution: '' } : e))
    expect(takenAtOnce(events, 'pay.payment')).toEqual([20, 0, 9])
  })
})
