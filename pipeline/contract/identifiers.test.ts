import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isCurrency, isIsin, isLei, isUscc, wrongIdentifier } from './identifiers.ts'

/** Any other character in the place of one. */
function withOther(code: string, place: number, characters: string): string[] {
  return Array.from(characters)
    .filter((c) => c !== code[place])
    .map((c) => code.slice(0, place) + c + code.slice(place + 1))
}

describe('LEI, ISO 17442', () => {
  // GLEIF's own; Bank of Nova Scotia, British Broadcasting Corporation, Jaguar Land Rover and G.E. Financing, all as on search.gleif.org.
  const published = ['506700GE1G29325QX363', 'L3I9ZG2KFGXZ61BMYR72', '5493000IBP32UQZ0KL24', '213800WSGIIZCXF1P572', '54930084UKLVMY22DS16']
  const DIGITS = '0123456789'
  const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'

  test.each(published)('%s is one', (lei) => {
    expect(isLei(lei)).toBe(true)
  })

  test('with one digit or letter in place of another, or two of them in a row exchanged, it is none', () => {
    for (const lei of published)
      for (let i = 0; i < lei.length; i++) {
        const like = DIGITS.includes(lei.charAt(i)) ? DIGITS : LETTERS
        for (const other of withOther(lei, i, like)) expect(isLei(other), other).toBe(false)
        const next = lei.charAt(i + 1)
        if (next === '' || next === lei[i] || !like.includes(next)) continue
        const swapped = lei.slice(0, i) + next + lei.charAt(i) + lei.slice(i + 2)
        expect(isLei(swapped), swapped).toBe(false)
      }
  })

  test('small letters, blanks and other lengths are none', () => {
    for (const text of ['506700ge1g29325qx363', ' 506700GE1G29325QX363', '506700GE1G29325QX36', '506700GE1G29325QX3630', ''])
      expect(isLei(text), text).toBe(false)
  })
})

describe('统一社会信用代码, GB 32100-2015', () => {
  // The standard's own example; ICBC, Bank of China, Bank of Communications, China Merchants Bank, PetroChina, Sinopec, Tsinghua, as in public registers.
  const published = [
    '91350100M000100Y43',
    '91100000100003962T',
    '911000001000013428',
    '9131000010000595XD',
    '9144030010001686XA',
    '91110000710925462X',
    '91110000710926094P',
    '12100000400000624D',
  ]

  test.each(published)('%s is one', (uscc) => {
    expect(isUscc(uscc)).toBe(true)
  })

  test('with one character changed it is none', () => {
    for (const uscc of published)
      for (let i = 0; i < uscc.length; i++)
        for (const other of withOther(uscc, i, '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ')) expect(isUscc(other), other).toBe(false)
  })

  test('whatever comes before it, exactly one check character fits, a 0 no less than any other', () => {
    const characters = Array.from('0123456789ABCDEFGHJKLMNPQRTUWXY')
    const character = fc.constantFrom(...characters)
    const front = fc.tuple(fc.array(character, { minLength: 2, maxLength: 2 }), fc.nat(999_999), fc.array(character, { minLength: 9, maxLength: 9 }))
    const fitting = new Set<string>()
    fc.assert(
      fc.property(front, ([office, region, body]) => {
        const first = `${office.join('')}${String(region).padStart(6, '0')}${body.join('')}`
        const fits = characters.filter((c) => isUscc(first + c))
        fits.forEach((c) => fitting.add(c))
        return fits.length === 1
      }),
      { numRuns: 2000 },
    )
    expect([...fitting].sort()).toEqual(characters)
  })
})

describe('ISIN, ISO 6166', () => {
  // Apple, Treasury Corporation of Victoria, BAE Systems, Bayer, ICBC and Kweichow Moutai A shares, as their numbering agencies publish them.
  test.each(['US0378331005', 'AU0000XVGZA3', 'GB0002634946', 'DE000BAY0017', 'CNE000001P37', 'CNE0000018R8'])('%s is one', (isin) => {
    expect(isIsin(isin)).toBe(true)
  })

  test.each(['US0378331006', 'US0373831005', 'us0378331005', 'US037833100', '0378331005'])('%s is none', (text) => {
    expect(isIsin(text)).toBe(false)
  })
})

test('currencies are those of ISO 4217 in force, metals and what came lately among them, in capitals', () => {
  for (const code of ['CNY', 'USD', 'HKD', 'EUR', 'JPY', 'XAU', 'XDR', 'SLE', 'XCG', 'ZWG']) expect(isCurrency(code), code).toBe(true)
  for (const code of ['RMB', 'CNH', 'DEM', 'HRK', 'cny', 'CN', 'CNYY', '']) expect(isCurrency(code), code).toBe(false)
})

test('an identifier is wrong by the standard of its namespace, and without one of these namespaces by none', () => {
  expect(wrongIdentifier('lei:506700GE1G29325QX363')).toBeUndefined()
  expect(wrongIdentifier('lei:506700GE1G29325QX364')).toBe('lei')
  expect(wrongIdentifier('uscc:91100000100003962T')).toBeUndefined()
  expect(wrongIdentifier('uscc:91100000100003962A')).toBe('uscc')
  expect(wrongIdentifier('isin:US0378331006')).toBe('isin')
  for (const text of ['P1', 'local:inst:7', 'LEI:1', 'bic:ICBKCNBJ', 'lei', '']) expect(wrongIdentifier(text), text).toBeUndefined()
})
