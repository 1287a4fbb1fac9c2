import fc from 'fast-check'
import { expect, test } from 'vitest'
import { graphs, randomBanks } from '../testing/random-banks.ts'
import { Cascade, type Ratio, WHOLE } from './cascade.ts'
import { Lending, type Loan } from './lending.ts'

const lends = (creditor: number, debtor: number, amount: bigint): Loan => ({ creditor, debtor, amount })
const half = WHOLE / 2n

function fallen(loans: Loan[], equity: (bigint | undefined)[], defaulting: number, lossGivenDefault: Ratio) {
  const cascades = new Cascade(new Lending(equity.length, loans), equity, lossGivenDefault)
  cascades.of((defaulting + 1) % equity.length)
  const { touched, loss, defaulted } = cascades.of(defaulting)
  return Array.from(touched, (i, n) => ({ i, loss: loss[n], defaulted: defaulted[n] === 1 }))
}

test('a bank falls when its losses exceed its equity, not when they equal it', () => {
  const chain = [lends(1, 0, 100n), lends(2, 1, 300n)]
  expect(fallen(chain, [0n, 100n, 500n], 0, WHOLE)).toEqual([{ i: 1, loss: 100, defaulted: false }])
  expect(fallen(chain, [0n, 99n, 500n], 0, WHOLE)).toEqual([
    { i: 1, loss: 100, defaulted: true },
    { i: 2, loss: 300, defaulted: false },
  ])
})

test('only the part that is not recovered is lost, rounded once', () => {
  expect(fallen([lends(1, 0, 101n)], [0n, 50n], 0, half)).toEqual([{ i: 1, loss: 50, defaulted: true }])
  expect(fallen([lends(1, 0, 100n)], [0n, 50n], 0, half)).toEqual([{ i: 1, loss: 50, defaulted: false }])
  expect(fallen([lends(1, 0, 100n)], [0n, 0n], 0, 0n)).toEqual([{ i: 1, loss: 0, defaulted: false }])
})

test('losses of one bank from several failures add up', () => {
  const loans = [lends(1, 0, 60n), lends(2, 0, 60n), lends(3, 1, 60n), lends(3, 2, 60n)]
  expect(fallen(loans, [0n, 50n, 50n, 100n], 0, WHOLE).at(-1)).toEqual({ i: 3, loss: 120, defaulted: true })
})

test('who falls is found alike by going over all banks again and again, in whole numbers', () => {
  fc.assert(
    fc.property(randomBanks(8), fc.nat(), fc.bigInt(0n, WHOLE), ({ owes, equity }, n, lossGivenDefault) => {
      const defaulting = n % equity.length
      const down = equity.map((_, i) => i === defaulting)
      const lost = (i: number) => owes.reduce((sum, row, j) => (down[j] === true ? sum + (row[i] ?? 0n) : sum), 0n)
      const takes = (i: number) => i !== defaulting && (equity[i] ?? -1n) >= 0n
      for (const _ of equity) for (const i of equity.keys()) down[i] ||= takes(i) && lost(i) * lossGivenDefault > (equity[i] ?? 0n) * WHOLE
      const loans = owes.flatMap((row, debtor) => row.map((amount, creditor) => ({ debtor, creditor, amount })))
      const got = fallen(loans, equity, defaulting, lossGivenDefault)
      expect(got.map(({ i, defaulted }) => [i, defaulted])).toEqual(equity.flatMap((_, i) => (takes(i) && lost(i) > 0n ? [[i, down[i]]] : [])))
    }),
    { numRuns: graphs(300) },
  )
})
