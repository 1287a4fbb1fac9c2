import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EvidenceRef } from '../contract/index.ts'
import { type Changed, ProductGraph, type ObligorKind, type Product, type ProductLine, type ProductOptions, type Stake, UNKNOWN } from './products.ts'
import { slowLayers, slowLookThrough } from './testing/products.ts'
import { products as worlds, stakeIn, type Step, steps, threshold } from './testing/random-products.ts'

const GRAPHS = Number(process.env['LOOKTHROUGH_GRAPHS'] ?? 300)

const ref = (event: string): EvidenceRef => ({ event, order: event })
const product = (id: string, nav: bigint, lines: ProductLine[], more: Partial<Product> = {}): [string, Product] => [
  id,
  { nav, lines, unidentified: 0n, tranches: new Map(), ref: ref(id), ...more },
]
const stake = (id: string, value: bigint, more: Partial<Stake> = {}): Stake => ({ kind: 'fundUnits', product: id, value, ref: ref(`stake-${id}`), ...more })
const bond = (issuer: string, value: bigint): ProductLine => ({ kind: 'bond', issuer, value })
const units = (of: string, value: bigint): ProductLine => ({ kind: 'fundUnits', product: of, value })

/** What `B` reaches through its stakes. */
function graphOf(stakes: Stake[], described: [string, Product][], options: ProductOptions = {}): ProductGraph {
  const graph = new ProductGraph(options)
  for (const [id, of] of described) graph.setProduct(id, of)
  stakes.forEach((of, i) => graph.setStake('B', `position-${i}`, of))
  return graph
}

function amounts(graph: ProductGraph, institution = 'B'): Record<string, bigint> {
  return Object.fromEntries(graph.obligors(institution).map(({ kind, id }) => [`${kind}:${id}`, graph.amount(institution, kind, id)]))
}

