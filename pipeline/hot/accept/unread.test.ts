import { expect, test } from 'vitest'
import { batchOf, type RawBatch } from '../../contract/source.ts'
import { unread } from './unread.ts'

const batch = (first: number, ...texts: string[]) =>
  batchOf(
    texts.map((t) => Buffer.from(t)),
    { first },
  )
const texts = (raw: RawBatch) => Array.from({ length: raw.count }, (_, i) => Buffer.from(raw.bytes.subarray(raw.ends[i - 1] ?? 0, raw.ends[i])).toString())

test('a message that was handed out before is left out, wherever the batch begins', () => {
  const take = unread([2])
  const first = batch(2, 'two', 'three')
  expect(take(first)).toBe(first)
  const again = take(batch(1, 'one', 'two', 'three', 'four'))
  expect([texts(again), [...again.offset], again.partition.length]).toEqual([['four'], [4], 1])
  expect(texts(take(batch(0, 'zero', 'one')))).toEqual([])
})
