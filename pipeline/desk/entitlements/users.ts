/** Who may sign in to the desk: with a token of the configuration, or with one that the configured issuer has signed. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Issuer } from './issuer.ts'
import { type Revocation, Revocations } from './revocations.ts'
import type { Role } from './roles.ts'
import { type Session, openSession, type SignedIn } from './session.ts'

export { type Role, ROLES } from './roles.ts'

/** `institution`: set for a bank's desk, null for the authority's own people. */
export type DeskUser = { name: string; role: Role; institution: string | null }

/** One whose token stands in the configuration. */
export type StaticUser = DeskUser & { token: string }

export type Users = {
  /** Those of the configuration. */
  all: readonly DeskUser[]
  /** Undefined for a token that is nobody's, is over or was revoked. Rejects with LT-2117 while the issuer's keys cannot be had. */
  authenticate(token: string): Promise<Session | undefined>
  /** The same for one whom the issuer names, by a token that was checked already. */
  admit(signedIn: SignedIn): Session | undefined
  /** What has to be revoked so that nothing holds that this user was given until `at`, or so that this token holds no longer. */
  revocationsOf(what: { name: string } | { jti: string }, at: number): Revocation[]
  /** All of them, also those from before this run. */
  revocations: Revocations
  /** Ends what it covers at once, wherever it is open. */
  revoke(revocations: readonly Revocation[]): void
}

/**
 * Tokens of the configuration are compared as hashes in constant time, all of them, so that the time taken tells nothing. An empty token is nobody's, and
 * a name of the configuration is its own: an issuer's token of that name is nobody's.
 */
export function usersOf(users: readonly StaticUser[], { issuer, revoked = [] }: { issuer?: Issuer; revoked?: readonly Revocation[] } = {}): Users {
  const hashed = users.filter((user) => user.token !== '').map(({ token, ...user }) => ({ user, hash: sha256(token) }))
  const names = new Set(users.map((user) => user.name))
  const revocations = new Revocations(revoked)
  const configured = (token: string): SignedIn | undefined => {
    const given = sha256(token)
    let found: SignedIn | undefined
    for (const { user, hash } of hashed) if (timingSafeEqual(hash, given)) found = { user, issuedAt: null, expiresAt: null, tokenId: hash.toString('hex') }
    return found
  }
  const opened = (signedIn: SignedIn) => (revocations.include(signedIn) ? undefined : openSession(signedIn, revocations))
  const admit = (signedIn: SignedIn) => (names.has(signedIn.user.name) ? undefined : opened(signedIn))
  return {
    all: users.map(({ token: _token, ...user }) => user),
    revocations,
    async authenticate(token) {
      const known = configured(token)
      if (known !== undefined) return opened(known)
      const signedIn = await issuer?.verify(token)
      return signedIn === undefined ? undefined : admit(signedIn)
    },
    admit,
    revocationsOf(what, at) {
      if ('jti' in what) return [{ tokenId: what.jti }]
      const tokens = hashed.filter(({ user }) => user.name === what.name).map(({ hash }) => ({ tokenId: hash.toString('hex') }))
      return [{ name: what.name, at }, ...tokens]
    },
    revoke(all) {
      for (const revocation of all) revocations.add(revocation)
    },
  }
}

/** The token of an `Authorization` header. */
export function tokenIn(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
