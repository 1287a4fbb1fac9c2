import { expect, test } from 'vitest'
import type { Alert } from '../../contract/index.ts'
import { Episodes } from './episodes.ts'
import { addRun } from './runs.ts'

const alert = { id: 'A-1', rule: { code: 'SE-01' }, institution: 'B1', subject: { kind: 'account', id: 'C1' } } as Alert
const [KEEP, HOUR] = [20_000, 3_600_000]

/** An alert on one window that ended at 10 s. */
function shown(): Episodes {
  const episodes = new Episodes()
  episodes.set('SE-01|B1|account:C1@A-1', { alert, windows: { start: 0, end: 10_000, closed: true, qualified: addRun([], 0, 10_000), order: 1 } })
  return episodes
}

test('an alert is forgotten when no correction can reach its last window', () => {
  const episodes = shown()
  episodes.forget('SE-01', { judged: 10_000 + KEEP + 5000 - 1, keepMs: KEEP, longestMs: 5000 })
  expect(episodes.size).toBe(1)
  episodes.forget('SE-01', { judged: HOUR, keepMs: KEEP, longestMs: 5000 })
  expect(episodes.size).toBe(0)
})

test('not while a correction has touched its key: a session may have grown, and close later than it did', () => {
  const episodes = shown()
  const touched = new Set(['B1 C1'])
  const isTouched = (institution: string, key: string) => touched.has(`${institution} ${key}`)
  episodes.forget('SE-01', { judged: HOUR, keepMs: KEEP, longestMs: 5000, isTouched })
  expect(episodes.windowsOf('SE-01|B1|account:C1')[0]?.episode.windows.qualified).toEqual(addRun([], 0, 10_000))
  touched.clear()
  episodes.forget('SE-01', { judged: 2 * HOUR, keepMs: KEEP, longestMs: 5000, isTouched })
  expect(episodes.size).toBe(0)
})