describe('looking through', () => {
  test('1 % of a structure with twenty assets of 5 is 0.05 of each (Basel LEX30; CBB CM-2.3.29)', () => {
    const lines = Array.from({ length: 20 }, (_, i) => bond(`P${i}`, 500n))
    expect(amounts(graphOf([stake('F', 100n, { share: 0.01 })], [product('F', 10_000n, lines)]))).toEqual(
      Object.fromEntries(lines.map((l) => [`party:${l.issuer}`, 5n])),
    )
  })

  test('parts multiply down the layers, and the path says how', () => {
    const graph = graphOf([stake('T', 500n)], [product('T', 1000n, [units('F', 600n)]), product('F', 1200n, [bond('P', 1200n)])])
    const { paths, rest } = graph.paths('B', 'party', 'P', 10)
    expect(paths).toMatchObject([{ obligor: 'P', amount: 300n }])
    expect(paths[0]?.path.map((s) => [s.from, s.to, s.kind, s.share, s.amount])).toEqual([
      ['B', 'T', 'fundUnits', '0.5', '5.00'],
      ['T', 'F', 'fundUnits', '0.25', '3.00'],
      ['F', 'P', 'bond', '0.25', '3.00'],
    ])
    expect(paths[0]?.refs.map((e) => e.event)).toEqual(['stake-T', 'T', 'F'])
    expect(rest).toBe(0n)
  })

  test('a product nobody has described is unknown in full, until someone does', () => {
    const graph = graphOf([stake('X', 70n)], [])
    expect(amounts(graph)).toEqual({ [`unknown:${UNKNOWN}`]: 70n })
    expect(graph.coverage('B')).toEqual({ identified: 0n, total: 70n })
    graph.setProduct(...product('X', 140n, [bond('P', 100n), { kind: 'other', value: 20n }], { unidentified: 20n }))
    expect(amounts(graph)).toEqual({ 'party:P': 50n, [`unknown:${UNKNOWN}`]: 20n })
    expect(graph.coverage('B')).toEqual({ identified: 50n, total: 70n })
  })

  test('a tranche carries its part of at most its size of each asset; one that nobody described is unknown', () => {
    const abs = product('S', 100n, [{ kind: 'loan', issuer: 'P', value: 90n }, bond('Q', 10n)], { tranches: new Map([['mezzanine', 30n]]) })
    expect(amounts(graphOf([stake('S', 15n, { tranche: 'mezzanine' })], [abs]))).toEqual({ 'party:P': 15n, 'party:Q': 5n })
    expect(amounts(graphOf([stake('S', 15n, { tranche: 'mezzanine', share: 0.1 })], [abs]))).toEqual({ 'party:P': 3n, 'party:Q': 1n })
    expect(amounts(graphOf([stake('S', 15n, { tranche: 'equity' })], [abs]))).toEqual({ [`unknown:${UNKNOWN}`]: 15n })
  })

  test('an obligor is material by all its lines within one structure, over all paths to it', () => {
    const graph = graphOf(
      [stake('F', 50n), stake('F', 50n)],
      [product('F', 100n, [bond('P', 40n), { kind: 'deposit', issuer: 'P', value: 40n }, bond('Q', 20n)])],
    )
    graph.setThreshold('B', 50n)
    expect(amounts(graph)).toEqual({ 'party:P': 80n, 'structure:F': 20n })
    expect(graph.paths('B', 'structure', 'F', 10).paths.map(({ amount, path }) => [amount, path.length])).toEqual([
      [10n, 1],
      [10n, 1],
    ])
    graph.setThreshold('B', 20n)
    expect(amounts(graph)).toEqual({ 'party:P': 80n, 'party:Q': 20n })
  })

  test('the amount that reaches lines of a kind does not ask who the obligor is, nor whether he is material', () => {
    const graph = graphOf([stake('F', 50n)], [product('F', 100n, [{ kind: 'equity', issuer: 'P', value: 40n }, bond('Q', 60n)])])
    graph.setThreshold('B', 1000n)
    expect([graph.amountInLines('B', 'equity'), graph.amountInLines('B', 'bond'), graph.amountInLines('B', 'loan')]).toEqual([20n, 30n, 0n])
  })

  test('sums beyond 2^53 minor units stay exact', () => {
    const graph = graphOf(
      Array.from({ length: 3 }, () => stake('F', 9n * 10n ** 15n)),
      [product('F', 9n * 10n ** 15n, [bond('P', 9n * 10n ** 15n - 1n)])],
    )
    expect(amounts(graph)).toEqual({ 'party:P': 27n * 10n ** 15n - 3n })
    graph.setStake('B', 'position-1', undefined)
    graph.setStake('B', 'position-2', stake('F', 1n))
    expect(amounts(graph)).toEqual({ 'party:P': 9n * 10n ** 15n })
  })
})

