import { type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { NAMES, openIssuer } from '../testing/issuer.ts'
import { ALGORITHMS, type IssuerOptions, issuerOf, remoteKeys } from './issuer.ts'

let issuer: Awaited<ReturnType<typeof openIssuer>>
let key: Awaited<ReturnType<typeof issuer.addKey>>
beforeAll(async () => {
  issuer = await openIssuer()
  key = await issuer.addKey('ES256')
})
afterAll(() => issuer.goAway())

const verify = (token: string, over: Partial<IssuerOptions> = {}) => issuerOf({ ...NAMES, ...over }, remoteKeys(issuer.jwksUri)).verify(token)
const userOf = async (claims: JWTPayload, over: Partial<IssuerOptions> = {}) => (await verify(await issuer.sign(key, claims), over))?.user

describe('a token', () => {
  test('names its user, and when it was issued and ends', async () => {
    const claims = { sub: 'desk-B0001', role: 'desk', institution: 'B0001', iat: 1_700_000_000, exp: 4_000_000_000, jti: 'one' }
    expect(await verify(await issuer.sign(key, claims))).toEqual({
      user: { name: 'desk-B0001', role: 'desk', institution: 'B0001' },
      issuedAt: 1_700_000_000_000,
      expiresAt: 4_000_000_000_000,
      tokenId: 'one',
    })
  })

  test.each(ALGORITHMS)('may be signed by %s, unless others are asked for', async (algorithm) => {
    const token = await issuer.sign(await issuer.addKey(algorithm))
    expect((await verify(token))?.user.role).toBe('analyst')
    const others = ALGORITHMS.filter((a) => a !== algorithm)
    expect(await verify(token, { algorithms: others })).toBeUndefined()
  })

  test.each<[string, JWTPayload]>([
    ['of another issuer', { iss: 'https://elsewhere.example' }],
    ['for another audience', { aud: 'something-else' }],
    ['that has ended', { exp: 1_700_000_000 }],
    ['that is not yet good', { nbf: 4_000_000_000 }],
    ['that never ends', { exp: undefined as unknown as number }],
    ['of no known time', { iat: undefined as unknown as number }],
    ['of nobody', { sub: '' }],
    ['of an unknown role', { role: 'root' }],
    ['of no role', { role: undefined }],
    ['of two roles', { role: ['analyst', 'supervisor'] }],
    ['of a desk of no institution', { role: 'desk' }],
    ['of a desk of all that is between institutions', { role: 'desk', institution: '*' }],
    ['of a bank that claims another role', { role: 'supervisor', institution: 'B0001' }],
  ])('%s is nobody’s', async (_, claims) => {
    expect(await userOf(claims)).toBeUndefined()
  })

  test('without a signature, with a shared secret, with another’s signature or with a changed word is nobody’s', async () => {
    const good = await issuer.sign(key)
    const claims = { ...NAMES, sub: 'x', role: 'admin' }
    const unsigned = new UnsecuredJWT(claims).setIssuer(NAMES.issuer).setAudience(NAMES.audience).setIssuedAt().setExpirationTime('1h').encode()
    const secret = new TextEncoder().encode(JSON.stringify(key.jwk))
    const shared = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid: key.kid })
      .setIssuer(NAMES.issuer)
      .setAudience(NAMES.audience)
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(secret)
    const other = await openIssuer()
    const forged = await other.sign({ ...(await other.addKey('ES256')), kid: key.kid })
    await other.goAway()
    const [head = '', body = '', signature = ''] = good.split('.')
    const changed = [head, Buffer.from(Buffer.from(body, 'base64url').toString().replace('analyst', 'admin')).toString('base64url'), signature].join('.')
    for (const token of [unsigned, shared, forged, changed, 'a.b.c', '', 'word']) expect(await verify(token)).toBeUndefined()
    expect(await verify(good)).toBeDefined()
  })

  test('may carry name, role and institution where the issuer is used to putting them', async () => {
    const claims = { name: 'preferred_username', role: 'realm_access.roles', institution: 'https://bank.example/code' }
    const token = { preferred_username: 'li', realm_access: { roles: ['offline_access', 'desk'] }, 'https://bank.example/code': 'B0002' }
    expect(await userOf(token, { claims })).toEqual({ name: 'li', role: 'desk', institution: 'B0002' })
  })
})

describe('the issuer’s keys', () => {
  test('are asked for once, hold while it is away, and whoever cannot be checked then is told to come back', async () => {
    const own = await openIssuer()
    const first = await own.addKey('EdDSA')
    const keys = remoteKeys(own.jwksUri)
    const ask = async (token: string) => (await issuerOf(NAMES, keys).verify(token))?.user.name
    for (let i = 0; i < 5; i++) expect(await ask(await own.sign(first))).toBe('somebody')
    expect(own.asked()).toBe(1)
    await own.goAway()
    expect(await ask(await own.sign(first))).toBe('somebody')
    const cold = issuerOf(NAMES, remoteKeys(own.jwksUri))
    await expect(cold.verify(await own.sign(first))).rejects.toMatchObject({ code: 'LT-2117', facts: { host: new URL(own.jwksUri).host } })
    await own.comeBack()
    expect((await cold.verify(await own.sign(first)))?.user.name).toBe('somebody')
    await own.goAway()
  })
})
