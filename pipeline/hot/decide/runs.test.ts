import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addRun, dropRuns, endingAfter, firstAfter, hasRun, lastOf, removeRun, type Run } from './runs.ts'

/** Windows that were added and then taken away, at multiples of 5 and 10 long, and the runs they make. */
const windows = fc.array(fc.record({ place: fc.nat(30), gone: fc.boolean() }), { minLength: 1, maxLength: 40 }).map((all) => {
  const starts = new Set<number>()
  let runs: Run[] = []
  for (const { place, gone } of all) {
    const start = place * 5
    if (gone && starts.size > 1) {
      starts.delete(start)
      runs = removeRun(runs, start)
    } else if (!starts.has(start)) {
      starts.add(start)
      runs = addRun(runs, start, start + 10)
    }
  }
  return { starts: [...starts].sort((a, b) => a - b), runs }
})

test('runs hold the windows that were added, and give those that end after a time', () => {
  fc.assert(
    fc.property(windows, fc.nat(170), ({ starts, runs }, time) => {
      const late = starts.filter((start) => start + 10 > time)
      expect(Array.from({ length: 31 }, (_, i) => i * 5).filter((start) => hasRun(runs, start))).toEqual(starts)
      expect(lastOf(runs)).toEqual({ start: starts.at(-1), end: (starts.at(-1) ?? 0) + 10 })
      expect(
        endingAfter(runs, time)
          .map((w) => w.start)
          .sort((a, b) => a - b),
      ).toEqual(late)
      expect(firstAfter(runs, time)?.start).toBe(late[0])
      const kept = dropRuns(runs, time)
      expect(late.every((start) => hasRun(kept, start))).toBe(true)
      expect(lastOf(kept)).toEqual(lastOf(runs))
    }),
  )
})
