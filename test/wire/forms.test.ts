import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EVENT_TYPES } from '../../pipeline/contract/index.ts'
import { decoder } from '../../pipeline/hot/accept/decode.ts'
import { anyEvent } from './events.ts'
import { anyCut, messagesOf, rawOf } from './forms.ts'
import { toldColumns } from './told.ts'

test('events of every type give the same columns, whatever the form of each message', () => {
  fc.assert(
    fc.property(
      fc.array(anyEvent(), { minLength: 1, maxLength: 40 }),
      fc.array(anyCut(12), { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      (events, cuts, keepJson) => {
        const one = messagesOf(events, [{ ...(cuts[0] as (typeof cuts)[0]), form: 'event' }])
        const expected = decoder({ keepJson })(rawOf(one))
        expect(expected.dead).toEqual([])
        const decoded = decoder({ keepJson })(rawOf(messagesOf(events, cuts)))
        expect(decoded.dead).toEqual([])
        expect(toldColumns(decoded)).toEqual(toldColumns(expected))
      },
    ),
    { numRuns: 150 },
  )
})

test('every type is among what is drawn, in the fast way and the slow one', () => {
  const drawn = fc.sample(anyEvent(), { numRuns: 500, seed: 1 })
  expect(new Set(drawn.map((e) => e.type))).toEqual(new Set(EVENT_TYPES))
})
