import fc from 'fast-check'
import { expect, test } from 'vitest'
import { graphs, randomBanks } from '../testing/random-banks.ts'
import { DebtRank } from './debtrank.ts'
import { Lending } from './lending.ts'
import { Resolvent } from './resolvent.ts'

/** Everyone lends everyone, `amount` each. */
const full = (size: number, amount: bigint) =>
  new Lending(
    size,
    Array.from({ length: size * size }, (_, n) => ({ creditor: Math.floor(n / size), debtor: n % size, amount })),
  )

test('three banks that lend each other a quarter of their equity: a default leaves each of the others with a loss of a third', () => {
  const found = Resolvent.of(full(3, 250n), new Float64Array(3).fill(1000))?.distress(0)
  expect([...(found?.touched ?? [])]).toEqual([0, 1, 2])
  expect([...(found?.loss ?? [])]).toEqual([0, 333, 333])
})

test('it stands back where someone loses all, where distress does not fade, and where a lender has no equity', () => {
  expect(Resolvent.of(full(3, 499n), new Float64Array(3).fill(1000))?.distress(0)).toBeDefined()
  expect(Resolvent.of(full(3, 500n), new Float64Array(3).fill(1000))).toBeUndefined()
  expect(Resolvent.of(full(3, 10n), Float64Array.of(1000, 1000, 0))).toBeUndefined()
  expect(Resolvent.of(full(3, 10n), Float64Array.of(-5, 1000, 1000))?.distress(0)).toBeUndefined()
  const one = new Lending(2, [{ creditor: 1, debtor: 0, amount: 1000n }])
  expect(Resolvent.of(one, Float64Array.of(1000, 1000))?.distress(0)).toBeUndefined()
})

test('it finds what walking each default finds, to the cent or one part in 10^12 of equity', () => {
  let found = 0
  fc.assert(
    fc.property(randomBanks(8), fc.bigInt(1n, 40n), ({ owes, equity }, scale) => {
      const lending = new Lending(
        equity.length,
        owes.flatMap((row, debtor) => row.map((amount, creditor) => ({ debtor, creditor, amount }))),
      )
      const amounts = Float64Array.from(equity, (e) => (e === undefined ? Number.NaN : Number(e * scale)))
      // Walking keeps back steps below 10^-17, which who has lent his equity over and over again feels.
      if (owes.some((row) => row.some((amount, i) => Number(amount) > 1e4 * (amounts[i] as number)))) return
      const [resolvent, ranks] = [Resolvent.of(lending, amounts), new DebtRank(lending, amounts)]
      for (const defaulting of equity.keys()) {
        const distress = resolvent?.distress(defaulting)
        if (distress === undefined) continue
        const walked = ranks.of(defaulting)
        if (walked.capped) continue
        expect([...distress.touched]).toEqual([...walked.touched])
        distress.distress.forEach((h, n) => expect(Math.abs(h - (walked.distress[n] as number))).toBeLessThan(1e-11))
        distress.loss.forEach((loss, n) =>
          expect(Math.abs(loss - (walked.loss[n] as number))).toBeLessThanOrEqual(Math.max(1, 1e-12 * (amounts[distress.touched[n] as number] as number))),
        )
        found++
      }
    }),
    { numRuns: graphs(200) },
  )
  expect(found).toBeGreaterThan(100)
})
