/**
 * Sign-in by a browser at the issuer: OpenID Connect Core 1.0 §3.1, the authorization code flow with PKCE (RFC 7636, S256), state and nonce. Who has signed in
 * is told by the ID token alone, which is checked like any token of the issuer, with the client's id as its audience.
 */
import { createHmac, randomBytes } from 'node:crypto'
import type { JWTVerifyGetKey } from 'jose'
import * as oidc from 'openid-client'
import { LookthroughError } from '../../contract/index.ts'
import { type IssuerOptions, issuerOf } from './issuer.ts'
import { isSafeAddress } from './safe-address.ts'
import type { SignedIn } from './session.ts'

/** `redirectUri`: the desk's `/v1/callback` as browsers reach it. `scopes`: those asked for beside `openid`; `profile` unless said. */
export type SignInOptions = { clientId: string; clientSecret?: string; redirectUri: string; scopes?: readonly string[] }

export type BrowserSignIn = {
  /** Where browsers find the desk, `https://desk.example`. */
  origin: string
  /** Where to send the browser, and what it has to bring back. Throws LT-2118. */
  begin(): Promise<{ address: string; secret: string }>
  /** Who has come back with this query. Throws LT-2106, LT-2117, LT-2118 and LT-2119. */
  finish(secret: string, query: string): Promise<SignedIn>
  /** Where the issuer ends its own session; undefined when it has no such place, or is away. No token is in the address: it may ask the person. */
  end(): Promise<string | undefined>
}

const FETCH_SECONDS = 5
const CLOCK_TOLERANCE_SECONDS = 5

export function browserSignIn(issuer: IssuerOptions & { signIn: SignInOptions }, keys: JWTVerifyGetKey): BrowserSignIn {
  const { clientId, redirectUri, scopes = ['profile'] } = issuer.signIn
  const { origin } = new URL(redirectUri)
  const tokens = issuerOf({ ...issuer, audience: clientId }, keys)
  const client = onceFound(() => found(issuer))
  // State, nonce and verifier come from the browser's secret and this key: nothing is kept of those who never come back, and no cookie tells a verifier.
  const key = randomBytes(32)
  const made = (secret: string, what: 'state' | 'nonce' | 'verifier') => createHmac('sha256', key).update(`${what} ${secret}`).digest('base64url')
  return {
    origin,
    async begin() {
      const secret = randomBytes(32).toString('base64url')
      const address = oidc.buildAuthorizationUrl(await client(), {
        redirect_uri: redirectUri,
        scope: [...new Set(['openid', ...scopes])].join(' '),
        state: made(secret, 'state'),
        nonce: made(secret, 'nonce'),
        code_challenge: await oidc.calculatePKCECodeChallenge(made(secret, 'verifier')),
        code_challenge_method: 'S256',
      })
      return { address: address.href, secret }
    },
    async finish(secret, query) {
      const back = new URL(redirectUri)
      back.search = query
      const checks = { expectedState: made(secret, 'state'), expectedNonce: made(secret, 'nonce'), pkceCodeVerifier: made(secret, 'verifier') }
      const given = await oidc.authorizationCodeGrant(await client(), back, { ...checks, idTokenExpected: true }).catch((error: unknown) => {
        throw ours(error, issuer.issuer)
      })
      const signedIn = await tokens.verify(given.id_token ?? '')
      if (signedIn === undefined) throw new LookthroughError('LT-2106')
      return signedIn
    },
    async end() {
      const known = await client().catch(() => undefined)
      if (known?.serverMetadata().end_session_endpoint === undefined) return undefined
      return oidc.buildEndSessionUrl(known, { post_logout_redirect_uri: `${origin}/` }).href
    },
  }
}

/** What the issuer publishes of itself (OpenID Connect Discovery 1.0). A secret goes into the body where it takes that, else into the header. Throws LT-2118. */
async function found({ issuer, signIn: { clientId, clientSecret } }: IssuerOptions & { signIn: SignInOptions }): Promise<oidc.Configuration> {
  const execute = new URL(issuer).protocol === 'http:' && isSafeAddress(issuer) ? [oidc.allowInsecureRequests] : []
  const options = { execute, timeout: FETCH_SECONDS }
  const metadata = { [oidc.clockTolerance]: CLOCK_TOLERANCE_SECONDS }
  const asPublic = await oidc.discovery(new URL(issuer), clientId, metadata, oidc.None(), options).catch((error: unknown) => {
    throw new LookthroughError('LT-2118', { host: new URL(issuer).host, issuer }, error)
  })
  if (clientSecret === undefined) return asPublic
  const server = asPublic.serverMetadata()
  const inBody = server.token_endpoint_auth_methods_supported?.includes('client_secret_post') === true
  const known = new oidc.Configuration(server, clientId, metadata, inBody ? oidc.ClientSecretPost(clientSecret) : oidc.ClientSecretBasic(clientSecret))
  for (const extension of execute) extension(known)
  known.timeout = FETCH_SECONDS
  return known
}

/** Found when first needed, and looked for again as long as it was not. */
function onceFound<T>(find: () => Promise<T>): () => Promise<T> {
  let finding: Promise<T> | undefined
  return () => {
    finding ??= find().catch((error: unknown) => {
      finding = undefined
      throw error
    })
    return finding
  }
}

/** The issuer's own word for what is wrong is passed on, not its description: that is whatever the address says. */
function ours(error: unknown, issuer: string): LookthroughError {
  if (error instanceof oidc.AuthorizationResponseError || error instanceof oidc.ResponseBodyError)
    return new LookthroughError('LT-2119', { why: error.error }, error)
  const isAway = !(error instanceof oidc.ClientError) || error.code === 'OAUTH_TIMEOUT'
  if (isAway) return new LookthroughError('LT-2118', { host: new URL(issuer).host, issuer }, error)
  return new LookthroughError('LT-2119', { why: error.message }, error)
}
