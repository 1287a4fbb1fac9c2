import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RawBatch } from '../contract/source.ts'
import { Slab } from './slab.ts'

type Message = { partition: number; offset: number; timestamp: number; value: Uint8Array | null }

const message = fc.record({
  partition: fc.nat(11),
  offset: fc.nat(),
  timestamp: fc.oneof(fc.nat(), fc.constant(Number.NaN)),
  value: fc.option(fc.uint8Array({ maxLength: 200 }), { nil: null }),
}) as fc.Arbitrary<Message>

const filled = (messages: Message[], spent?: RawBatch): RawBatch => {
  const slab = new Slab(spent)
  for (const m of messages) slab.add(m.partition, m.offset, m.timestamp, 'event', m.value === null ? null : Buffer.from(m.value))
  return slab.done([])
}

const read = ({ count, bytes, ends, partition, offset, timestamp, oversize }: RawBatch): (Message & { oversize: number })[] =>
  Array.from({ length: count }, (_, i) => ({
    partition: partition[i] ?? -1,
    offset: offset[i] ?? -1,
    timestamp: timestamp[i] ?? -1,
    oversize: oversize[i] ?? -1,
    value: Uint8Array.from(bytes.subarray(i === 0 ? 0 : ends[i - 1], ends[i])),
  }))

test('a batch reads as it was put in, also where another one lay before', () => {
  fc.assert(
    fc.property(fc.array(fc.array(message, { maxLength: 2000, size: 'max' }), { minLength: 1, maxLength: 4 }), (batches) => {
      let spent: RawBatch | undefined
      for (const messages of batches) {
        const raw = filled(messages, spent)
        expect(read(raw)).toEqual(messages.map((m) => ({ ...m, oversize: 0, value: m.value ?? new Uint8Array() })))
        spent = raw
      }
    }),
    { numRuns: 10 },
  )
})

test('what is too large is cut, and its length told', () => {
  const raw = filled([{ partition: 1, offset: 7, timestamp: 5, value: new Uint8Array((1 << 20) + 1).fill(9) }])
  expect(read(raw)).toEqual([{ partition: 1, offset: 7, timestamp: 5, oversize: (1 << 20) + 1, value: new Uint8Array(4096).fill(9) }])
})
