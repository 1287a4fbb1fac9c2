import fc from 'fast-check'
import type { Banks } from './interbank.ts'

/** How many random graphs a property is held against: `few` in the suite, LOOKTHROUGH_GRAPHS in the long form. */
export function graphs(few: number): number {
  return Number(process.env['LOOKTHROUGH_GRAPHS'] ?? few)
}

/** Up to `most` banks; small whole amounts so that ties and empty books are common, or amounts of real banks; some owe nobody, some are owed nothing. */
export function randomBanks(most: number): fc.Arbitrary<Banks> {
  return fc.tuple(fc.integer({ min: 1, max: most }), fc.boolean(), fc.integer({ min: 1, max: 4 })).chain(([size, small, thin]) => {
    const amount = small ? fc.bigInt(0n, 6n) : fc.bigInt(0n, 10n ** 14n)
    const signed = small ? fc.bigInt(-1n, 8n) : fc.bigInt(-(10n ** 12n), 10n ** 14n)
    const loan = fc.tuple(fc.integer({ min: 0, max: 4 }), amount).map(([n, x]) => (n < thin ? x : 0n))
    const each = <T>(of: fc.Arbitrary<T>) => fc.array(of, { minLength: size, maxLength: size })
    return fc.record({
      owes: each(each(loan)).map((rows) => rows.map((row, j) => row.map((x, i) => (i === j ? 0n : x)))),
      assets: each(signed),
      liabilities: each(signed),
      equity: each(fc.oneof({ weight: 8, arbitrary: signed }, { weight: 1, arbitrary: fc.constant(undefined) })),
      judged: each(fc.oneof({ weight: 8, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) })),
    })
  })
}
