import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TextColumn } from '../../contract/text.ts'
import { RowHashes } from './hash.ts'

const hash = (text: string) => {
  const out = new Uint32Array(4)
  new RowHashes()
    .open(0, 1)
    .texts(TextColumn.of([text]))
    .into(out, 4)
  return out
}

/** How many of the texts share these two words of their hash with another. */
function collisions(count: number, textOf: (n: number) => string, first: number, second: number): number {
  const seen = new Set<bigint>()
  for (let n = 0; n < count; n++) {
    const h = hash(textOf(n))
    seen.add((BigInt(h[first] ?? 0) << 32n) | BigInt(h[second] ?? 0))
  }
  return count - seen.size
}

describe('the hash that tells events apart', () => {
  const shapes: [string, (n: number) => string][] = [
    ['short ids that differ in their last digits', (n) => `/i/B/c\u0000l${n}`],
    ['ids whose difference lies in the middle', (n) => `/institutions/B${n}/core\u0000loan-1`],
    ['numbers alone', (n) => String(n)],
    ['long ones with a short tail', (n) => `${'x'.repeat(64)}${n}`],
  ]
  for (const [name, textOf] of shapes) {
    test(`no two of 400,000 share either half of it: ${name}`, () => {
      for (const [a, b] of [
        [0, 1],
        [2, 3],
        [0, 3],
      ] as const)
        expect(collisions(400_000, textOf, a, b)).toBe(0)
    })
  }

  test('zeros at the end are not nothing', () => {
    fc.assert(fc.property(fc.string(), (text) => hash(`${text}\u0000`).join() !== hash(text).join()))
  })

  test('one changed character changes about half of the bits of every word', () => {
    const flipped = [0, 0, 0, 0]
    for (let n = 0; n < 2000; n++) {
      const [a, b] = [hash(`/institutions/B0001/core\u0000e${n}a`), hash(`/institutions/B0001/core\u0000e${n}b`)]
      for (let w = 0; w < 4; w++) flipped[w] = (flipped[w] ?? 0) + ones((a[w] ?? 0) ^ (b[w] ?? 0))
    }
    for (const bits of flipped) expect(bits / 2000).toBeGreaterThan(15)
    for (const bits of flipped) expect(bits / 2000).toBeLessThan(17)
  })
})

function ones(x: number): number {
  let n = 0
  for (let bits = x >>> 0; bits !== 0; bits &= bits - 1) n++
  return n
}
