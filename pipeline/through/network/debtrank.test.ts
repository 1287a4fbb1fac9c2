import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Banks, exactDebtRank } from '../testing/interbank.ts'
import { graphs, randomBanks } from '../testing/random-banks.ts'
import { DebtRank } from './debtrank.ts'
import { Lending, type Loan } from './lending.ts'

const lends = (creditor: number, debtor: number, amount: bigint): Loan => ({ creditor, debtor, amount })

/** h of every bank when `defaulting` defaults, and what each loses. */
function ranked(loans: Loan[], equity: (bigint | undefined)[], defaulting: number): { h: number[]; loss: number[]; capped: boolean } {
  const ranks = new DebtRank(
    new Lending(equity.length, loans),
    Float64Array.from(equity, (e) => (e === undefined ? Number.NaN : Number(e))),
  )
  // The second time over used working memory.
  ranks.of((defaulting + 1) % equity.length)
  const { touched, loss, distress, capped } = ranks.of(defaulting)
  const spread = (of: Float64Array) => equity.map((_, i) => (touched.includes(i) ? (of[touched.indexOf(i)] as number) : 0))
  return { h: spread(distress), loss: spread(loss), capped }
}

describe('linear DebtRank', () => {
  test('the example of the R package NetworkRiskMeasures (README of 2016): 0.9286 and 2 defaults for a, 0.25 and 1 for b, by size weights', () => {
    const loans = [lends(0, 1, 100n), lends(1, 0, 1000n), lends(1, 2, 300n), lends(2, 0, 300n), lends(2, 1, 200n)]
    const [equity, weights] = [
      [200n, 500n, 200n],
      [10, 100, 30],
    ]
    const additional = (of: number) => ranked(loans, equity, of).h.reduce((sum, h, i) => (i === of ? sum : sum + (h * (weights[i] as number)) / 140), 0)
    expect(additional(0)).toBeCloseTo(0.9285714, 7)
    expect(ranked(loans, equity, 0).h).toEqual([1, 1, 1])
    expect(additional(1)).toBeCloseTo(0.25, 7)
    expect(ranked(loans, equity, 1).h).toEqual([0.5, 1, 1])
    // There c counts 0.6643, by the variant of 2012 in which each bank passes distress on once; the linear one goes on until it rests.
    expect(additional(2)).toBeCloseTo(0.75, 7)
  })

  test('along a chain the relative losses multiply', () => {
    const { h, loss } = ranked([lends(1, 0, 500n), lends(2, 1, 400n), lends(3, 2, 300n)], [100n, 1000n, 1000n, 1000n], 0)
    expect(h).toEqual([1, 0.5, 0.2, 0.06])
    expect(loss).toEqual([0, 500, 200, 60])
  })

  test('round a cycle distress adds up to its limit, and the one that defaults loses nothing more', () => {
    const { h, loss } = ranked([lends(1, 0, 500n), lends(2, 1, 500n), lends(1, 2, 500n), lends(0, 1, 900n)], [100n, 1000n, 1000n], 0)
    expect(h[1]).toBeCloseTo(2 / 3, 12)
    expect(h[2]).toBeCloseTo(1 / 3, 12)
    expect(loss).toEqual([0, 667, 333])
  })

  test('nobody loses more than its equity, even where every round of a cycle loses more than the last', () => {
    const { h, loss } = ranked([lends(1, 0, 1n), lends(2, 1, 3000n), lends(1, 2, 3000n)], [100n, 1000n, 1000n], 0)
    expect([h, loss]).toEqual([
      [1, 1, 1],
      [0, 1000, 1000],
    ])
  })

  test('with no equity the least loss takes everything; lost or unknown equity passes nothing on', () => {
    const chain = [lends(1, 0, 1n), lends(2, 1, 500n)]
    expect(ranked(chain, [100n, 0n, 1000n], 0).h).toEqual([1, 1, 0.5])
    expect(ranked(chain, [100n, -1n, 1000n], 0).h).toEqual([1, 0, 0])
    expect(ranked(chain, [100n, undefined, 1000n], 0).h).toEqual([1, 0, 0])
    // However little it is when it gets there.
    const far = [lends(1, 0, 1n), lends(2, 1, 1n), lends(3, 2, 1n)]
    expect(ranked(far, [100n, 10n ** 15n, 10n ** 15n, 0n], 0).h[3]).toBe(1)
    // It still defaults itself when asked to.
    expect(ranked(chain, [-100n, 1000n, 1000n], 0).loss).toEqual([0, 1, 0])
  })

  test('a cycle that hardly comes to rest is cut off after its rounds and says so', () => {
    const { h, capped } = ranked([lends(1, 0, 1n), lends(2, 1, 999_999n), lends(1, 2, 999_999n)], [100n, 1_000_000n, 1_000_000n], 0)
    expect(capped).toBe(true)
    expect(h[1]).toBeLessThan(0.5)
  })
})

/** Plain iteration over the full matrix until nothing moves: h ← min(1, Σ A · h ÷ E). */
function iterated({ owes, equity }: Banks, defaulting: number): number[] {
  let h = equity.map((_, i) => Number(i === defaulting))
  for (let round = 0; round < 10_000; round++) {
    const before = h
    h = equity.map((e, i) => {
      const lost = owes.reduce((sum, row, j) => sum + Number(row[i]) * (before[j] as number), 0)
      if (i === defaulting) return 1
      if (e === undefined || e < 0n || lost === 0) return 0
      return e === 0n ? 1 : Math.min(1, lost / Number(e))
    })
    if (h.every((x, i) => x === before[i])) break
  }
  return h
}

const loansOf = ({ owes }: Banks) => owes.flatMap((row, debtor) => row.map((amount, creditor) => ({ debtor, creditor, amount })))

describe('random networks', () => {
  test('distress is the least solution in exact fractions', () => {
    fc.assert(
      fc.property(randomBanks(5), fc.nat(), (banks, n) => {
        const defaulting = n % banks.equity.length
        const { h, capped } = ranked(loansOf(banks), banks.equity, defaulting)
        const exact = exactDebtRank(banks, defaulting)
        if (!capped) h.forEach((x, i) => expect(Math.abs(x - (exact[i]?.toNumber() ?? 0))).toBeLessThan(1e-9))
      }),
      { numRuns: graphs(300) },
    )
  })

  test('distress is that of plain iteration, and losses are its part of equity to the cent', () => {
    fc.assert(
      fc.property(randomBanks(8), fc.nat(), (banks, n) => {
        const defaulting = n % banks.equity.length
        const { h, loss, capped } = ranked(loansOf(banks), banks.equity, defaulting)
        const plain = iterated(banks, defaulting)
        if (!capped) h.forEach((x, i) => expect(Math.abs(x - (plain[i] as number))).toBeLessThan(1e-9))
        loss.forEach((l, i) => i !== defaulting && expect(Math.abs(l - (h[i] as number) * Number(banks.equity[i] ?? 0n))).toBeLessThanOrEqual(0.6))
      }),
      { numRuns: graphs(100) },
    )
  })
})
