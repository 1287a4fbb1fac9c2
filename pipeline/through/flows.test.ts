import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MoneyTrace } from './flows.ts'
import { type Payment, Payments } from './payments.ts'
import { METHODS } from './taint.ts'
import { histories, runs, standing, type Step } from './testing/random-payments.ts'
import { slowTaint } from './testing/slow-taint.ts'

const FOREVER = 1e12

describe('against every coin moved by hand', () => {
  const bounds = { horizon: 60, hops: 3, accounts: 100, returnWithin: 20 }
  const accounts = { L1: 'a0', L2: 'a1' }

  test('after any statements, corrections and deletions: amounts to the minor unit, hops, first times, and what is where', { timeout: 3_600_000 }, () => {
    fc.assert(
      fc.property(histories(200, 100, 120, 6), fc.integer({ min: 1, max: 40 }), (steps, every) => {
        const { payments, trace } = engine(bounds, accounts)
        steps.forEach((step, i) => {
          payments.set(step.key, step.payment)
          if (i % every === 0) trace.changed()
        })
        expect(tracesOf(trace)).toEqual(slowTraces(steps, bounds, accounts))
      }),
      { numRuns: runs(100) },
    )
  })
})

function engine(bounds: ConstructorParameters<typeof MoneyTrace>[1], accounts: Record<string, string>, keep = FOREVER) {
  const payments = new Payments(keep)
  const trace = new MoneyTrace(payments, bounds)
  for (const [loan, account] of Object.entries(accounts)) trace.set(loan, { account })
  return { payments, trace }
}

function tracesOf(trace: MoneyTrace) {
  return ['L1', 'L2'].map((loan) => ({
    reached: trace.reached(loan).map(({ method, account, amount, hops, first }) => ({ method, account, amount, hops, first })),
    where: METHODS.slice(0, 3).map((method) => {
      const { drawn, held, lapsed, beyond } = trace.whereabouts(loan, method)
      return { drawn, stays: held + lapsed, beyond }
    }),
  }))
}

function slowTraces(steps: Step[], bounds: { horizon: number; hops: number }, accounts: Record<string, string>) {
  const log: Payment[] = [...standing(steps).values()]
  return Object.entries(accounts).map(([id, account]) => {
    const slow = METHODS.map((method) => ({ method, ...slowTaint(log, { id, account }, method, bounds.horizon, bounds.hops) }))
    return {
      reached: slow.flatMap(({ method, reached }) =>
        [...reached].sort(([a], [b]) => (a < b ? -1 : 1)).map(([where, { amount, hops, first }]) => ({ method, account: where, amount, hops, first })),
      ),
      where: slow.slice(0, 3).map(({ drawn, where, beyond }) => ({ drawn, stays: where, beyond })),
    }
  })
}
