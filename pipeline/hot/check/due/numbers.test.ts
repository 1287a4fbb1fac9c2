import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Gap, Numbers } from './numbers.ts'

type Come = { n: number; tick: number }

/** What is between the lowest and the highest and has not come; missing since a lower and a higher one have. */
function missing(come: readonly Come[]): Gap[] {
  const least = (of: (n: number) => boolean) => Math.min(...come.filter((c) => of(c.n)).map((c) => c.tick))
  const numbers = come.map((c) => c.n)
  const gaps: Gap[] = []
  for (let n = Math.min(...numbers) + 1; n < Math.max(...numbers); n++) {
    if (numbers.includes(n)) continue
    const last = gaps.at(-1)
    const since = Math.max(
      least((m) => m < n),
      least((m) => m > n),
    )
    if (last !== undefined && last.to === BigInt(n - 1)) last.to = BigInt(n)
    else gaps.push({ from: BigInt(n), to: BigInt(n), since })
  }
  return gaps
}

const runOf = ([n, tick]: [number, number]): Come => ({ n, tick })

describe('the numbers of a stream', () => {
  test('whatever came in which tick: what is missing, since when, whether a gap arose or may have been filled', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 20 })), { minLength: 1, maxLength: 50 }), (drawn) => {
        const come = drawn.map(runOf).sort((a, b) => a.tick - b.tick || a.n - b.n)
        const numbers = new Numbers()
        come.forEach(({ n, tick }, i) => {
          const before = missing(come.slice(0, i))
          const { opened, filled } = numbers.take(BigInt(n), BigInt(n), tick)
          const after = missing(come.slice(0, i + 1))
          expect(numbers.gaps()).toEqual(after)
          expect(opened).toBe(after.some((g) => before.every((b) => g.from > b.to || g.to < b.from)))
          if (before.some((b) => b.from <= n && n <= b.to)) expect(filled).toBe(true)
          for (const gap of after) expect(numbers.has(gap)).toBe(false)
          expect(numbers.has({ from: BigInt(n), to: BigInt(n) })).toBe(true)
        })
      }),
      { numRuns: 300 },
    )
  })

  test('runs of numbers are the same as their numbers one by one', () => {
    const run = fc.record({ from: fc.integer({ min: 1, max: 60 }), length: fc.integer({ min: 1, max: 8 }), tick: fc.integer({ min: 0, max: 9 }) })
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 20 }), (runs) => {
        const [whole, single] = [new Numbers(), new Numbers()]
        for (const { from, length, tick } of runs.sort((a, b) => a.tick - b.tick || a.from - b.from)) {
          whole.take(BigInt(from), BigInt(from + length - 1), tick)
          for (let n = from; n < from + length; n++) single.take(BigInt(n), BigInt(n), tick)
        }
        expect(whole.runs).toEqual(single.runs)
      }),
    )
  })

  test('where there are gaps enough a new one is given up, and what would part one leaves it as it is', () => {
    const numbers = new Numbers(2)
    for (const n of [1n, 5n, 9n]) numbers.take(n, n, 0)
    expect(numbers.take(12n, 12n, 1)).toEqual({ opened: false, filled: true, givenUp: { from: 10n, to: 11n } })
    expect(numbers.take(3n, 3n, 2)).toMatchObject({ opened: false })
    expect(numbers.gaps()).toEqual([
      { from: 2n, to: 4n, since: 0 },
      { from: 6n, to: 8n, since: 0 },
    ])
    // With room again all is as before.
    numbers.take(2n, 4n, 3)
    expect(numbers.take(15n, 15n, 4)).toEqual({ opened: true, filled: false })
    expect(numbers.gaps().map((g) => g.from)).toEqual([6n, 13n])
  })
})
