/**
 * An OpenID Connect provider for tests: discovery, a page to sign in at, codes that are taken once and by their verifier alone, ID tokens. It lies at
 * `localhost`, another site than a desk at 127.0.0.1.
 */
import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JWTPayload } from 'jose'
import { openIssuer } from './issuer.ts'

export const CLIENT = { clientId: 'desk', clientSecret: 'a secret of the client' }

type Asked = { nonce: string; challenge: string; redirectUri: string }

export async function openOidc() {
  const issuer = await openIssuer()
  const key = await issuer.addKey('ES256')
  const codes = new Map<string, Asked>()
  /** Who signs in, with whatever else the ID token claims; how it goes. */
  const way = { claims: { sub: 'wu', role: 'supervisor' } as JWTPayload, refusal: undefined as string | undefined }
  const told = { authorize: new URLSearchParams(), token: new URLSearchParams(), authorization: undefined as string | undefined }
  const server = createServer((request, response) => void answer(request, response))
  server.listen(0, 'localhost')
  await once(server, 'listening')
  const url = `http://localhost:${(server.address() as AddressInfo).port}`
  const methods = { token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic', 'none'] }

  const authorize = (query: URLSearchParams, response: ServerResponse) => {
    told.authorize = query
    const redirectUri = query.get('redirect_uri') ?? ''
    const back = new URL(redirectUri)
    const code = randomUUID()
    if (way.refusal === undefined) {
      codes.set(code, { nonce: query.get('nonce') ?? '', challenge: query.get('code_challenge') ?? '', redirectUri })
      back.searchParams.set('code', code)
    } else back.searchParams.set('error', way.refusal)
    back.searchParams.set('state', query.get('state') ?? '')
    const page = `<!doctype html><title>issuer</title><a id="go" href="${back.href.replaceAll('&', '&amp;')}">sign in</a>`
    response.setHeader('content-type', 'text/html').setHeader('x-back', back.href).end(page)
  }
  const token = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const form = new URLSearchParams(Buffer.concat(chunks).toString())
    told.token = form
    told.authorization = request.headers.authorization
    const code = form.get('code') ?? ''
    const asked = codes.get(code)
    codes.delete(code)
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    response.setHeader('content-type', 'application/json')
    if (asked === undefined || asked.challenge !== challenge || asked.redirectUri !== form.get('redirect_uri')) {
      response.statusCode = 400
      return response.end(JSON.stringify({ error: 'invalid_grant' }))
    }
    const claims = { iss: url, aud: CLIENT.clientId, nonce: asked.nonce, jti: randomUUID(), ...way.claims }
    return response.end(JSON.stringify({ access_token: 'opaque', token_type: 'bearer', id_token: await issuer.sign(key, claims) }))
  }
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url ?? '', url)
    if (pathname === '/authorize') return authorize(searchParams, response)
    if (pathname === '/token') return token(request, response)
    if (pathname === '/end') return response.writeHead(303, { location: searchParams.get('post_logout_redirect_uri') ?? '' }).end()
    const places = { authorization_endpoint: `${url}/authorize`, token_endpoint: `${url}/token`, end_session_endpoint: `${url}/end`, jwks_uri: issuer.jwksUri }
    const types = { response_types_supported: ['code'], subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['ES256'] }
    return response.setHeader('content-type', 'application/json').end(JSON.stringify({ issuer: url, ...places, ...types, ...methods }))
  }
  return {
    names: { issuer: url, audience: 'lookthrough' },
    jwksUri: issuer.jwksUri,
    way,
    told,
    methods,
    async close() {
      await issuer.goAway()
      server.closeAllConnections()
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A port that is free, for a desk that has to know its address beforehand. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
