import { expect, test } from 'vitest'
import { backoff, pause } from './backoff.ts'

test('attempts are spread under 0.5 s, 1 s, 2 s … 30 s, on top of what the server asked for', () => {
  const longest = (n: number, asked = 0) => backoff(n, asked, () => 1)
  expect([0, 1, 2, 5, 6, 7, 1000].map((n) => longest(n))).toEqual([500, 1000, 2000, 16_000, 30_000, 30_000, 30_000])
  expect([longest(0, 1500), backoff(3, 1500, () => 0)]).toEqual([2000, 1500])
})

test('a pause ends with the signal', async () => {
  const stop = new AbortController()
  const start = performance.now()
  const paused = pause(60_000, stop.signal)
  stop.abort()
  await paused
  await pause(60_000, stop.signal)
  expect(performance.now() - start).toBeLessThan(5000)
})
