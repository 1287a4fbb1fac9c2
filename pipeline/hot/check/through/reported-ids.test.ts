import fc from 'fast-check'
import { expect, test } from 'vitest'
import { spanOf } from '../../../through/payment-record.ts'
import { ReportedIds } from './reported-ids.ts'

test('an id is repeated where its last report lies no longer back than the term, however many came and went between', () => {
  const report = fc.record({ id: fc.nat(40), after: fc.nat(6) })
  fc.assert(
    fc.property(fc.array(report, { maxLength: 400 }), fc.nat(60), (reports, within) => {
      const ids = new ReportedIds(within)
      const last = new Map<number, number>()
      let e = 0
      for (const { id, after } of reports) {
        e += after
        const isRepeated = e - (last.get(id) ?? Number.NEGATIVE_INFINITY) <= within
        expect(ids.isRepeated(spanOf(`payment ${id}`), e)).toBe(isRepeated)
        last.set(id, e)
      }
    }),
  )
})
