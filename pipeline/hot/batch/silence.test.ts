import { describe, expect, test } from 'vitest'
import { Ledger } from './ledger.ts'
import { carried } from './silence.ts'

const NOBODY = () => -Infinity

/** Three partitions with their watermarks, all read to offset 0. */
function ledgerOf(watermarks: number[]): Ledger {
  const ledger = new Ledger(
    watermarks.map((_, partition) => ({ topic: 'pay.payment', partition })),
    0,
  )
  watermarks.forEach((w, p) => ledger.observe(p, w, Number.NaN))
  return ledger
}

const brief = (records: { partition: number; watermark: number }[]) => records.map((r) => [r.partition, r.watermark])
const at = (partition: number, since: number) => ({ partition, nextOffset: 0, since })

describe('a silent partition', () => {
  test('is carried to the lowest watermark of those that speak after two seconds, and not before', () => {
    const ledger = ledgerOf([1000, 9000, 8000])
    expect(carried(ledger, [at(0, 0)], 1999, NOBODY)).toEqual([])
    expect(brief(carried(ledger, [at(0, 0)], 2000, NOBODY))).toEqual([[0, 8000]])
    expect(carried(ledger, [at(0, 0), at(1, 0), at(2, 0)], 2000, NOBODY)).toEqual([])
  })

  test('is carried at once where all who report in it have vouched for more than that', () => {
    const ledger = ledgerOf([1000, 9000, 8000])
    expect(brief(carried(ledger, [at(0, 0)], 10, () => 8001))).toEqual([[0, 8000]])
    expect(carried(ledger, [at(0, 0)], 10, () => 8000)).toEqual([])
  })

  test('is carried with others that lag, as far as the word of each of them goes', () => {
    const ledger = ledgerOf([1000, 2000, 8000])
    const both = [at(1, 0), at(0, 0)]
    expect(brief(carried(ledger, both, 10, () => 9000))).toEqual([
      [1, 8000],
      [0, 8000],
    ])
    expect(brief(carried(ledger, both, 10, (p) => (p === 0 ? 3000 : 9000)))).toEqual([[0, 2000]])
    expect(carried(ledger, both, 10, (p) => (p === 0 ? 1500 : 9000))).toEqual([])
    // Someone has to speak: the last one is never carried by words alone.
    expect(brief(carried(ledger, [...both, at(2, 0)], 10, () => 9000))).toEqual([
      [1, 8000],
      [0, 8000],
    ])
  })

  test('is left alone while what was read of it has not been judged', () => {
    expect(carried(ledgerOf([1000, 9000]), [{ partition: 0, nextOffset: 3, since: 0 }], 5000, NOBODY)).toEqual([])
  })
})