describe('circles of products', () => {
  const circle = [product('A', 100n, [units('C', 100n)]), product('C', 100n, [units('A', 60n), bond('P', 40n)])]

  test('what reaches an obligor through a circle is one row, from the solved system', () => {
    const graph = graphOf([stake('A', 100n)], circle)
    expect(amounts(graph)).toEqual({ 'party:P': 100n })
    expect(graph.paths('B', 'party', 'P', 10).paths.map(({ path }) => path.map((s) => [s.from, s.to, s.kind, s.amount]))).toEqual([
      [
        ['B', 'A', 'cycle', '1.00'],
        ['A', 'P', 'cycle', '1.00'],
      ],
    ])
    expect(graph.gains()).toEqual([])
    expect(
      graph
        .refs('B', 'party', 'P')
        .map((r) => r.event)
        .sort(),
    ).toEqual(['A', 'C', 'stake-A'])
  })

  test('it is rounded once, though it comes out of several products', () => {
    const two = [product('A', 8n, [units('C', 2n), bond('P', 6n)]), product('C', 4n, [units('A', 2n), bond('P', 2n)])]
    // One unit of A is 1 ÷ 8 of it; with x = 1/8 + y/4 · … solved exactly: A 1/7, C 1/14; to P 6/7 + 1/7 = 1.
    expect(amounts(graphOf([stake('A', 1n)], two))).toEqual({ 'party:P': 1n })
  })

  test('a circle of gain 1 or more is a finding, and its products are unknown in full', () => {
    const graph = graphOf([stake('A', 100n)], [circle[0] as [string, Product], product('C', 100n, [units('A', 100n), bond('P', 40n)])])
    expect(amounts(graph)).toEqual({ [`unknown:${UNKNOWN}`]: 100n })
    expect(graph.gains()).toMatchObject([{ product: 'A', members: ['A', 'C'] }])
    expect(graph.changed().gains).toEqual(['A'])
    graph.setProduct(...(circle[1] as [string, Product]))
    expect([graph.changed().gains, graph.gains(), amounts(graph)]).toEqual([['A'], [], { 'party:P': 100n }])
  })

  test('a gain so little above 1 that what circles outgrows Float64 is a gain above 1', () => {
    const described = [
      product('A', 1000n, [units('B', 1000n)]),
      product('B', 1000n, [units('C', 500n), units('C', 501n), { ...units('C', 1n), tranche: 'unheard' }]),
      product('C', 1000n, [units('A', 1000n)]),
    ]
    const graph = graphOf([stake('A', 100n)], described)
    expect([amounts(graph), graph.gains().map((g) => g.members)]).toEqual([{ [`unknown:${UNKNOWN}`]: 100n }, [['A', 'B', 'C']]])
  })

  test('a gain of exactly 1 that Float64 makes a little less of is no gain below 1', () => {
    const graph = graphOf([stake('A', 10n)], [product('A', 946n, [{ ...units('A', 946n), tranche: 'senior' }], { tranches: new Map([['senior', 6n]]) })])
    expect([amounts(graph), graph.gains().map((g) => g.members)]).toEqual([{ [`unknown:${UNKNOWN}`]: 10n }, [['A']]])
  })

  test('a fund that holds its own units is a circle of one', () => {
    const graph = graphOf([stake('A', 30n)], [product('A', 100n, [units('A', 50n), bond('P', 50n)])])
    expect(amounts(graph)).toEqual({ 'party:P': 30n })
  })

  test('2,000 funds that hold 20 others each are solved, and closing the gain makes them unknown', { timeout: 60_000 }, () => {
    const described = denseCircle(2000, 20)
    const graph = graphOf([stake('F00000', 100_000n)], described)
    expect(graph.amount('B', 'party', 'P')).toBe(100_000n)
    const [[first, all]] = described as [[string, Product]]
    graph.setProduct(first, { ...all, nav: 1n })
    expect(graph.gains()).toMatchObject([{ product: 'F00000' }])
    expect(graph.amount('B', 'unknown', UNKNOWN)).toBe(100_000n)
    expect(graph.capped).toEqual({ institutions: 0, circles: 0 })
  })
})

/** Funds of which each holds `held` others with nine tenths of what it has, the rest in bonds of `P`; no two circles of the same length. */
function denseCircle(size: number, held: number): [string, Product][] {
  const name = (n: number) => `F${String(n % size).padStart(5, '0')}`
  return Array.from({ length: size }, (_, n) =>
    product(name(n), 1_000_000n, [...Array.from({ length: held }, (__, k) => units(name(n + 1 + k * k), 900_000n / BigInt(held))), bond('P', 100_000n)]),
  )
}

describe('layers', () => {
  test('public funds are not counted, each product of a circle is once, and who is above hears of it', () => {
    const graph = graphOf(
      [],
      [
        product('X', 10n, [units('W', 5n)]),
        product('W', 10n, [units('PF', 5n)]),
        product('PF', 10n, [units('F', 5n)], { publicFund: true }),
        product('F', 10n, [bond('P', 10n)]),
      ],
    )
    expect(['X', 'W', 'PF', 'F'].map((id) => graph.layers(id))).toEqual([2, 1, 1, 0])
    expect(graph.changed().layers).toEqual(['PF', 'W', 'X'])
    graph.setProduct(...product('F', 10n, [units('G', 5n), units('F', 2n)]))
    expect(['X', 'W', 'PF', 'F', 'G'].map((id) => graph.layers(id))).toEqual([3, 2, 2, 1, 0])
    expect(graph.changed().layers).toEqual(['F', 'PF', 'W', 'X'])
    graph.setProduct(...product('PF', 10n, [units('X', 5n)], { publicFund: true }))
    expect(['X', 'W', 'PF', 'F'].map((id) => graph.layers(id))).toEqual([1, 1, 2, 1])
  })

  test('a chain of 5,000 funds is looked through and counted', () => {
    const described = Array.from({ length: 5000 }, (_, n) => product(`F${n}`, 100n, [n < 4999 ? units(`F${n + 1}`, 100n) : bond('P', 100n)]))
    const graph = graphOf([stake('F0', 100n)], described)
    expect([amounts(graph), graph.layers('F0')]).toEqual([{ 'party:P': 100n }, 4999])
  })
})

