import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Fans } from './fans.ts'
import { Payments } from './payments.ts'
import { histories, runs } from './testing/random-payments.ts'

const [KEEP, WITHIN] = [60, 50]

test('what leads out of an account and into it is what a walk along its lists finds, after every statement, correction, deletion and leap in time', () => {
  fc.assert(
    fc.property(histories(60, 100, 40, 6), fc.array(fc.integer({ min: 0, max: 59 }), { maxLength: 3 }), (history, leaps) => {
      const payments = new Payments(KEEP)
      const fans = new Fans(payments, WITHIN)
      payments.read(fans)
      for (const [i, { key, payment }] of history.entries()) {
        const later = leaps.filter((at) => at <= i).length * 2 * WITHIN
        payments.set(key, payment && { ...payment, e: payment.e + later })
        expect(counted(payments, fans)).toEqual(walked(payments, fans.since))
      }
    }),
    { numRuns: runs(200) },
  )
})

function counted(payments: Payments, fans: Fans): number[][] {
  return Array.from({ length: payments.accounts.size }, (_, account) => [fans.out(account), fans.into(account)])
}

function walked(payments: Payments, since: number): number[][] {
  return Array.from({ length: payments.accounts.size }, (_, account) => {
    let [out, into] = [0, 0]
    for (let q = payments.lastOutSince(account, since); q !== 0; q = payments.beforeOutSince(q, since)) out++
    for (let q = payments.lastInSince(account, since); q !== 0; q = payments.beforeInSince(q, since)) into++
    return [out, into]
  })
}
