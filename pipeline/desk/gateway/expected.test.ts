import type { TSchema } from 'typebox'
import { expect, test } from 'vitest'
import { EVENT_TYPES, Envelope, STREAMS } from '../../contract/index.ts'
import { expectedOf } from './expected.ts'

type Node = { properties?: Record<string, TSchema>; items?: TSchema }

const pointersOf = (node: Node, at: string): string[] => [
  ...(at === '' ? [] : [at]),
  ...Object.entries(node.properties ?? {}).flatMap(([name, inner]) => pointersOf(inner as Node, `${at}/${name}`)),
  ...(node.items === undefined ? [] : pointersOf(node.items as Node, `${at}/0`)),
]

test('there are words, in both languages, for every place an event can be wrong at', () => {
  const wordless = EVENT_TYPES.flatMap((type) =>
    pointersOf({ properties: { ...Envelope.properties, data: STREAMS[type].data } }, '').filter((pointer) =>
      (['zh', 'en'] as const).some((language) => {
        const words = expectedOf('schema', pointer, type, language)
        return words === undefined || words === '' || words.includes('{')
      }),
    ),
  )
  expect(wordless).toEqual([])
  expect(expectedOf('schema', '/data/lines/3/value', 'product.holding', 'en')).toContain('amount as decimal text')
  expect(expectedOf('schema', '/data/constructor', 'product.holding', 'en')).toBeUndefined()
})
