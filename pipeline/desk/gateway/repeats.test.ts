import { expect, test } from 'vitest'
import { LIMITS } from './limits.ts'
import { Repeats } from './repeats.ts'

test('a key is forgotten after 24 hours, and the oldest before that where there are too many', () => {
  let now = 0
  const repeats = new Repeats({ now: () => now })
  const isRepeat = (key: string, body = 'body') => {
    const attempt = repeats.begin('user', key, [body], 1)
    attempt.keep()
    return attempt.isRepeat
  }
  expect([isRepeat('a'), isRepeat('a')]).toEqual([false, true])
  now = LIMITS.keepKeyMs - 1
  expect(isRepeat('a')).toBe(true)
  now = LIMITS.keepKeyMs
  expect(isRepeat('a', 'another body')).toBe(false)
  for (let i = 0; i < LIMITS.keys + 100; i++) isRepeat(`k${i}`)
  expect(repeats.size).toBeLessThanOrEqual(LIMITS.keys)
  expect([isRepeat(`k${LIMITS.keys + 99}`), isRepeat('k0')]).toEqual([true, false])
})

test('what is in hand is not forgotten, however long it takes', () => {
  let now = 0
  const repeats = new Repeats({ now: () => now })
  repeats.begin('user', 'slow', ['body'], 1)
  now = LIMITS.keepKeyMs * 2
  expect(() => repeats.begin('user', 'slow', ['body'], 2)).toThrow(expect.objectContaining({ code: 'LT-2154' }))
})
