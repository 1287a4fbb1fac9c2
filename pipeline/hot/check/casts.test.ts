import { expect, test } from 'vitest'
import { safeCasts } from './casts.ts'

test.each([
  ['a::INTEGER > :least', 'TRY_CAST(a AS INTEGER) > :least'],
  ['greatest(:floor, :part * loan)::DECIMAL(38,2)', 'TRY_CAST(greatest(:floor, :part * loan) AS DECIMAL(38,2))'],
  ['CAST(CAST(a AS JSON) AS VARCHAR[])', 'TRY_CAST(TRY_CAST(a AS JSON) AS VARCHAR[])'],
  [`a::INT::VARCHAR = '3::4'`, `TRY_CAST(TRY_CAST(a AS INT) AS VARCHAR) = '3::4'`],
  [`f(x, 'CAST(')[1]::INT`, `TRY_CAST(f(x, 'CAST(')[1] AS INT)`],
  ['TRY_CAST(a AS INT) > 3', 'TRY_CAST(a AS INT) > 3'],
])('%s becomes %s', (sql, safe) => {
  expect(safeCasts(sql).sql).toBe(safe)
})

test('a cast says where it does not fit; one that may be null by the wish of its author, or whose variable is its own, does not', () => {
  expect(safeCasts('a::INT > 3').failed).toEqual(['((a) IS NOT NULL AND TRY_CAST(a AS INT) IS NULL)'])
  expect(safeCasts('TRY_CAST(a AS INT) > 3').failed).toEqual([])
  expect(safeCasts('list_transform([a], lambda x: x::INT)').failed).toEqual([])
})
