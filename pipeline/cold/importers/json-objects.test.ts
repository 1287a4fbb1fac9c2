import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonObjects } from './json-objects.ts'

const split = async (text: string, size: number) => {
  const bytes = Buffer.from(text)
  const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
  const found: unknown[] = []
  for await (const object of jsonObjects(chunks as unknown as AsyncIterable<Uint8Array>)) found.push(JSON.parse(object))
  return found
}

test('any objects come out of a list or of lines as they went in, however the bytes are cut', async () => {
  const objects = fc.array(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()), { maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(objects, fc.integer({ min: 1, max: 40 }), async (list, size) => {
      const expected = JSON.parse(JSON.stringify(list)) as unknown
      expect(await split(`\uFEFF${JSON.stringify(list, null, 1)}`, size)).toEqual(expected)
      expect(await split(list.map((o) => `${JSON.stringify(o)}\n`).join(''), size)).toEqual(expected)
    }),
  )
})

test('what ends too early or stands between objects is an error', async () => {
  await expect(split('[{"a":1}', 3)).rejects.toThrow('it ends too early')
  await expect(split('{"a":"}', 3)).rejects.toThrow('it ends too early')
  await expect(split('{"a":1} oops', 99)).rejects.toThrow('between its objects stands "oops"')
  await expect(split('{"a":1}}', 99)).rejects.toThrow('between its objects stands "}"')
  await expect(split(`{"a":"${'x'.repeat(17 << 20)}"}`, 1 << 20)).rejects.toThrow('longer than 16 MiB')
})