describe('holdings that are too old', () => {
  test('a holding counts as undescribed from its age on, and again as described when restated', () => {
    const day = 86_400_000
    const dated = (asOf: number) => product('F', 100n, [bond('P', 100n)], { asOf })
    const graph = graphOf([stake('F', 50n)], [dated(0)], { staleAfterMs: 30 * day })
    graph.advance(30 * day - 1)
    expect([amounts(graph), graph.nextStaleAt()]).toEqual([{ 'party:P': 50n }, 30 * day])
    graph.changed()
    graph.advance(30 * day)
    expect([amounts(graph), graph.nextStaleAt()]).toEqual([{ [`unknown:${UNKNOWN}`]: 50n }, undefined])
    expect(graph.changed().coverage).toEqual(['B'])
    graph.setProduct(...dated(20 * day))
    expect([amounts(graph), graph.nextStaleAt()]).toEqual([{ 'party:P': 50n }, 50 * day])
  })

  test('by default no holding is ever too old', () => {
    const graph = graphOf([stake('F', 50n)], [product('F', 100n, [bond('P', 100n)], { asOf: 0 })])
    graph.advance(1e15)
    expect([amounts(graph), graph.nextStaleAt()]).toEqual([{ 'party:P': 50n }, undefined])
  })
})

describe('bounds', () => {
  /** Each layer holds the next one three times: 3^n paths. */
  const thick = (layers: number) =>
    Array.from({ length: layers }, (_, n) =>
      product(`L${n}`, 9n, n === layers - 1 ? [bond('P', 9n)] : [units(`L${n + 1}`, 3n), units(`L${n + 1}`, 3n), units(`L${n + 1}`, 3n)]),
    )

  test('an institution with more paths than are kept has its amounts from the flow, and says so', () => {
    const graph = graphOf([stake('L0', 2700n)], thick(30), { nodesKept: 1000 })
    expect([amounts(graph), graph.capped]).toEqual([{ 'party:P': 2700n }, { institutions: 1, circles: 0 }])
    expect(graph.paths('B', 'party', 'P', 10)).toMatchObject({ paths: [{ amount: 2700n, path: [] }], rest: 0n })
    graph.setProduct('L6', thick(7)[6]?.[1])
    expect(graph.capped.institutions).toBe(1)
    graph.setProduct('L3', thick(4)[3]?.[1])
    expect([amounts(graph), graph.capped]).toEqual([{ 'party:P': 2700n }, { institutions: 0, circles: 0 }])
    expect(graph.paths('B', 'party', 'P', 10)).toMatchObject({ paths: Array.from({ length: 10 }, () => ({ amount: 100n })), rest: 1700n })
  })
})

test('what B reaches equals enumeration in exact fractions, circles by elimination', { timeout: 600_000 }, () => {
  fc.assert(
    fc.property(worlds, fc.array(stakeIn, { minLength: 1, maxLength: 3 }), threshold, (described, stakes, least) => {
      const graph = graphOf(stakes, [...described])
      graph.setThreshold('B', least ?? undefined)
      const slow = slowLookThrough({ stakes, products: described, least: least ?? undefined })
      for (const id of described.keys()) expect(graph.layers(id)).toBe(slowLayers(described, id))
      expect(graph.gains().map((g) => g.product)).toEqual(slow.unsolved)
      if (slow.isDoubtful) return
      const got = amounts(graph)
      for (const key of new Set([...slow.amounts.keys(), ...Object.keys(got)])) {
        const difference = (got[key] ?? 0n) - (slow.amounts.get(key) ?? 0n)
        expect(difference < 0n ? -difference : difference, key).toBeLessThanOrEqual(slow.doubt)
      }
      for (const [kind, amount] of slow.lines) {
        const difference = graph.amountInLines('B', kind) - amount
        expect(difference < 0n ? -difference : difference, kind).toBeLessThanOrEqual(slow.doubt)
      }
      const { identified, total } = graph.coverage('B')
      expect(total - identified).toBe(graph.amount('B', 'unknown', UNKNOWN))
      expect(total).toBe(Object.values(got).reduce((sum, amount) => sum + amount, 0n))
    }),
    { numRuns: GRAPHS },
  )
})

