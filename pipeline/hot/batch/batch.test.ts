import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Duplicates } from './duplicates.ts'
import { Ledger } from './ledger.ts'

const key = (n: number) => Uint32Array.from([n * 4096, n, n, n])
const content = (n: number) => Uint32Array.from([n, n])

describe('duplicates', () => {
  test('tell new, repeated and contradicting events apart, as a plain map would', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 200 }), fc.nat({ max: 1 })), { maxLength: 3000 }), (events) => {
        const [ours, plain] = [new Duplicates(), new Map<number, number>()]
        for (const [id, version] of events) {
          const known = plain.get(id)
          expect(ours.see(key(id), content(version), 0)).toBe(known === undefined ? 'new' : known === version ? 'duplicate' : 'conflict')
          if (known === undefined) plain.set(id, version)
        }
      }),
      { numRuns: 50 },
    )
  })

  test('remember at least half their capacity of the latest events, and forget the oldest', () => {
    const ours = new Duplicates(20_000)
    for (let n = 0; n < 25_000; n++) ours.see(key(n), content(1), 0)
    for (let n = 15_000; n < 25_000; n++) expect(ours.see(key(n), content(1), 0)).toBe('duplicate')
    expect(ours.see(key(0), content(2), 0)).toBe('new')
    expect(ours.generation).toBe(2)
  })
})

describe('the ledger', () => {
  const two = () =>
    new Ledger([
      { topic: 'credit.loan', partition: 0 },
      { topic: 'credit.loan', partition: 1 },
      { topic: 'pay.payment', partition: 0 },
    ])

  test('a watermark trails the highest min(order time, Kafka timestamp) by five seconds and never falls', () => {
    const ledger = two()
    ledger.observe(0, 100_000, Number.NaN)
    expect(ledger.watermark(0)).toBe(95_000)
    ledger.observe(0, 99_000, Number.NaN)
    ledger.observe(0, 900_000, 120_000)
    expect(ledger.watermark(0)).toBe(115_000)
  })

  test('the horizon is the highest tick strictly below the lowest watermark of the partitions that carry the types', () => {
    const ledger = two()
    ledger.observe(0, 105_000, Number.NaN)
    expect(ledger.horizon(['credit.loan'])).toBe(-Infinity)
    ledger.observe(1, 106_500, Number.NaN)
    expect(ledger.horizon(['credit.loan'])).toBe(99_000)
    ledger.observe(0, 105_001, Number.NaN)
    expect(ledger.horizon(['credit.loan'])).toBe(100_000)
    expect(ledger.horizon(['credit.loan', 'pay.payment'])).toBe(-Infinity)
    ledger.at(2).ended = true
    expect(ledger.horizon(['credit.loan', 'pay.payment'])).toBe(100_000)
  })

  test('a control record raises a partition from its offset on, whenever it is read', () => {
    const ledger = two()
    ledger.control({ topic: 'credit.loan', partition: 0, nextOffset: 3, watermark: 50_000 })
    ledger.advance(0, 1)
    expect(ledger.watermark(0)).toBe(-Infinity)
    ledger.advance(0, 2)
    ledger.settle()
    expect(ledger.watermark(0)).toBe(50_000)
    ledger.control({ topic: 'credit.loan', partition: 0, nextOffset: 1, watermark: 40_000 })
    expect(ledger.watermark(0)).toBe(50_000)
  })
})
