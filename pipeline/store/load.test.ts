import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TextColumn } from '../contract/text.ts'
import { doubleColumn } from './columns.ts'
import { Database } from './database.ts'
import { load, pick, ROW } from './load.ts'

test('a batch comes out of its table as it went in: all text, nulls, control characters, amounts, row by row', async () => {
  const db = await Database.open(':memory:')
  const row = fc.tuple(
    fc.option(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom('\u0000', '\u0001', '\u0002', '\u001f', 'a', 'b', 'c') })), {
      nil: null,
    }),
    fc.option(fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }), { nil: null }),
    fc.boolean(),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 50 }), fc.integer({ min: 1, max: 120 }), async (some, times) => {
      const rows = Array.from({ length: times }, () => some).flat()
      const valid = Uint8Array.from(rows, ([, units]) => (units === null ? 0 : 1))
      const columns = [
        { name: 'units', column: { type: 'money', values: BigInt64Array.from(rows, ([, units]) => units ?? 0n), valid } as const },
        {
          name: 'flag',
          column: { type: 'boolean', values: Uint8Array.from(rows, ([, , flag]) => (flag ? 1 : 0)), valid: new Uint8Array(rows.length).fill(1) } as const,
        },
        { name: 'i', column: doubleColumn(rows.map((_, i) => i)) },
        { name: 'word', text: TextColumn.of(rows.map(([word]) => word)) },
        { name: 'again', text: TextColumn.of(rows.map(([word]) => word)) },
      ]
      const b = load(db, 'b', columns, rows.length)
      const out = await db.rows(`SELECT word, again, CAST(units::DECIMAL(38,2) * 100 AS HUGEINT), flag FROM ${b} ORDER BY i`)
      expect(out).toEqual(rows.map(([word, units, flag]) => [word, word, units, flag]))
    }),
    { numRuns: 40 },
  )
  db.close()
})

test('some rows of a batch, by their places, have all its columns; of many rows asked for all are given', async () => {
  const db = await Database.open(':memory:')
  const n = 5000
  const at = Array.from({ length: n }, (_, i) => i)
  const valid = Uint8Array.from(at, (i) => (i % 3 === 0 ? 0 : 1))
  const b = load(
    db,
    'b',
    [
      { name: 'i', column: doubleColumn(at) },
      { name: 't', text: TextColumn.of(at.map((i) => (i % 7 === 0 ? null : `v${i}`))) },
      { name: 'm', column: { type: 'money', values: BigInt64Array.from(at, BigInt), valid } },
      { name: 'w', column: { type: 'text', values: at.map(String) } },
      { name: 'l', column: { type: 'blob', values: at.map((i) => Uint8Array.of(i % 256)) } },
    ],
    n,
  )
  const places = (await db.rows(`SELECT ${ROW} FROM ${b} WHERE i % 997 = 3`)).map(([row]) => Number(row))
  const asked = 'SELECT i, t, m, w, l'
  const some = await db.rows(`${asked} FROM ${pick(db, 'b', places)} ORDER BY i`)
  expect(some.length).toBe(6)
  expect(some).toEqual(await db.rows(`${asked} FROM ${b} WHERE i % 997 = 3 ORDER BY i`))
  expect(await db.rows(`SELECT count(*) FROM ${pick(db, 'b', at.slice(0, 2000))}`)).toEqual([[BigInt(n)]])
  db.close()
})

test('a large batch keeps its rows together over many vectors', async () => {
  const db = await Database.open(':memory:')
  const n = 300_000
  const text = TextColumn.of(Array.from({ length: n }, (_, i) => `v${i}`))
  const b = load(
    db,
    'b',
    [
      { name: 'i', column: { type: 'double', values: Float64Array.from({ length: n }, (_, i) => i) } },
      { name: 't', text },
    ],
    n,
  )
  expect(await db.rows(`SELECT count(*) FILTER (t = 'v' || i::BIGINT), count(*) FROM ${b}`)).toEqual([[BigInt(n), BigInt(n)]])
  db.close()
})
