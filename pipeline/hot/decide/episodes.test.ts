import { expect, test } from 'vitest'
import type { Alert } from '../../contract/index.ts'
import { Database } from '../../store/database.ts'
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

test('the file has each open episode once, as it is, over changes and a restart', async () => {
  const db = await Database.open(':memory:')
  await db.run('CREATE SCHEMA engine; CREATE TABLE engine.episode(key VARCHAR, body VARCHAR)')
  const kept = async () => (await db.rows('SELECT key, body FROM engine.episode ORDER BY key')).map(([key, body]) => [key, JSON.parse(String(body))])
  const [first, then] = [new Episodes(), new Episodes()]
  const revision = (n: number) => ({ alert: { ...alert, revision: n } })
  first.set('a', revision(1))
  first.set('b', revision(1))
  first.set('c', revision(1))
  first.end('c')
  await first.write(db)
  first.set('a', revision(2))
  first.set('c', revision(2))
  await first.write(db)
  expect(await kept()).toEqual([
    ['a', revision(2)],
    ['b', revision(1)],
    ['c', revision(2)],
  ])
  await then.restore(db)
  then.set('a', revision(3))
  then.end('b')
  await then.write(db)
  then.end('c')
  await then.write(db)
  expect(await kept()).toEqual([['a', revision(3)]])
  db.close()
})
