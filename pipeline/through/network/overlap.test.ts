import fc from 'fast-check'
import { expect, test } from 'vitest'
import { graphs } from '../testing/random-banks.ts'
import { type Overlap, overlaps } from './overlap.ts'

const of = (institutions: Record<string, Record<string, bigint>>) =>
  overlaps(new Map(Object.entries(institutions).map(([name, held]) => [name, new Map(Object.entries(held))])))

test('the same proportions are an overlap of 1, whatever the size; the smaller amounts are shared', () => {
  expect(of({ A: { X: 300n, Y: 400n }, B: { X: 30n, Y: 40n } })).toEqual([{ first: 'A', second: 'B', cosine: 1, shared: 70n }])
})

test('exposures 3 and 4 against 4 and 3 overlap by 24 ÷ 25', () => {
  const [pair] = of({ B: { X: 4n, Y: 3n }, A: { X: 3n, Y: 4n } })
  expect(pair).toMatchObject({ first: 'A', second: 'B', shared: 6n })
  expect(pair?.cosine).toBeCloseTo(0.96, 15)
})

test('who shares nothing is no pair, and what is not an exposure is not shared', () => {
  expect(of({ A: { X: 5n }, B: { Y: 5n }, C: { X: 0n, Y: -3n } })).toEqual([])
})

test('pairs are those of every pair compared by itself, in whatever order exposures came', () => {
  const books = fc.array(fc.dictionary(fc.constantFrom('P', 'Q', 'R', 'S'), fc.bigInt(1n, 10n ** 14n)), { maxLength: 6 })
  fc.assert(
    fc.property(books, (held) => {
      const named = held.map((book, i): [string, Map<string, bigint>] => [`B${i}`, new Map(Object.entries(book))])
      const got = overlaps(new Map(named))
      const reversed = overlaps(new Map(named.map(([name, book]): [string, Map<string, bigint>] => [name, new Map([...book].reverse())]).reverse()))
      expect(reversed).toEqual(got)
      const want: Overlap[] = []
      for (const [first, a] of named)
        for (const [second, b] of named) if (first < second) want.push({ first, second, cosine: cosine(a, b), shared: shared(a, b) })
      const sharing = want.filter((pair) => pair.shared > 0n)
      expect(got.map(({ first, second, shared }) => [first, second, shared])).toEqual(sharing.map(({ first, second, shared }) => [first, second, shared]))
      got.forEach((pair, i) => expect(pair.cosine).toBeCloseTo(sharing[i]?.cosine ?? 0, 12))
    }),
    { numRuns: graphs(200) },
  )
})

function cosine(a: Map<string, bigint>, b: Map<string, bigint>): number {
  const dot = (x: Map<string, bigint>, y: Map<string, bigint>) => Number([...x].reduce((sum, [key, v]) => sum + v * (y.get(key) ?? 0n), 0n))
  return dot(a, b) / Math.sqrt(dot(a, a)) / Math.sqrt(dot(b, b))
}

function shared(a: Map<string, bigint>, b: Map<string, bigint>): bigint {
  return [...a].reduce((sum, [key, v]) => sum + (v < (b.get(key) ?? 0n) ? v : (b.get(key) ?? 0n)), 0n)
}
