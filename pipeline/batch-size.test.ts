import { expect, test } from 'vitest'
import { BatchSize } from './batch-size.ts'

test('a batch holds what can be judged in two and a half seconds, as far as the last one tells', () => {
  const size = new BatchSize(131_072)
  expect(size.size).toBe(20_000)
  size.took(20_000, 1250)
  expect(size.size).toBe(40_000)
  size.took(40_000, 10_000)
  expect(size.size).toBe(10_000)
  size.took(10_000, 10)
  expect(size.size).toBe(131_072)
})

test('what comes in dribs and drabs tells nothing; what takes too long is made less, down to a thousand', () => {
  const size = new BatchSize(131_072)
  size.took(3, 40)
  expect(size.size).toBe(20_000)
  size.took(5000, 20_000)
  expect(size.size).toBe(1000)
  expect(new BatchSize(7).size).toBe(7)
})
