import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fraction } from '../testing/fraction.ts'
import { allClearings, type Banks, exactClearing } from '../testing/interbank.ts'
import { graphs, randomBanks } from '../testing/random-banks.ts'
import { type Clearing, clear, MOST_SOLVED, type Seniority } from './clearing.ts'
import { Lending, type Loan } from './lending.ts'

type Book = { owes: Loan[]; assets: bigint[]; liabilities?: bigint[] }
const owes = (debtor: number, creditor: number, amount: bigint): Loan => ({ debtor, creditor, amount })
const cleared = ({ owes, assets, liabilities = assets.map(() => 0n) }: Book, seniority: Seniority = 'external-first') =>
  clear(new Lending(assets.length, owes), { assets, liabilities, judged: new Uint8Array(assets.length).fill(1) }, seniority)

describe('who pays what', () => {
  test('without a cycle: payments 3, 2.5 and 0, equity −9, −1.5 and 4 at face value (constructed)', () => {
    const { payment, owed, equity, short } = cleared({ owes: [owes(0, 1, 600n), owes(0, 2, 600n), owes(1, 2, 400n)], assets: [300n, 100n, 0n] })
    expect({ payment, owed, equity, short: [...short] }).toEqual({
      payment: [300n, 250n, 0n],
      owed: [1200n, 400n, 0n],
      equity: [-900n, -150n, 400n],
      short: [1, 1, 0],
    })
  })

  test('debts that only go round are paid in full by the greatest vector, with no money at all', () => {
    const { payment, short } = cleared({ owes: [owes(0, 1, 1000n), owes(1, 0, 1000n)], assets: [0n, 0n] })
    expect([payment, [...short]]).toEqual([
      [1000n, 1000n],
      [0, 0],
    ])
  })

  test('in a ring that one bank leaves short, each passes on what it gets', () => {
    const ring = [owes(0, 1, 1000n), owes(1, 2, 1000n), owes(2, 0, 1000n)]
    const { payment, equity } = cleared({ owes: ring, assets: [0n, 0n, 0n], liabilities: [300n, 0n, 0n] })
    expect([payment, equity]).toEqual([
      [0n, 0n, 0n],
      [-1300n, -1000n, -1000n],
    ])
  })

  test('external creditors come first; with equal priority they share', () => {
    const book = { owes: [owes(0, 1, 100n)], assets: [90n, 0n], liabilities: [80n, 0n] }
    expect(cleared(book).payment).toEqual([10n, 0n])
    expect(cleared(book, 'equal').payment).toEqual([50n, 0n])
  })

  test('a bank that has exactly what it owes pays, one cent less and it is short', () => {
    expect([...cleared({ owes: [owes(0, 1, 100n)], assets: [100n, 0n] }).short]).toEqual([0, 0])
    expect([...cleared({ owes: [owes(0, 1, 100n)], assets: [99n, 0n] }).short]).toEqual([1, 0])
    // A third of a yuan from each of three debtors is a yuan.
    const thirds = [0, 1, 2].flatMap((j) => [owes(j, 3, 100n), owes(j, 4, 200n)])
    expect([...cleared({ owes: [...thirds, owes(3, 4, 100n)], assets: [100n, 100n, 100n, 0n, 0n] }).short]).toEqual([1, 1, 1, 0, 0])
  })

  test('a ring kept up by a payment that is exact only as a fraction is not lost to rounding', () => {
    const ring = [owes(1, 2, 1000n), owes(2, 1, 1000n), owes(0, 1, 100n), owes(0, 3, 200n)]
    expect([...cleared({ owes: ring, assets: [100n, 0n, 0n, 0n], liabilities: [0n, 33n, 0n, 0n] }).short]).toEqual([1, 0, 0, 0])
    // Two thirds of a cent too little, and nothing is left of the ring.
    expect(cleared({ owes: ring, assets: [100n, 0n, 0n, 0n], liabilities: [0n, 34n, 0n, 0n] }).payment).toEqual([100n, 0n, 0n, 0n])
  })

  test('a bank nothing is known of pays in full and is not called short', () => {
    const { payment, short } = clear(
      new Lending(2, [owes(0, 1, 100n)]),
      { assets: [0n, 0n], liabilities: [0n, 0n], judged: Uint8Array.of(0, 1) },
      'external-first',
    )
    expect([payment, [...short]]).toEqual([
      [100n, 0n],
      [0, 0],
    ])
  })

  test('money that goes round a trillion times is followed to the cent', () => {
    const round = 10n ** 14n
    const { payment, capped } = cleared({ owes: [owes(0, 1, round), owes(1, 0, round), owes(0, 2, 100n)], assets: [0n, 50n, 0n] })
    const { payment: exact } = exactClearing(
      {
        owes: [
          [0n, round, 100n],
          [round, 0n, 0n],
          [0n, 0n, 0n],
        ],
        assets: [0n, 50n, 0n],
        liabilities: [0n, 0n, 0n],
        equity: [],
        judged: [true, true, true],
      },
      false,
    )
    expect([payment.map((p, i) => isRounded(p, exact[i] as Fraction)), capped]).toEqual([[true, true, true], 0])
  })

  test('a chain of failures longer than the largest system solved at once says that it was capped', () => {
    const size = MOST_SOLVED + 2
    const { payment, capped } = cleared({
      owes: Array.from({ length: size - 1 }, (_, i) => owes(i, i + 1, 1000n)),
      assets: Array.from({ length: size }, (_, i) => (i === 0 ? 400n : 0n)),
    })
    expect([payment.slice(0, -1).every((p) => p === 400n), capped]).toEqual([true, 1])
  })
})

