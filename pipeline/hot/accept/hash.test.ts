import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TextColumn } from '../../contract/text.ts'
import { RowHashes, ROWS_AT_ONCE } from './hash.ts'

/** Four words for each text. */
function hashesOf(texts: Iterable<string>): Uint32Array {
  const column = TextColumn.of(texts)
  const out = new Uint32Array(column.count * 4)
  const hashes = new RowHashes()
  for (let from = 0; from < column.count; from += ROWS_AT_ONCE)
    hashes
      .open(from, Math.min(column.count, from + ROWS_AT_ONCE))
      .texts(column)
      .into(out, 4)
  return out
}

const hash = (text: string) => hashesOf([text])

/** How many share these two words of their hash with another. */
function collisions(hashes: Uint32Array, first: number, second: number): number {
  const halves = Uint32Array.from({ length: hashes.length / 2 }, (_, k) => hashes[(k >> 1) * 4 + (k % 2 === 0 ? first : second)] ?? 0)
  const sorted = new BigUint64Array(halves.buffer).sort()
  return sorted.reduce((n, half, k) => (k > 0 && half === sorted[k - 1] ? n + 1 : n), 0)
}

function* many(count: number, textOf: (n: number) => string): Generator<string> {
  for (let n = 0; n < count; n++) yield textOf(n)
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
      const hashes = hashesOf(many(400_000, textOf))
      for (const [a, b] of [
        [0, 1],
        [2, 3],
        [0, 3],
      ] as const)
        expect(collisions(hashes, a, b)).toBe(0)
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
