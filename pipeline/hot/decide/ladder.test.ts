import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseDecimal } from '../../contract/index.ts'
import { climb, LADDERS, LIMIT_SCALE } from './ladder.ts'

const limit = parseDecimal('0.10', LIMIT_SCALE) ?? 0n
const walk = (shares: number[]) => {
  let band: string | null = null
  return shares.map((s) => (band = climb(BigInt(Math.round(s * 1e8)), 100_000_000n, limit, band, LADDERS.limit)?.name ?? null))
}

test('the ladder goes up at its edges and down two points below them', () => {
  expect(walk([0.0799999, 0.08, 0.09, 0.095, 0.1, 0.100001])).toEqual(['80%', '80%', '90%', '95%', '95%', 'breach'].map((b, i) => (i === 0 ? null : b)))
  expect(walk([0.101, 0.098, 0.097999, 0.0929, 0.088, 0.0879, 0.078, 0.0779])).toEqual(['breach', 'breach', '95%', '90%', '90%', '80%', '80%', null])
})

test('the value exactly at the limit is lawful', () => {
  expect(climb(10n, 100n, limit, null, LADDERS.limit)?.name).toBe('95%')
  expect(climb(10n, 100n, limit, null, LADDERS.entered)).toBeUndefined()
})

test('a base that is not positive is breached by any amount', () => {
  expect(climb(1n, 0n, limit, null, LADDERS.limit)?.name).toBe('breach')
  expect(climb(0n, -5n, limit, null, LADDERS.limit)).toBeUndefined()
})

test('coming from a higher band never gives a lower one than coming from none', () => {
  const rank = (name: string | undefined) => LADDERS.limit.bands.findIndex((b) => b.name === name)
  fc.assert(
    fc.property(fc.bigInt(0n, 2_000_000n), fc.constantFrom(null, '80%', '90%', '95%', 'breach'), (n, from) => {
      const fresh = climb(n, 10_000_000n, limit, null, LADDERS.limit)
      const held = climb(n, 10_000_000n, limit, from, LADDERS.limit)
      expect(rank(held?.name)).toBeGreaterThanOrEqual(rank(fresh?.name))
    }),
  )
})
