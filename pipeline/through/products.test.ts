import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EvidenceRef } from '../contract/index.ts'
import { lookThrough, type Materiality, type Product, type ProductLine, type Stake, UNKNOWN } from './products.ts'

const ref = (event: string): EvidenceRef => ({ event, order: event })
const all: Materiality = { reaches: () => true }
const product = (id: string, nav: bigint, lines: ProductLine[], unidentified = 0n): Product => ({
  id,
  nav,
  lines,
  unidentified,
  tranches: new Map(),
  ref: ref(id),
})
const stake = (id: string, value: bigint, share?: number): Stake => ({
  kind: 'fundUnits',
  product: id,
  value,
  ref: ref(`stake-${id}`),
  ...(share !== undefined && { share }),
})
const totals = (reached: { obligor: string; kind: string; amount: bigint }[]) => {
  const sums: Record<string, bigint> = {}
  for (const r of reached) sums[`${r.kind}:${r.obligor}`] = (sums[`${r.kind}:${r.obligor}`] ?? 0n) + r.amount
  return sums
}
const look = (stakes: Stake[], products: Product[], materiality = all) => lookThrough('B', stakes, (id) => products.find((p) => p.id === id), materiality)

describe('looking through', () => {
  test('1 % of a structure with twenty assets of 5 is 0.05 of each (Basel LEX30 example)', () => {
    const lines = Array.from({ length: 20 }, (_, i): ProductLine => ({ kind: 'bond', issuer: `P${i}`, value: 500n }))
    expect(totals(look([stake('F', 100n, 0.01)], [product('F', 10_000n, lines)]).reached)).toEqual(
      Object.fromEntries(lines.map((l) => [`party:${l.issuer}`, 5n])),
    )
  })

  test('parts multiply down the layers, and the path says how', () => {
    const products = [
      product('T', 1000n, [{ kind: 'fundUnits', product: 'F', value: 600n }]),
      product('F', 1200n, [{ kind: 'bond', issuer: 'P', value: 1200n }]),
    ]
    const [r] = look([stake('T', 500n)], products).reached
    expect(r).toMatchObject({ obligor: 'P', amount: 300n })
    expect(r?.path.map((s) => [s.from, s.to, s.kind, s.share, s.amount])).toEqual([
      ['B', 'T', 'fundUnits', '0.5', '5.00'],
      ['T', 'F', 'fundUnits', '0.25', '3.00'],
      ['F', 'P', 'bond', '0.25', '3.00'],
    ])
    expect(r?.refs.map((e) => e.event)).toEqual(['stake-T', 'T', 'F'])
  })

  test('a product nobody has described, and one that holds itself, are unknown', () => {
    expect(totals(look([stake('X', 70n)], []).reached)).toEqual({ [`unknown:${UNKNOWN}`]: 70n })
    const loop = [
      product('A', 100n, [{ kind: 'fundUnits', product: 'C', value: 100n }]),
      product('C', 100n, [
        { kind: 'fundUnits', product: 'A', value: 60n },
        { kind: 'bond', issuer: 'P', value: 40n },
      ]),
    ]
    expect(totals(look([stake('A', 100n)], loop).reached)).toEqual({ [`unknown:${UNKNOWN}`]: 60n, 'party:P': 40n })
  })

  test('a tranche carries at most its size of each asset', () => {
    const abs: Product = { ...product('S', 100n, [{ kind: 'loan', issuer: 'P', value: 90n }]), tranches: new Map([['mezz', 30n]]) }
    expect(totals(look([{ ...stake('S', 15n), tranche: 'mezz' }], [abs]).reached)).toEqual({ 'party:P': 15n })
  })

  test('an obligor is material by all its lines within one structure, over all paths to it', () => {
    const lines: ProductLine[] = [
      { kind: 'bond', issuer: 'P', value: 40n },
      { kind: 'deposit', issuer: 'P', value: 40n },
      { kind: 'bond', issuer: 'Q', value: 20n },
    ]
    expect(totals(look([stake('F', 100n)], [product('F', 100n, lines)], { reaches: (a) => a >= 50n }).reached)).toEqual({ 'party:P': 80n, 'structure:F': 20n })
  })
})

/** Random acyclic products: product i holds only products with a higher number. */
const world = fc.integer({ min: 1, max: 7 }).chain((n) =>
  fc.tuple(
    ...Array.from({ length: n }, (_, i) =>
      fc.record({
        lines: fc.array(
          fc.record({
            value: fc.bigInt(1n, 10n ** 12n),
            nested: i < n - 1 ? fc.option(fc.integer({ min: i + 1, max: n - 1 })) : fc.constant(null),
            issuer: fc.integer({ min: 0, max: 4 }),
            share: fc.option(fc.double({ min: 0.001, max: 1, noNaN: true })),
          }),
          { minLength: 1, maxLength: 4 },
        ),
        unidentified: fc.bigInt(0n, 10n ** 10n),
      }),
    ),
  ),
)

test('amounts equal those of an independent enumeration, each path within half a cent', () => {
  fc.assert(
    fc.property(world, fc.bigInt(1n, 10n ** 12n), (specs, value) => {
      const products = specs.map(({ lines, unidentified }, i) => {
        const nav = lines.reduce((sum, l) => sum + l.value, unidentified)
        return product(
          `F${i}`,
          nav,
          lines.map(
            (l): ProductLine => ({
              kind: 'x',
              value: l.value,
              ...(l.nested === null ? { issuer: `P${l.issuer}` } : { product: `F${l.nested}`, ...(l.share !== null && { share: l.share }) }),
            }),
          ),
          unidentified,
        )
      })
      const got = totals(look([stake('F0', value)], products).reached)
      const want: Record<string, { sum: number; paths: number }> = {}
      const add = (key: string, amount: number) => {
        const w = (want[key] ??= { sum: 0, paths: 0 })
        w.sum += amount
        w.paths++
      }
      const descend = (p: Product, part: number): void => {
        for (const l of p.lines) {
          const inner = products.find((x) => x.id === l.product)
          if (inner === undefined) add(`party:${l.issuer}`, part * Number(l.value))
          else descend(inner, part * (l.share ?? Number(l.value) / Number(inner.nav)))
        }
        if (p.unidentified > 0n) add(`unknown:${UNKNOWN}`, part * Number(p.unidentified))
      }
      const [first] = products
      if (first !== undefined) descend(first, Number(value) / Number(first.nav))
      expect(Object.keys(got).sort()).toEqual(Object.keys(want).sort())
      for (const [key, { sum, paths }] of Object.entries(want)) expect(Math.abs(Number(got[key]) - sum)).toBeLessThanOrEqual(0.5 * paths + sum * 1e-12)
    }),
    { numRuns: 300 },
  )
})
