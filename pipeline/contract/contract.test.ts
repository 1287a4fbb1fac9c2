import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  alertId,
  canonicalJson,
  digestOf,
  divideHalfEven,
  formatDecimal,
  parseDecimal,
  parseDuration,
  parseTime,
  ratioText,
  shanghaiDay,
  withParameters,
} from './index.ts'
import { count, defineRule, duration, ratio } from './rule.ts'

describe('money', () => {
  test('decimals survive the way in and out at any scale', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.integer({ min: 0, max: 20 }), (units, scale) => {
        expect(parseDecimal(formatDecimal(units, scale), scale)).toBe(units)
      }),
    )
  })

  test('halves are rounded to even, on both sides of zero', () => {
    expect([5n, 15n, 25n, -5n, -15n, -25n].map((n) => divideHalfEven(n, 10n))).toEqual([0n, 2n, 2n, 0n, -2n, -2n])
    expect(ratioText(100005n, 1000000n)).toBe('0.1000')
    expect(ratioText(100015n, 1000000n)).toBe('0.1000')
    expect(ratioText(100150n, 1000000n)).toBe('0.1002')
  })

  test('what is no plain decimal, or too fine, is refused', () => {
    for (const text of ['1,000.00', '12x.00', '', '.5', '1.', '1e3', '+1', ' 1', '0x10', 'NaN']) expect(parseDecimal(text, 2)).toBeUndefined()
    expect(parseDecimal('1.001', 2)).toBeUndefined()
  })
})

describe('time', () => {
  test('RFC 3339 with any offset and fraction is an instant; anything else is not', () => {
    expect(parseTime('2026-03-02T09:00:00.5+08:00')).toBe(Date.UTC(2026, 2, 2, 1, 0, 0, 500))
    expect(parseTime('2028-02-29T00:00:00Z')).toBe(Date.UTC(2028, 1, 29))
    for (const text of ['2026-13-02T01:00:05Z', '2026-02-29T00:00:00Z', '2026-03-02', '2026-03-02T24:00:00Z', '2026-03-02T01:00:00', 'now'])
      expect(parseTime(text)).toBeUndefined()
  })

  test('every instant Date can print is read back', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (date) => parseTime(date.toISOString()) === date.getTime(),
      ),
    )
  })

  test('a Shanghai day begins at 16:00 UTC', () => {
    expect(shanghaiDay(Date.UTC(2026, 2, 2, 15, 59))).toBe(Date.UTC(2026, 2, 1, 16))
    expect(shanghaiDay(Date.UTC(2026, 2, 2, 16))).toBe(Date.UTC(2026, 2, 2, 16))
  })

  test('durations have a unit', () => {
    expect([parseDuration('30s'), parseDuration('10min'), parseDuration('5d'), parseDuration('5')]).toEqual([30_000, 600_000, 432_000_000, undefined])
  })
})

describe('alerts', () => {
  test('the id is that of the contract: sha256 over code, institution, subject and start', () => {
    expect(alertId('CR-01', 'B0001', { kind: 'party', id: 'P1' }, '2026-03-02T01:00:00.000Z')).toMatch(/^A-[0-9a-f]{20}$/)
    expect(alertId('OP-01', 'B', { kind: 'party', id: 'P', part: 'in' }, 'x')).not.toBe(alertId('OP-01', 'B', { kind: 'party', id: 'P' }, 'x'))
  })

  test('canonical JSON does not depend on the order of keys, and the digest not on the order of revisions or on positions', () => {
    expect(canonicalJson({ b: 1, a: [{ d: null, c: undefined }] })).toBe('{"a":[{"d":null}],"b":1}')
    const alert = (at: string, positions?: { topic: string; partition: number; offset: number }[]) =>
      ({
        at,
        rule: { code: 'X' },
        institution: 'I',
        subject: { kind: 'k', id: 's' },
        id: at,
        revision: 1,
        ...(positions && { positions }),
      }) as unknown as Parameters<typeof digestOf>[0][number]
    expect(digestOf([alert('2'), alert('1')])).toBe(digestOf([alert('1'), alert('2', [{ topic: 't', partition: 0, offset: 1 }])]))
  })
})

describe('a rule', () => {
  const rule = defineRule({
    kind: 'window',
    code: 'XX-01',
    id: 'test/rule',
    version: '1.0.0',
    title: { zh: '', en: '' },
    law: [{ act: 'a', article: '1', inForce: '2020-01-01', verified: false }],
    reads: 'pay.payment',
    parameters: { n: count(3, 1, 10), size: duration('1h'), share: ratio('0.10') },
    window: { size: 'size', every: 'size', per: 'creditorAccount', early: false },
    measures: {},
    when: 'true',
    threshold: ':n',
    severity: 'blue',
    subject: { kind: 'account', id: 'creditorAccount' },
    says: { zh: '', en: '' },
    advice: { zh: '', en: '' },
    disclosure: 'supervisor',
    gaps: [{ zh: '无', en: 'none' }],
  })

  test('is checked against its schema, and says what is wrong with it', () => {
    expect(() => defineRule({ ...rule, code: 'x1' })).toThrow('rule x1 (test/rule): /code')
    expect(() => defineRule({ ...rule, law: [] })).toThrow('/law')
    expect(() => defineRule({ ...rule, reads: 'pay.nothing' as 'pay.payment' })).toThrow('/reads')
    expect(() => defineRule({ ...rule, window: { ...rule.window, size: 'n' } })).toThrow('window names no duration parameter: n')
  })

  test('takes parameters within their bounds and says what is wrong with others', () => {
    expect(withParameters(rule, { n: '5', size: '2h' })).toMatchObject({ parameters: { n: { value: 5 }, size: { value: '2h' } } })
    expect(withParameters(rule, { n: '11' })).toBe('XX-01.n: 11 is not a whole number from 1 to 10')
    expect(withParameters(rule, { size: '2 hours' })).toContain('is not a duration')
    expect(withParameters(rule, { nope: '1' })).toContain('has no parameter nope')
  })
})
