import fc from 'fast-check'
import type { Payment } from '../payment-record.ts'

/** A step of a random history: payment `key` is stated anew, or taken out. */
export type Step = { key: string; payment: Payment | undefined }

/** How many random histories a property is shown on: `LOOKTHROUGH_GRAPHS`, else as many as a test run has time for. */
export const runs = (few: number) => Number(process.env['LOOKTHROUGH_GRAPHS'] ?? few)

/** Payments among few accounts, within `span` ms, small enough to count coins; about half of them come in event order. */
export function histories(steps: number, span: number, keys: number, accounts: number): fc.Arbitrary<Step[]> {
  const account = fc.integer({ min: 0, max: accounts - 1 }).map((n) => `a${n}`)
  const payment = fc.record({
    e: fc.integer({ min: 0, max: span }),
    from: account,
    to: account,
    amount: fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 20, max: 24 })).map(BigInt),
    loan: fc.option(fc.constantFrom('L1', 'L2'), { nil: undefined, freq: 3 }),
    source: fc.constantFrom('/b1', '/b2'),
    isGone: fc.boolean(),
  })
  return fc
    .array(fc.record({ key: fc.integer({ min: 0, max: keys - 1 }), payment, inTurn: fc.boolean() }), { minLength: Math.ceil(steps * 0.8), maxLength: steps })
    .map((list) =>
      list.map(({ key, payment: p, inTurn }, i): Step => {
        if (p.isGone && i % 3 === 2) return { key: `p${key}`, payment: undefined }
        const e = inTurn ? Math.floor((i * span) / steps) : p.e
        const { loan, from, to, amount, source } = p
        return {
          key: `p${key}`,
          payment: { e, source, sequence: BigInt(i), id: `e${i}`, from, to, creditor: `of ${to}`, amount, ...(loan !== undefined && { loan }) },
        }
      }),
    )
}

/** The payments that stand after these steps. */
export function standing(steps: readonly Step[]): Map<string, Payment> {
  const left = new Map<string, Payment>()
  for (const { key, payment } of steps) {
    if (payment === undefined) left.delete(key)
    else left.set(key, payment)
  }
  return left
}
