/**
 * Identifiers that carry their own proof, as they stand in events behind a namespace: `lei:` (ISO 17442), `uscc:` (GB 32100), `isin:` (ISO 6166); and
 * currencies (ISO 4217). A wrong one is something to see to, no reason to refuse an event: contract §1 asks nothing of what is in an id.
 */
import { createRequire } from 'node:module'
import type IsISIN from 'validator/lib/isISIN.js'
import type IsISO4217 from 'validator/lib/isISO4217.js'

// The two files that are needed of its hundred.
const require = createRequire(import.meta.url)
const { default: isISIN } = require('validator/lib/isISIN.js') as typeof IsISIN
const { default: isISO4217 } = require('validator/lib/isISO4217.js') as typeof IsISO4217

export type Namespace = 'lei' | 'uscc' | 'isin'

/** The namespace by whose rules an identifier is wrong; undefined for a right one and for whatever has no such namespace. */
export function wrongIdentifier(text: string): Namespace | undefined {
  const colon = text.indexOf(':')
  const namespace = text.slice(0, colon)
  if (namespace !== 'lei' && namespace !== 'uscc' && namespace !== 'isin') return undefined
  return CHECKS[namespace](text.slice(colon + 1)) ? undefined : namespace
}

const CHECKS: Record<Namespace, (code: string) => boolean> = { lei: isLei, uscc: isUscc, isin: isIsin }

/** 20 characters of which the last two are digits; with letters as 10 to 35 the whole leaves 1 when divided by 97 (ISO 7064 MOD 97-10). */
export function isLei(code: string): boolean {
  return /^[0-9A-Z]{18}\d{2}$/.test(code) && BigInt(Array.from(code, (c) => Number.parseInt(c, 36)).join('')) % 97n === 1n
}

/** Without I, O, S, V and Z. */
const USCC_CHARACTERS = '0123456789ABCDEFGHJKLMNPQRTUWXY'

/** 18 characters, the third to the eighth the digits of a region; 3^i weighs the i-th, and the last makes the sum of all a multiple of 31 (GB 32100-2015). */
export function isUscc(code: string): boolean {
  if (!/^[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}$/.test(code)) return false
  let [sum, weight] = [USCC_CHARACTERS.indexOf(code.charAt(17)), 1]
  for (const c of code.slice(0, 17)) {
    sum += USCC_CHARACTERS.indexOf(c) * weight
    weight = (weight * 3) % 31
  }
  return sum % 31 === 0
}

/** Two letters of a country, nine characters, and a check digit by the double-add-double of the digits (ISO 6166). */
export function isIsin(code: string): boolean {
  return isISIN(code)
}

/** ISO 4217 codes that came after the library's list: amendments 176 (2025-03-31) and 177 (2024-09-25). */
const NEWER_CURRENCIES = new Set(['XCG', 'ZWG'])

/** In capitals; metals and units of account count. */
export function isCurrency(code: string): boolean {
  return /^[A-Z]{3}$/.test(code) && (NEWER_CURRENCIES.has(code) || isISO4217(code))
}
