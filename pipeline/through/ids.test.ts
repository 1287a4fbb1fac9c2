import { expect, test } from 'vitest'
import { TextColumn } from '../contract/text.ts'
import { Ids } from './ids.ts'
import { TextIndex } from './text-index.ts'

test('a name has one number, whether it comes as a string or as bytes, alone or among others', () => {
  const [ids, names] = [new Ids(), Array.from({ length: 5000 }, (_, n) => `单位 ${n}`.repeat(1 + (n % 30)))]
  const even = names.filter((_, n) => n % 2 === 0)
  const numbers = even.map((name) => ids.of(name))
  expect(numbers).toEqual(even.map((_, n) => n))
  const all = ids.ofAll(TextColumn.of(names.flatMap((name) => [name, name])))
  expect([...all]).toEqual(names.flatMap((name) => [ids.of(name), ids.of(name)]))
  expect([ids.size, new Set(all).size]).toEqual([5000, 5000])
  expect(names.map((name) => ids.text(ids.find(name) ?? -1))).toEqual(names)
  expect(ids.find('')).toBeUndefined()
  expect(() => ids.text(5000)).toThrow(RangeError)
})

test('texts are found until they are taken out, and others take their numbers', () => {
  const [index, kept] = [new TextIndex(), new Map<string, number>()]
  index.addAll(1, TextColumn.of(Array.from({ length: 1000 }, (_, n) => `O${n}`)))
  for (let n = 0; n < 1000; n++) kept.set(`O${n}`, n + 1)
  for (let n = 0; n < 20_000; n++) {
    const [old, fresh] = [`O${(n * 7919) % 1000}`, `N${(n * 104_729) % 3000}`]
    const number = kept.get(old)
    if (number === undefined || kept.has(fresh)) continue
    index.delete(number)
    kept.delete(old)
    expect(index.numberOfText(fresh, number)).toBe(number)
    kept.set(fresh, number)
  }
  expect(index.size).toBe(1000)
  for (const [text, number] of kept) expect([index.find(text), index.text(number)]).toEqual([number, text])
  for (let n = 0; n < 1000; n++) expect(index.find(`O${n}`)).toBe(kept.get(`O${n}`) ?? 0)
})
