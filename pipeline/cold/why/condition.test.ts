import { expect, test } from 'vitest'
import { Database } from '../../store/database.ts'
import { holdsOf, partsOfCondition, weighedFrom, weighingSql } from './condition.ts'

test('a condition comes apart at its outermost ANDs and ORs, with the two sides of each comparison', () => {
  const parts = partsOfCondition(`total >= greatest(:floor, :part * loan) AND kind = 'a AND b' OR (x OR y) AND n BETWEEN 1 AND 3`)
  expect(parts).toEqual([
    { sql: 'total >= greatest(:floor, :part * loan)', or: 0, sides: { left: 'total', operator: '>=', right: 'greatest(:floor, :part * loan)' } },
    { sql: `kind = 'a AND b'`, or: 0, sides: { left: 'kind', operator: '=', right: `'a AND b'` } },
    { sql: '(x OR y)', or: 1 },
    { sql: 'n BETWEEN 1 AND 3', or: 1 },
  ])
})

test('an alternative in parentheses comes apart too', () => {
  expect(partsOfCondition(`a = 1 OR (b = 2 AND (c = 3 OR d = 4))`).map((p) => [p.or, p.sql])).toEqual([
    [0, 'a = 1'],
    [1, 'b = 2'],
    [1, '(c = 3 OR d = 4)'],
  ])
})

test('what stands in CASE is one part', () => {
  expect(partsOfCondition(`CASE WHEN a = 1 AND b = 2 THEN c ELSE d END > 5 AND e IS NOT NULL`).map((p) => p.sql)).toEqual([
    'CASE WHEN a = 1 AND b = 2 THEN c ELSE d END > 5',
    'e IS NOT NULL',
  ])
})

test('parts are weighed by the database, and together they are the condition', async () => {
  const db = await Database.open(':memory:')
  for (const [sql, whole] of [
    ['2 > 1 AND 3 > 4', false],
    ['2 > 1 AND 3 > 4 OR 1 = 1', true],
    ['NULL > 1 OR 2 >= 2', true],
  ] as const) {
    const parts = partsOfCondition(sql)
    const [row] = await db.rows(`SELECT ${weighingSql(parts)}, coalesce(${sql}, false)`)
    const weighed = weighedFrom(String(row?.[0]))
    expect([holdsOf(parts, weighed), row?.[1]]).toEqual([whole, whole])
  }
  const [row] = await db.rows(`SELECT ${weighingSql(partsOfCondition('1.50 * 2 >= 4'))}`)
  expect(weighedFrom(String(row?.[0]))).toEqual([{ holds: false, left: '3.00', right: '4' }])
  db.close()
})
