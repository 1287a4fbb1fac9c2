/**
 * The chain of the record: each entry carries its number `n` from 1, `prev`, the hash of the one before (64 zeros at first), and `hash`, the SHA-256 of the
 * canonical JSON of all it tells, with `n` and `prev`. Whoever has kept a hash can tell later that nothing up to it was taken out, put in or changed.
 */
import { createHash } from 'node:crypto'
import { canonicalJson } from '../../contract/json.ts'
import type { ToldEntry } from './entry.ts'

export type Head = { n: number; hash: string }
export type Link = Head & { prev: string }

export const BEFORE_ALL: Head = { n: 0, hash: '0'.repeat(64) }

export function linkAfter(head: Head, entry: ToldEntry): Link {
  const link = { n: head.n + 1, prev: head.hash }
  return { ...link, hash: hashOf({ ...entry, ...link }) }
}

/** Whether a told line (with its link) follows `head`. */
export function follows(head: Head, { hash, ...rest }: Record<string, unknown>): boolean {
  return rest['n'] === head.n + 1 && rest['prev'] === head.hash && hash === hashOf(rest)
}

/** Whether a line is as it was when its hash was made, whatever came before it. */
export function isWhole({ hash, ...rest }: Record<string, unknown>): boolean {
  return hash === hashOf(rest)
}

function hashOf(line: Record<string, unknown>): string {
  return createHash('sha256').update(canonicalJson(line)).digest('hex')
}
