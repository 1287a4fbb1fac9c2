/**
 * Sign-in by tokens of an OpenID Connect issuer: JWT (RFC 7519), by its published keys (JWKS). Issuer, audience and algorithms are pinned; unsigned tokens
 * and shared secrets are never taken.
 */
import { createLocalJWKSet, createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { LookthroughError } from '../../contract/index.ts'
import { type Role, ROLES } from './roles.ts'
import { isBank } from './see.ts'
import type { SignedIn } from './session.ts'
import type { DeskUser } from './users.ts'

export const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'] as const

/** `claims`: where name, role and institution stand in the token, as a path with dots; `sub`, `role`, `institution` unless said otherwise. */
export type IssuerOptions = {
  issuer: string
  audience: string
  algorithms?: readonly (typeof ALGORITHMS)[number][]
  claims?: { name?: string; role?: string; institution?: string }
}

export type Issuer = {
  /** Undefined for a token that is not good, or whose claims make no user of the desk. Rejects with LT-2117 while the keys cannot be had. */
  verify(token: string): Promise<SignedIn | undefined>
}

const CLOCK_TOLERANCE_SECONDS = 5
const MAX_NAME_LENGTH = 256

/** `keys`: those of `remoteKeys`, or of an issuer at hand. */
export function issuerOf({ issuer, audience, algorithms = ALGORITHMS, claims = {} }: IssuerOptions, keys: JWTVerifyGetKey): Issuer {
  const rules = { issuer, audience, algorithms: [...algorithms], requiredClaims: ['iat', 'exp'], clockTolerance: CLOCK_TOLERANCE_SECONDS }
  return {
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, keys, rules)
        const user = userIn(payload, claims)
        if (user === undefined) return undefined
        return { user, issuedAt: (payload.iat ?? 0) * 1000, expiresAt: (payload.exp ?? 0) * 1000, tokenId: payload.jti }
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined
        throw error
      }
    },
  }
}

const FETCH_MS = 5000
const KEPT_MS = 10 * 60_000
/** An issuer that is away has its last keys taken for so much longer. */
const STALE_MS = 60 * 60_000

/** The issuer's published keys: asked for when a token names one that is not known, and every ten minutes. Rejects with LT-2117 while they cannot be had. */
export function remoteKeys(jwksUri: string): JWTVerifyGetKey {
  const remote = createRemoteJWKSet(new URL(jwksUri), { timeoutDuration: FETCH_MS, cacheMaxAge: KEPT_MS })
  let freshAt = -Infinity
  return async (header, token) => {
    try {
      const key = await remote(header, token)
      if (remote.fresh) freshAt = Date.now()
      return key
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) throw error
      const last = Date.now() < freshAt + STALE_MS ? remote.jwks() : undefined
      const key = last === undefined ? undefined : await createLocalJWKSet(last)(header, token).catch(() => undefined)
      if (key === undefined) throw new LookthroughError('LT-2117', { host: new URL(jwksUri).host }, error)
      return key
    }
  }
}

/** A desk has an institution, and nobody else: a bank's token that claims another role would see everything. */
function userIn(payload: JWTPayload, { name = 'sub', role = 'role', institution = 'institution' }: NonNullable<IssuerOptions['claims']>): DeskUser | undefined {
  const is = { name: claim(payload, name), role: roleIn(claim(payload, role)), institution: claim(payload, institution) ?? null }
  if (!isName(is.name) || is.role === undefined) return undefined
  if (is.role === 'desk') return isName(is.institution) && isBank(is.institution) ? { name: is.name, role: is.role, institution: is.institution } : undefined
  return is.institution === null ? { name: is.name, role: is.role, institution: null } : undefined
}

/** `a.b` is `b` in `a`, unless a claim has that very name. */
function claim(payload: JWTPayload, path: string): unknown {
  if (Object.hasOwn(payload, path)) return payload[path]
  return path.split('.').reduce<unknown>((at, key) => (typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? at[key as never] : undefined), payload)
}

/** The one role of the desk among those claimed; whoever claims two has none. */
function roleIn(claimed: unknown): Role | undefined {
  const found = ROLES.filter((role) => [claimed].flat().includes(role))
  return found.length === 1 ? found[0] : undefined
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_NAME_LENGTH
}
