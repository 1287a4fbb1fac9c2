/** An issuer of its own for the demonstration: its key is made at the start and known to this process alone, so that its tokens hold for one run. */
import { randomUUID } from 'node:crypto'
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { type Issuer, issuerOf } from '../../desk/entitlements/issuer.ts'
import type { DeskUser } from '../../desk/entitlements/users.ts'

const NAMES = { issuer: 'urn:lookthrough:demo', audience: 'lookthrough' }
const LIFETIME = '30d'

export async function openDemoIssuer(): Promise<{ issuer: Issuer; sign(user: DeskUser): Promise<string> }> {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const keys = createLocalJWKSet({ keys: [await exportJWK(publicKey)] })
  return {
    issuer: issuerOf({ ...NAMES, algorithms: ['ES256'] }, keys),
    sign: ({ name, role, institution }) =>
      new SignJWT({ role, ...(institution !== null && { institution }) })
        .setProtectedHeader({ alg: 'ES256' })
        .setIssuer(NAMES.issuer)
        .setAudience(NAMES.audience)
        .setSubject(name)
        .setJti(randomUUID())
        .setIssuedAt()
        .setExpirationTime(LIFETIME)
        .sign(privateKey),
  }
}
