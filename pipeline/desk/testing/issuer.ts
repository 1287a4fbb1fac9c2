/** An issuer for tests: it publishes its keys on a port of its own, can be given another key, and can go away. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import type { ALGORITHMS } from '../entitlements/issuer.ts'

type Key = { algorithm: (typeof ALGORITHMS)[number]; kid: string; privateKey: Awaited<ReturnType<typeof generateKeyPair>>['privateKey']; jwk: object }

export const NAMES = { issuer: 'https://issuer.example', audience: 'lookthrough' }

export async function openIssuer() {
  const keys: Key[] = []
  let asked = 0
  const server = createServer((_, response) => {
    asked++
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: keys.map((key) => key.jwk) }))
  })
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const port = await listen(0)
  const addKey = async (algorithm: Key['algorithm']): Promise<Key> => {
    const { privateKey, publicKey } = await generateKeyPair(algorithm)
    const kid = `key-${keys.length}`
    const key = { algorithm, kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' } }
    keys.push(key)
    return key
  }
  /** A token as the desk wants it, but for what is said otherwise; a claim set to undefined is left out. */
  const sign = (key: Key, over: JWTPayload = {}) => {
    const now = Math.floor(Date.now() / 1000)
    const claims = { iss: NAMES.issuer, aud: NAMES.audience, sub: 'somebody', role: 'analyst', iat: now, exp: now + 600, ...over }
    return new SignJWT(JSON.parse(JSON.stringify(claims)) as JWTPayload).setProtectedHeader({ alg: key.algorithm, kid: key.kid }).sign(key.privateKey)
  }
  return {
    jwksUri: `http://127.0.0.1:${port}/keys`,
    addKey,
    sign,
    asked: () => asked,
    async goAway() {
      server.closeAllConnections()
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    },
    comeBack: () => listen(port),
  }
}
