import { expect, test } from 'vitest'
import { integerColumn } from './columns.ts'
import { Database } from './database.ts'
import { listsOf, readLists } from './list-vector.ts'

test('lists go into a table and out of it, over many vectors, the empty and the long ones', async () => {
  const db = await Database.open(':memory:')
  await db.run('CREATE TABLE lists(n INTEGER, numbers BIGINT[])')
  const lists = Array.from({ length: 5000 }, (_, n) => BigInt64Array.from({ length: n === 2047 ? 70_000 : n % 7 }, (_, i) => BigInt(n) * 2n ** 40n - BigInt(i)))
  await db.append('main', 'lists', [integerColumn(lists.map((_, n) => n)), { type: 'bigints', ...listsOf(lists) }], lists.length)
  const read: BigInt64Array[] = []
  await db.eachChunk('SELECT numbers FROM lists ORDER BY n', (chunk) => read.push(...readLists(chunk, 0)))
  expect(read).toEqual(lists)
  const [sums] = await db.rows('SELECT sum(len(numbers)), sum(list_sum(numbers)) FROM lists')
  const all = lists.flatMap((list) => [...list])
  expect(sums?.map(String)).toEqual([String(all.length), String(all.reduce((sum, n) => sum + n, 0n))])
  db.close()
})
