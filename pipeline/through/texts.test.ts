import { expect, test } from 'vitest'
import { Texts } from './texts.ts'

test('each place keeps its last text, whatever is replaced and taken out meanwhile', () => {
  const [texts, kept] = [new Texts(), new Map<number, string>()]
  for (let n = 0; n < 20_000; n++) {
    const place = (n * 7919) % 1000
    const text = `单位 ${n} `.repeat(n % 5)
    if (n % 11 === 0) {
      texts.delete(place)
      kept.set(place, '')
    } else {
      texts.set(place, text)
      kept.set(place, text)
    }
  }
  expect([...kept].map(([place]) => texts.at(place))).toEqual([...kept.values()])
  // 1,000 texts of at most 70 bytes are left of 20,000.
  expect(texts.bytes.length).toBeLessThan(300_000)
})