test('after any 200 steps everything equals what a new graph makes of the last state, and what changed was said', { timeout: 600_000 }, () => {
  fc.assert(
    fc.property(steps, fc.constantFrom(25, 1000), (taken, nodesKept) => {
      const graph = new ProductGraph({ nodesKept })
      const last = new Map<string, Step>()
      let seen = everything(graph)
      for (const step of taken) {
        if (step.set === 'look') {
          const changed = graph.changed()
          const now = everything(graph)
          expect(saidOf(changed)).toEqual(differences(seen, now))
          seen = now
          continue
        }
        apply(graph, step)
        last.set(step.set === 'product' ? step.id : step.set === 'stake' ? `${step.institution}/${step.position}` : step.institution, step)
      }
      const rebuilt = new ProductGraph({ nodesKept })
      for (const [, step] of [...last].reverse()) apply(rebuilt, step)
      expect(everything(graph)).toEqual(everything(rebuilt))
      for (const { institution, kind, id } of reached(graph)) expect(graph.paths(institution, kind, id, 3)).toEqual(rebuilt.paths(institution, kind, id, 3))
    }),
    { numRuns: Math.ceil(GRAPHS / 3) },
  )
})

function apply(graph: ProductGraph, step: Step): void {
  if (step.set === 'product') graph.setProduct(step.id, step.product)
  else if (step.set === 'stake') graph.setStake(step.institution, step.position, step.stake)
  else if (step.set === 'threshold') graph.setThreshold(step.institution, step.least)
}

const BANKS = ['B1', 'B2']
const FUNDS = Array.from({ length: 7 }, (_, n) => `F${n}`)

function reached(graph: ProductGraph): { institution: string; kind: ObligorKind; id: string }[] {
  return BANKS.flatMap((institution) => graph.obligors(institution).map((obligor) => ({ institution, ...obligor })))
}

/** All that can be asked of a graph, by what it is about. */
function everything(graph: ProductGraph): Record<string, string> {
  const told: [string, string][] = reached(graph).map(({ institution, kind, id }) => [
    `amount ${institution} ${kind} ${id}`,
    String(graph.amount(institution, kind, id)),
  ])
  for (const bank of BANKS) {
    const { identified, total } = graph.coverage(bank)
    told.push([`coverage ${bank}`, `${identified} of ${total}`])
    for (const kind of ['bond', 'equity', 'fundUnits', 'unidentified']) told.push([`lines ${bank} ${kind}`, String(graph.amountInLines(bank, kind))])
  }
  for (const fund of FUNDS) told.push([`layers ${fund}`, String(graph.layers(fund))])
  for (const gain of graph.gains()) told.push([`gain ${gain.product}`, JSON.stringify(gain)])
  return Object.fromEntries(told)
}

function saidOf({ amounts: changed, coverage, lines, layers, gains }: Changed): string[] {
  return [
    ...[...changed].flatMap(([bank, of]) => of.map(({ kind, id }) => `amount ${bank} ${kind} ${id}`)),
    ...coverage.map((bank) => `coverage ${bank}`),
    ...[...lines].flatMap(([bank, kinds]) => kinds.map((kind) => `lines ${bank} ${kind}`)),
    ...layers.map((fund) => `layers ${fund}`),
    ...gains.map((fund) => `gain ${fund}`),
  ].sort()
}

function differences(before: Record<string, string>, now: Record<string, string>): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((key) => before[key] !== now[key]).sort()
}