const half = new Fraction(1n, 2n)
const isRounded = (amount: bigint, exact: Fraction) => {
  const off = exact.minus(new Fraction(amount))
  return off.compare(half) <= 0 && off.compare(new Fraction(-1n, 2n)) >= 0
}
const lendingOf = ({ owes: rows }: Banks) =>
  new Lending(
    rows.length,
    rows.flatMap((row, debtor) => row.map((amount, creditor) => ({ debtor, creditor, amount }))),
  )
const clearingOf = (banks: Banks, seniority: Seniority) =>
  clear(lendingOf(banks), { assets: banks.assets, liabilities: banks.liabilities, judged: Uint8Array.from(banks.judged, Number) }, seniority)
const seniority = fc.constantFrom<Seniority>('external-first', 'equal')

describe('random networks', () => {
  test('payments and equity are those of exact fictitious defaults, each within half a cent; who is short is the same', () => {
    fc.assert(
      fc.property(randomBanks(8), seniority, (banks, order) => {
        const [got, exact] = [clearingOf(banks, order), exactClearing(banks, order === 'equal')]
        got.payment.forEach((p, i) => expect(isRounded(p, exact.payment[i] as Fraction)).toBe(true))
        got.equity.forEach((e, i) => expect(isRounded(e, exact.equity[i] as Fraction)).toBe(true))
        expect([...got.short]).toEqual(exact.equity.map((e, i) => Number(banks.judged[i] === true && e.numerator < 0n)))
        expect(got.capped).toBe(0)
      }),
      { numRuns: graphs(300) },
    )
  })

  test('no clearing vector is greater: against all ways to pay in full, part or nothing', () => {
    fc.assert(
      fc.property(randomBanks(4), seniority, (banks, order) => {
        const greatest = exactClearing(banks, order === 'equal')
        const all = allClearings(banks, order === 'equal')
        expect(all.some(({ parts }) => parts.every((x, i) => x.compare(greatest.parts[i] as Fraction) === 0))).toBe(true)
        for (const { parts } of all) expect(parts.every((x, i) => x.compare(greatest.parts[i] as Fraction) <= 0)).toBe(true)
      }),
      { numRuns: graphs(100) },
    )
  })

  test('nobody pays more than it owes or less than nothing, and none of what it owes while it could pay more', () => {
    fc.assert(
      fc.property(randomBanks(8), seniority, (banks, order) => {
        const { payment, owed, equity, short } = clearingOf(banks, order)
        payment.forEach((p, i) => {
          expect(p >= 0n && p <= (owed[i] as bigint)).toBe(true)
          if (short[i] === 0) expect(p).toBe(owed[i])
          // External creditors first: who pays the banks anything has paid them all; short of cash by no more than it left unpaid.
          else if (order === 'external-first' && p > 0n) expectWithin((owed[i] as bigint) - p, -(equity[i] as bigint), 1n)
        })
      }),
      { numRuns: graphs(150) },
    )
  })

  test('no money is made or lost between banks: equity adds up to what came from outside less what was owed there, and what went unpaid', () => {
    fc.assert(
      fc.property(randomBanks(8), seniority, (banks, order) => {
        const { payment, owed, equity } = clearingOf(banks, order)
        const outside = sum(banks.assets) - sum(banks.liabilities)
        expectWithin(sum(equity), outside - (sum(owed) - sum(payment)), BigInt(banks.assets.length))
      }),
      { numRuns: graphs(150) },
    )
  })

  test('more external assets never make anyone pay less', () => {
    fc.assert(
      fc.property(randomBanks(8), seniority, fc.nat(7), fc.bigInt(1n, 10n ** 13n), (banks, order, who, more) => {
        const richer = { ...banks, assets: banks.assets.map((a, i) => (i === who % banks.assets.length ? a + more : a)) }
        const [before, after] = [clearingOf(banks, order), clearingOf(richer, order)]
        after.payment.forEach((p, i) => expect(p >= (before.payment[i] as bigint)).toBe(true))
      }),
      { numRuns: graphs(150) },
    )
  })

  test('one institution more or less that nobody deals with changes nothing for the others', () => {
    fc.assert(
      fc.property(randomBanks(7), seniority, (banks, order) => {
        const wider: Banks = {
          owes: [...banks.owes.map((row) => [...row, 0n]), banks.owes.map(() => 0n).concat(0n)],
          assets: [...banks.assets, 5n],
          liabilities: [...banks.liabilities, 7n],
          equity: [...banks.equity, 1n],
          judged: [...banks.judged, true],
        }
        const without = ({ payment, equity, short }: Clearing) => [payment, equity, [...short]].map((of) => of.slice(0, banks.assets.length))
        expect(without(clearingOf(wider, order))).toEqual(without(clearingOf(banks, order)))
      }),
      { numRuns: graphs(100) },
    )
  })
})

function sum(amounts: bigint[]): bigint {
  return amounts.reduce((a, b) => a + b, 0n)
}

function expectWithin(got: bigint, want: bigint, off: bigint): void {
  expect(got - want <= off && want - got <= off).toBe(true)
}
