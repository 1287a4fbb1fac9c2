import { expect, test } from 'vitest'
import { age, clockTime, compact, distance, fill, grouped, isMoney, percent } from './format.ts'

test('an amount beyond the exact range of a float keeps every digit', () => {
  expect(grouped('123456789012345678.91')).toBe('123,456,789,012,345,678.91')
  expect(grouped('-1234.50')).toBe('-1,234.50')
  expect(grouped('***')).toBe('***')
})

test('amounts are rounded to 万 and 亿 in Chinese, to m and bn in English, for reading only', () => {
  expect(['6530000000.00', '77457777.00', '9999.00', '99999999.99', '1280000000000.00'].map((a) => compact(a, 'zh'))).toEqual([
    '65.30亿',
    '7745.78万',
    '9999',
    '1.00亿',
    '1.28万亿',
  ])
  expect(compact('6530000000.00', 'en')).toBe('6.53bn')
})

test('ratios are shown in percent, rounded half to even', () => {
  expect(['0.1320', '0.17425', '1', '0.000051', 'x'].map(percent)).toEqual(['13.20%', '17.42%', '100.00%', '0.01%', 'x'])
})

test('the distance to a limit is told in percentage points, and at the limit one is not over it', () => {
  expect(distance('0.1742', '0.15')).toEqual({ points: '2.42', over: true })
  expect(distance('0.15', '0.1500')).toEqual({ points: '0.00', over: false })
  expect(distance('0.1216', '0.15')).toEqual({ points: '2.84', over: false })
  expect(distance('loss', '0.15')).toBeUndefined()
})

test('only numbers fill a bar, and nothing is divided by zero', () => {
  expect(fill('12', '8')).toBe(1.5)
  expect(fill('normal', 'loss')).toBeUndefined()
  expect(fill('1', '0')).toBeUndefined()
})

test('times are shown in UTC+8, whatever the zone of the machine', () => {
  expect(clockTime('2026-03-01T23:30:05.118Z')).toBe('03-02 07:30:05')
  expect(clockTime('2026-12-31T16:00:00Z', true)).toBe('2027-01-01 00:00:00')
  expect(clockTime('soon')).toBe('soon')
})

test('money is what has two decimals', () => {
  expect(['132.00', '0.1320', '8', '-5.10'].map(isMoney)).toEqual([true, false, false, true])
})

test('an age is told in seconds, minutes or hours', () => {
  expect([400, 89_000, 120_000, 7_200_000].map(age)).toEqual([
    { name: 'age.seconds', n: 0 },
    { name: 'age.seconds', n: 89 },
    { name: 'age.minutes', n: 2 },
    { name: 'age.hours', n: 2 },
  ])
})
