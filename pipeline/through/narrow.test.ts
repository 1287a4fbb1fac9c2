import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Narrow } from './narrow.ts'

test('a column of numbers of any size gives back what was put in, and 0 where nothing was', () => {
  const numbers = fc.oneof(fc.nat(300), fc.nat(70_000), fc.nat(0xffff_ffff), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n))
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(19), numbers), { maxLength: 30 }), (puts) => {
      const [column, plain] = [new Narrow(20), Array.from({ length: 20 }, () => 0n)]
      for (const [i, value] of puts) {
        column.set(i, value)
        plain[i] = BigInt(value)
      }
      expect(plain.map((_, i) => BigInt(column.at(i)))).toEqual(plain)
    }),
  )
})
