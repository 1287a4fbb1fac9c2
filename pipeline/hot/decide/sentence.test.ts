import { expect, test } from 'vitest'
import { sentence } from './sentence.ts'

test('a sentence says ratios in percent, money in groups and prices without the zeros at their end', () => {
  const says = (text: string) => sentence({ zh: text, en: text }, { ratio: '0.0101', money: '1234567.00', price: '99.5000000000', exact: '1.2345678901' }).en
  expect(says('{ratio:percent} {money:money} {price:price} {exact:price} {price}')).toBe('1.01% 1,234,567.00 99.50 1.2345678901 99.5000000000')
  expect(says('{unknown:price}')).toBe('{unknown:price}')
})
