import fc from 'fast-check'
import { expect, test } from 'vitest'
import { joined } from './runs.ts'

const BORDERS = [0n, 2n ** 31n, 2n ** 32n, 2n ** 53n, -(2n ** 31n), -(2n ** 63n) + 20n, 2n ** 63n - 40n]

const run = fc
  .tuple(fc.constantFrom(...BORDERS), fc.integer({ min: -20, max: 20 }), fc.integer({ min: 0, max: 9 }))
  .map(([border, from, length]): [bigint, bigint] => [border + BigInt(from), border + BigInt(from + length)])

/** One number at a time. */
function plainly(runs: readonly [bigint, bigint][]): bigint[] {
  const numbers = new Set<bigint>()
  for (const [from, to] of runs) for (let n = from; n <= to; n++) numbers.add(n)
  return [...numbers].filter((n) => !numbers.has(n - 1n) || !numbers.has(n + 1n)).flatMap((n) => (!numbers.has(n - 1n) && !numbers.has(n + 1n) ? [n, n] : [n]))
}

const inOrder = (numbers: readonly bigint[]) => numbers.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))

test('runs of all parts joined are the numbers in them, in order and apart, at every border of the halves', () => {
  fc.assert(
    fc.property(fc.array(fc.array(run, { maxLength: 12 }), { maxLength: 5 }), (parts) => {
      const all = joined(parts.map((part) => BigInt64Array.from(part.flat())))
      expect([...all]).toEqual(inOrder(plainly(parts.flat())))
    }),
    { numRuns: 500 },
  )
})
