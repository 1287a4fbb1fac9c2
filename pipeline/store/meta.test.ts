import { expect, test } from 'vitest'
import { Database } from './database.ts'
import type { Progress } from './meta.ts'
import { addPartitions, readBooks, takeOver } from './restore.ts'

const partitions = [
  { topic: `o'clock`, partition: 0 },
  { topic: '信贷"', partition: 11 },
]

function booksOf(own: number): Progress[] {
  const counts = { used: 2 ** 53 - 1, late: 1, duplicate: 2, dead: 3 }
  return partitions.map((p, index) => ({ ...p, index, nextOffset: 2 ** 53 - 1, own, raised: index === 0 ? -Infinity : Infinity, ...counts }))
}

async function opened(): Promise<{ db: Database; epoch: number }> {
  const db = await Database.open(':memory:')
  const { epoch, added } = await takeOver(db, partitions)
  await addPartitions(db, partitions, added, epoch)
  return { db, epoch }
}

test('books come out of the file as they went in, whatever numbers and names they have, and a partition keeps its place', async () => {
  const { db, epoch } = await opened()
  expect(await db.rows('SELECT idx, topic, "partition", next_offset, own, raised, dead, epoch FROM engine.partition ORDER BY idx')).toEqual([
    [0, `o'clock`, 0, 0, -Infinity, -Infinity, 0n, 1],
    [1, '信贷"', 11, 0, -Infinity, -Infinity, 0n, 1],
  ])
  for (const own of [1772413200000 + 1 / 3, -Infinity, 5e-324, -0.1, 2 ** 53 - 1]) {
    await db.meta.commit(epoch, booksOf(own))
    const books = booksOf(-Infinity).map((b) => ({ ...b, nextOffset: 0, raised: -Infinity, used: 0, late: 0, duplicate: 0, dead: 0 }))
    await readBooks(db, books)
    expect(books).toEqual(booksOf(own))
  }
  const grown = [...partitions, { topic: 'new', partition: 0 }]
  const next = await takeOver(db, grown)
  expect(next).toEqual({ epoch: 2, added: [2], isNew: false })
  await addPartitions(db, grown, next.added, next.epoch)
  const rows = await db.rows('SELECT idx, next_offset, used FROM engine.partition ORDER BY idx')
  expect(rows).toEqual([
    [0, 2 ** 53 - 1, BigInt(2 ** 53 - 1)],
    [1, 2 ** 53 - 1, BigInt(2 ** 53 - 1)],
    [2, 0, 0n],
  ])
  db.close()
})

test('notes outlast whoever does not know them, and what was not committed is not noted for the next engine', async () => {
  const { db, epoch } = await opened()
  expect(await db.meta.restore(`judged CR-'01`, -Infinity)).toBe('-Infinity')
  db.meta.note(`judged CR-'01`, 7)
  await db.meta.commit(epoch, booksOf(1))
  db.meta.note(`judged CR-'01`, 8)
  const next = await takeOver(db, partitions)
  db.meta.note('latest', 9)
  await db.meta.commit(next.epoch, booksOf(1))
  await takeOver(db, partitions)
  expect(await db.meta.restore(`judged CR-'01`, -Infinity)).toBe('7')
  expect(await db.meta.restore('latest', -Infinity)).toBe('9')
  db.close()
})

test('an engine that another has taken the file over from writes nothing into it', async () => {
  const { db, epoch } = await opened()
  await db.run('UPDATE engine.mark SET epoch = epoch + 1')
  await expect(db.meta.commit(epoch, booksOf(1))).rejects.toMatchObject({ code: 'LT-9001' })
  expect(await db.rows('SELECT max(next_offset) FROM engine.partition')).toEqual([[0]])
  db.close()
})
