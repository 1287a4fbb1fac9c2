import { fnv } from '../contract/text.ts'

/** Of the UTF-8 bytes of a text, for tables in memory: FNV-1a with a last mix, since tables take the low bits. Int32. */
export function textHash(bytes: Uint8Array, start: number, end: number): number {
  let h = fnv(bytes, start, end)
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad)
  return h ^ (h >>> 15)
}

/** Whether the bytes from `at` on are those of the other. */
export function isSame(bytes: Uint8Array, at: number, other: Uint8Array, start: number, end: number): boolean {
  for (let i = start, k = at; i < end; i++, k++) if (bytes[k] !== other[i]) return false
  return true
}
