import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TextColumn } from '../../contract/text.ts'
import { RowHashes, ROWS_AT_ONCE } from './hash.ts'

const hashes = new RowHashes()

/** Four words for each text. */
function hashesOf(texts: Iterable<string>): Uint32Array {
  const column = TextColumn.of(texts)
  const out = new Uint32Array(column.count * 4)
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

  test('it is the one by which logs on disk know their events', () => {
    const out = new Uint32Array(12)
    hashes
      .open(0, 3)
      .texts(TextColumn.of(['', 'pay-1', null]))
      .texts(TextColumn.of(['某某银行', 'urn:bank:B0001', 'x']))
      .words(Int32Array.of(-7, 0, 5), Uint8Array.of(1, 0, 1))
      .words(Uint8Array.of(0, 1, 2))
      .pairs(Int32Array.of(1, 2, 3, 4, 5, 6))
      .stated(Float64Array.of(Number.NaN, 1772413200000, 0))
      .into(out, 4)
    const known = [
      0x2f67ceb9, 0x5411fb5e, 0xcf436888, 0x56c6b460, 0x657a196e, 0x73f0a55c, 0x7e6bc0fd, 0x69c9b9a3, 0x829aa735, 0x49da9985, 0xe6a59791, 0x9a44bf3a,
    ]
    expect([...out]).toEqual(known)
  })

  test('texts too large to be hashed with their neighbours have the hash they have alone', () => {
    const texts = ['a', 'b'.repeat(150_000), 'c', 'd'.repeat(150_001), 'e'.repeat(700_000), 'f', '']
    expect([...hashesOf(texts)]).toEqual(texts.flatMap((text) => [...hash(text)]))
  })

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
