import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arrowStream } from '../../../test/wire/arrow.ts'
import { anyEvent, START, type WireEvent } from '../../../test/wire/events.ts'
import { anyCut } from '../../../test/wire/forms.ts'
import { toldColumns } from '../../../test/wire/told.ts'
import { dataColumns, EVENT_TYPES, type EventType } from '../../contract/index.ts'
import { batchOf } from '../../contract/source.ts'
import type { Decoded } from '../../contract/stage.ts'
import { arrowRows } from './arrow.ts'
import { ColumnBuilder } from './columns.ts'
import { decoder } from './decode.ts'

type Fault = Partial<WireEvent> | { data: Record<string, unknown> }

/** What attributes may say that no sender should, and some that look odd and hold. */
const ATTRIBUTE_FAULTS: Fault[] = [
  ...(['id', 'source', 'institution', 'subject'] as const).flatMap((name) =>
    [undefined, '', 'x'.repeat(129), '某'.repeat(100), 'x'.repeat(513), '某'.repeat(200)].map((value) => ({ [name]: value })),
  ),
  ...(['time', 'recordedtime'] as const).flatMap((name) =>
    [undefined, '2026-03-02T01:30:00Z', '2026-03-02T01:00:00.5+08:00', '2026-02-31'].map((value) => ({ [name]: value })),
  ),
  ...['-1', '0', '999999999999999', '1000000000000000', '1000000000000000000'].map((sequence) => ({ sequence })),
  ...['correct', 'delete', 'upsert', 'Delete'].map((op) => ({ op, recordedtime: undefined }) as unknown as Fault),
  { type: 'pay.refund' } as unknown as Fault,
]

const OF_KIND: Record<string, unknown[]> = {
  money: ['-1.00', '-0.01', '0', '9999999999999.99', '10000000000000.00', '-10000000000000.00', '92233720368547758.07'],
  integer: [-1, 2147483647],
  boolean: [true],
  json: [],
}

/** The same for the fields of a type, each of which may be null. */
function fieldFaults(type: EventType): Fault[] {
  const texts = ['', '1.5', 'normal', 'x'.repeat(257), '某'.repeat(100), '某'.repeat(300)]
  return dataColumns(type).flatMap(({ field, kind }) => [undefined, ...(OF_KIND[kind] ?? texts)].map((value) => ({ data: { [field]: value } })))
}

const FLAT = ['pay.payment', 'credit.loan', 'mkt.trade', 'ins.policy'] as const

const table = fc.constantFrom(...EVENT_TYPES, ...FLAT, ...FLAT).chain((type) =>
  fc.record({
    events: fc.array(anyEvent([type]), { minLength: 1, maxLength: 8 }),
    faults: fc.array(fc.tuple(fc.nat(), fc.constantFrom(...ATTRIBUTE_FAULTS, ...fieldFaults(type))), { maxLength: 6 }),
    form: anyCut(1).map(({ arrow }) => arrow),
    rows: fc.integer({ min: 1, max: 8 }),
  }),
)

/** The first event says which columns there are. */
function withFault(events: readonly WireEvent[], [row, fault]: [number, Fault]): WireEvent[] {
  const at = 'type' in fault ? 1 + row : row % events.length
  return events.map((event, k) => (k === at ? ({ ...event, ...fault, data: { ...event.data, ...fault.data } } as WireEvent) : event))
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
    fc.property(table, fc.constantFrom(Number.NaN, START - 600_000 + 90_000), fc.boolean(), ({ events, faults, form, rows }, timestamp, keepJson) => {
      const stream = arrowStream(faults.reduce<WireEvent[]>(withFault, events), form, rows)
      const batches = arrowRows(stream)
      if (typeof batches === 'string') throw new Error(batches)
      const json = batches.flatMap((batch) => Array.from({ length: batch.count }, (_, row) => batch.json(row)))
      expect(told(decoder({ keepJson })(batchOf([stream], { form: 'arrow', timestamp })))).toEqual(told(slow(keepJson)(batchOf(json, { timestamp }))))
    }),
    { numRuns: 400 },
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
