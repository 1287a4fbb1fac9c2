import { expect, test } from 'vitest'
import { type BlockColumns, eachBlock } from './blocks.ts'
import { Database } from './database.ts'

const COLUMNS = {
  texts: { name: `CASE WHEN n % 5 = 0 THEN '' ELSE '单位' || n END`, other: 'n::VARCHAR' },
  integers: { n: 'n::INTEGER' },
  bigints: { large: '9223372036854775807 - n' },
  doubles: { half: 'n / 2' },
}

test('every row comes once, its columns together, however far apart the slots are', async () => {
  const db = await filled()
  const seen = new Uint8Array(400_000)
  let blocks = 0
  await eachBlock(db, 't', 'n <> 7', COLUMNS, ({ count, texts, integers, bigints, doubles }) => {
    blocks++
    for (let row = 0; row < count; row++) {
      const n = integers.n[row] as number
      seen[n] = (seen[n] as number) + 1
      if (row % 97 !== 0) continue
      expect([texts.name.at(row), texts.other.at(row), bigints.large[row], doubles.half[row]]).toEqual([
        n % 5 === 0 ? '' : `单位${n}`,
        String(n),
        9223372036854775807n - BigInt(n),
        n / 2,
      ])
    }
  })
  db.close()
  expect(blocks).toBeGreaterThan(1)
  expect(seen.findIndex((times, n) => times !== (n === 7 ? 0 : 1))).toBe(-1)
})

test('what DuckDB or the reader throws comes out, and the database goes on with all its threads', async () => {
  const db = await filled()
  const failing: [BlockColumns, () => void][] = [
    [{ ...COLUMNS, doubles: { half: `CASE WHEN n = 399999 THEN error('broken') ELSE 0 END` } }, () => undefined],
    [
      COLUMNS,
      () => {
        throw new Error('broken')
      },
    ],
  ]
  for (const [columns, read] of failing) await expect(eachBlock(db, 't', 'true', columns, read)).rejects.toThrow('broken')
  expect(await db.rows(`SELECT current_setting('threads')`)).toEqual([[2n]])
  db.close()
})

async function filled(): Promise<Database> {
  const db = await Database.open(':memory:', { threads: 2 })
  await db.run('CREATE TABLE t AS SELECT CASE WHEN n < 1000 THEN n * 100000 ELSE 1000000000 + n END AS slot, n FROM range(400000) r(n)')
  return db
}
