import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Payments } from './payments.ts'
import { RoundTrips } from './round-trips.ts'
import { histories, runs, standing, type Step } from './testing/random-payments.ts'
import { slowTrips } from './testing/slow-trips.ts'

const FOREVER = 1e12

describe('against every cycle walked', () => {
  const shown = (few: number, steps: number, accounts: number) =>
    fc.assert(
      fc.property(histories(steps, 100, 150, accounts), (history) => {
        const { trips } = fed(history, { within: 50, keep: '0.8', maxHops: 6, visits: 1e9 })
        expect(allTrips(trips, history)).toEqual(
          slowTrips(standing(history), 50, 80n, 6).sort((a, b) => compare(a.closing, b.closing) || compare(a.account, b.account)),
        )
        expect(trips.capped).toBe(0)
      }),
      { numRuns: runs(few) },
    )

  test('after a few statements, corrections and deletions', { timeout: 3_600_000 }, () => shown(250, 40, 6))
  test('after many', { timeout: 3_600_000 }, () => shown(8, 200, 12))
})

function fed(history: readonly Step[], bounds: ConstructorParameters<typeof RoundTrips>[1]) {
  const payments = new Payments(FOREVER)
  const trips = new RoundTrips(payments, bounds)
  for (const { key, payment } of history) payments.set(key, payment)
  return { payments, trips }
}

function allTrips(trips: RoundTrips, history: readonly Step[]) {
  return [...standing(history).keys()]
    .sort(compare)
    .flatMap((key) => trips.closedBy(key))
    .map(({ closing, account, payments }) => ({ closing, account, payments }))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
