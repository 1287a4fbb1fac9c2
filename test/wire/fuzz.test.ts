import { expect, test } from 'vitest'
import { fuzz } from './fuzz.ts'

test('of 5,000 mutated messages each is accounted for, with one reason, the first that applies', async () => {
  const report = await fuzz(1, 5000)
  expect(report.problems).toEqual([])
  expect(report.messages).toBe(5000)
  expect(Object.keys(report.reasons)).toEqual(
    expect.arrayContaining(['bad-money', 'bad-time', 'not-cloudevent', 'not-json', 'schema', 'too-deep', 'unknown-type']),
  )
  expect(report.fates.used + report.fates.late).toBeGreaterThan(100)
  expect(report.slowest.ms).toBeLessThan(5000)
})
