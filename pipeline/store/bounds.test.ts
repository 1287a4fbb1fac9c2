import { expect, test } from 'vitest'
import { enforceBounds } from './bounds.ts'
import { Database } from './database.ts'
import { takeOver } from './restore.ts'

const DAY_MS = 86_400_000

async function filled(): Promise<Database> {
  const db = await Database.open(':memory:')
  const books = { topic: 'log', partition: 0, index: 0, nextOffset: 10, own: 100 * DAY_MS, raised: -Infinity, used: 10, late: 0, duplicate: 0, dead: 0 }
  const { epoch } = await takeOver(db, [{ topic: 'log', partition: 0 }])
  await db.meta.commit(epoch, [books])
  await db.run(`INSERT INTO lt.late("offset") SELECT range FROM range(10);
    INSERT INTO lt.dead_letters("offset") SELECT range FROM range(4)`)
  const revision = (id: string, n: number, state: string, day: number) => `('${id}', ${n}, '${state}', epoch_ms(${day * DAY_MS}::BIGINT))`
  await db.run(
    `INSERT INTO lt.alert_revisions(id, revision, state, "at") VALUES ${[
      revision('stands', 1, 'new', 1),
      revision('stands', 2, 'new', 2),
      revision('over', 1, 'new', 3),
      revision('over', 2, 'resolved', 4),
      revision('recent', 1, 'new', 90),
      revision('recent', 2, 'resolved', 91),
    ].join(', ')}`,
  )
  return db
}

test('of a table beyond its bound the oldest rows go, and of old alerts all but the last revision of one that still stands', async () => {
  const db = await filled()
  const { rows, deleted, more } = await enforceBounds(db, { rows: { late: 3, dead_letters: 4, alert_revisions: 100 }, alertDays: 35 })
  expect([rows, deleted, more]).toEqual([
    { late: 3, dead_letters: 4, alert_revisions: 3, outbox: 0, seen: 0 },
    { late: 7, dead_letters: 0, alert_revisions: 3 },
    false,
  ])
  expect((await db.rows('SELECT "offset" FROM lt.late ORDER BY 1')).flat()).toEqual([7, 8, 9])
  expect(await db.rows('SELECT id, revision FROM lt.alert_revisions ORDER BY ALL')).toEqual([
    ['recent', 1],
    ['recent', 2],
    ['stands', 2],
  ])
  db.close()
})

test('a revision that has not left yet stays', async () => {
  const db = await filled()
  await db.run(`INSERT INTO engine.outbox VALUES (1, 'over', 2, '{}')`)
  await enforceBounds(db, { rows: { late: 100, dead_letters: 100, alert_revisions: 100 }, alertDays: 35 })
  expect((await db.rows(`SELECT revision FROM lt.alert_revisions WHERE id = 'over' ORDER BY 1`)).flat()).toEqual([1, 2])
  db.close()
})
