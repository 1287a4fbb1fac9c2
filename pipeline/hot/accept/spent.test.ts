import fc from 'fast-check'
import { expect, test } from 'vitest'
import { batchOf } from '../../contract/source.ts'
import type { EventColumns } from '../../contract/stage.ts'
import { scenarioEvents } from '../../scenario/steps.ts'
import { decoder } from './decode.ts'
import { pack, unpack } from './packed.ts'

/** Events of many types, one in five with a field less; `add` falls back to the slow way for some. */
const events = [...scenarioEvents(5, Date.UTC(2026, 10, 2, 1), 20_000)].map((e, i) => {
  const data = { ...(e.data as Record<string, unknown>) }
  if (i % 5 === 0) delete data[Object.keys(data).at(-1) ?? '']
  return Buffer.from(JSON.stringify(i % 7 === 0 ? { ...e, data, extension: '\u00e9' } : { ...e, data }))
})

/** All that counts in columns: rows beyond the last and bytes beyond the last value are memory, not values. */
function plain(columns: readonly EventColumns[]): unknown[] {
  return columns.map(({ type, count, id, source, institution, subject, json, fields, time, recorded, sequence, op, key, content }) => ({
    type,
    texts: [id, source, institution, subject].map((t) => [...t]),
    json: json && [...json],
    numbers: [time, recorded, sequence, op].map((n) => Array.from(n.subarray(0, count), String)),
    hashes: [Array.from(key.subarray(0, count * 4)), Array.from(content.subarray(0, count * 2))],
    fields: Object.entries(fields).map(([name, f]) =>
      f.kind === 'text' ? [name, [...f.values]] : [name, Array.from({ length: count }, (_, row) => (f.valid[row] === 1 ? String(f.values[row]) : null))],
    ),
  }))
}

test('columns in memory that another batch has left behind hold what they would hold in new memory', () => {
  const part = fc.tuple(fc.nat(events.length), fc.nat(800)).map(([from, n]) => events.slice(from, from + n))
  fc.assert(
    fc.property(fc.array(part, { minLength: 2, maxLength: 5 }), fc.boolean(), (batches, keepJson) => {
      const decode = decoder({ keepJson })
      let spent: EventColumns[] = []
      for (const batch of batches) {
        const { streams } = decode(batchOf(batch), unpack(pack(spent)))
        expect(plain(streams)).toEqual(plain(decoder({ keepJson })(batchOf(batch)).streams))
        spent = streams
      }
    }),
    { numRuns: 30 },
  )
})

test('memory is used again, and let go where it is far too large', () => {
  const decode = decoder({ keepJson: false })
  const times = (streams: EventColumns[]) => new Map(streams.map((s) => [s.type, s.time]))
  const loans = events.filter((e) => e.includes('"credit.loan"'))
  const many = Array.from({ length: Math.ceil(40_000 / loans.length) }, () => loans).flat()
  const first = decode(batchOf(many)).streams
  const second = decode(batchOf(many), first).streams
  expect(times(second).get('credit.loan')).toBe(times(first).get('credit.loan'))
  decode(batchOf(many.slice(0, 10)))
  const small = decode(batchOf(many.slice(0, 10)), second).streams
  expect(times(small).get('credit.loan')?.length).toBeLessThan(100)
})
