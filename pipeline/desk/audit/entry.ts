/** What people did, as it is kept and as it is told: one entry each, and the one function that says what of it anybody may read. */
import { createHash } from 'node:crypto'
import type { Action } from '../../contract/action.ts'
import { canonicalJson } from '../../contract/json.ts'
import type { Revocation } from '../entitlements/revocations.ts'
import type { Role } from '../entitlements/roles.ts'
import type { Viewer } from '../entitlements/see.ts'
import type { DeskUser } from '../entitlements/users.ts'

/** What was done. `outcome`: `ok`, or the code of the error it ended with. */
export type Deed =
  | { did: 'signIn' | 'signOut' }
  | { did: 'revoke'; of: string; revocations: readonly Revocation[] }
  | { did: 'unmask'; party?: string; token?: string; reason: string; parties: readonly string[] }
  | { did: 'rotate'; key: string }
  | { did: 'query'; sql: string; outcome: string; rows?: number; ms: number }
  | { did: 'lookthrough'; about: string; party: string; asOf?: string; outcome: string; ms: number }
  | { did: 'rule'; act: string; code: string; effective: string; outcome: string }
  | { did: 'webhook'; act: 'add' | 'remove' | 'secret' | 'enable'; webhook: string; url?: string }
  | { did: 'export'; from?: string; to?: string; format: string }
  | { did: 'acknowledge'; id: string; alert: string; disclosed: boolean }
  | { did: 'comment'; id: string; alert: string; disclosed: boolean; text: string }
  | { did: 'receipt'; id: string; alert: string; revision: number; stream: string; subscription: string }
  /** The action log refused what these ids were on record for. */
  | { did: 'notTaken'; ids: readonly string[] }

/** `at`: RFC 3339; `by`: a user's name. Entries of earlier versions have no role and no institution. */
export type AuditEntry = { at: string; by: string; role?: Role; institution?: string | null } & Deed

/** Every field that is told, in the order of a table's columns; what is added later is not, until it is named here. */
export const TOLD = [
  'at',
  'by',
  'role',
  'institution',
  'did',
  'outcome',
  'alert',
  'revision',
  'id',
  'ids',
  'text',
  'disclosed',
  'stream',
  'subscription',
  'of',
  'party',
  'token',
  'reason',
  'parties',
  'key',
  'sql',
  'rows',
  'ms',
  'about',
  'asOf',
  'act',
  'code',
  'effective',
  'webhook',
  'url',
  'from',
  'to',
  'format',
  'sealed',
] as const

export type ToldEntry = Partial<Record<(typeof TOLD)[number], unknown>>

/**
 * The entry as its reader may see it, in whatever form it is handed out: the authority's people alike, a bank's nothing. Hashes of tokens taken back are not
 * told; `sealed`, the SHA-256 of them, keeps them from being exchanged.
 */
export function entryFor(viewer: Viewer, entry: AuditEntry): ToldEntry | undefined {
  return viewer.role === 'desk' || viewer.institution !== null ? undefined : told(entry)
}

/** What an entry's hash is made from. */
export function told(entry: AuditEntry): ToldEntry {
  const sealed = 'revocations' in entry ? createHash('sha256').update(canonicalJson(entry.revocations)).digest('hex') : undefined
  const all: Record<string, unknown> = { ...entry, sealed }
  return Object.fromEntries(TOLD.filter((name) => all[name] !== undefined).map((name) => [name, all[name]]))
}

/** This user's, now. */
export function entryBy({ name, role, institution }: DeskUser, deed: Deed): AuditEntry {
  return { at: new Date().toISOString(), by: name, role, institution, ...deed }
}

/** What is written together is one user's. */
export function notTaken(actions: readonly Action[]): AuditEntry[] {
  const [first] = actions.map(entryOf)
  if (first === undefined) return []
  const { by, role, institution = null } = first
  return [{ at: new Date().toISOString(), by, ...(role !== undefined && { role }), institution, did: 'notTaken', ids: actions.map(({ id }) => id) }]
}

export function entryOf(action: Action): AuditEntry {
  const { id, alert, at, by } = action
  const who = { at, by: by.user, ...('role' in by && { role: by.role as Role }), institution: by.institution }
  if (action.action === 'receipt') {
    const { revision, stream, subscription } = action
    return { ...who, did: 'receipt', id, alert, revision, stream, subscription }
  }
  const { disclosed } = action
  return action.action === 'comment'
    ? { ...who, did: 'comment', id, alert, disclosed, text: action.text }
    : { ...who, did: 'acknowledge', id, alert, disclosed }
}
