/**
 * Sign-in of browsers: `GET /v1/login` sends one to the issuer, which sends it back to `/v1/callback`; from then on a cookie stands for whoever signed in.
 * `GET /v1/session`: whether one can sign in so, and who has. `POST /v1/logout`: no longer. These need no token.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { LookthroughError } from '../../contract/index.ts'
import { type AuditRecord, entryBy } from '../audit/record.ts'
import { type BrowserSessions, cookieIn, cookieName, setCookie } from '../entitlements/browser-sessions.ts'
import type { BrowserSignIn } from '../entitlements/browser-sign-in.ts'
import type { Users } from '../entitlements/users.ts'
import { fail } from './reply.ts'

/** How long one may take to sign in at the issuer. */
const SIGN_IN_SECONDS = 600

const Person = Type.Object({ name: Type.String(), role: Type.String(), institution: Type.Union([Type.String(), Type.Null()]) })
/** `signIn`: whether the desk has an issuer for browsers. */
export const SessionAnswer = Type.Object({
  signIn: Type.Boolean(),
  user: Type.Union([Person, Type.Null()]),
  expiresAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
})
/** `address`: where the issuer ends its own session, if it does. */
export const LogoutAnswer = Type.Object({ address: Type.Union([Type.String(), Type.Null()]) })

export type LoginOptions = { signIn: BrowserSignIn; browsers: BrowserSessions; users: Users; record: AuditRecord }

const open = { config: { isOpen: () => true } }

export function sessionRoute(v1: FastifyInstance, isOffered: boolean): void {
  v1.get('/session', open, ({ session }) => ({
    signIn: isOffered,
    user: session === undefined ? null : { name: session.user.name, role: session.user.role, institution: session.user.institution },
    expiresAt: session === undefined || session.expiresAt === null ? null : new Date(session.expiresAt).toISOString(),
  }))
}

export function loginRoutes(v1: FastifyInstance, { signIn, browsers, users, record }: LoginOptions): void {
  const { origin } = signIn
  v1.get('/login', open, (request, reply) =>
    page(request, reply, async () => {
      const { address, secret } = await signIn.begin()
      // Lax: the issuer's redirect comes from another site, and a Strict cookie would stay away from it.
      reply.header('set-cookie', setCookie(origin, 'sign-in', secret, 'Lax', SIGN_IN_SECONDS))
      return address
    }),
  )
  v1.get('/callback', open, (request, reply) =>
    page(request, reply, async () => {
      const secret = cookieIn(request.headers, cookieName(origin, 'sign-in'))
      reply.header('set-cookie', setCookie(origin, 'sign-in', '', 'Lax'))
      if (secret === undefined) throw new LookthroughError('LT-2119', { why: `no sign-in was begun in this browser within ${SIGN_IN_SECONDS} s` })
      const session = users.admit(await signIn.finish(secret, new URL(request.url, origin).search))
      if (session === undefined) throw new LookthroughError('LT-2106')
      await record.write(entryBy(session.user, { did: 'signIn' }))
      // Strict is enough: the page asks for who it is by itself, from its own origin.
      reply.header('set-cookie', browsers.open(session))
      return '/'
    }),
  )
  v1.post('/logout', open, async (request, reply) => {
    // A token of one's own is not the desk's to end.
    const session = request.headers.authorization === undefined ? request.session : undefined
    if (session === undefined && request.unknown !== undefined) throw request.unknown
    if (session !== undefined) await record.write(entryBy(session.user, { did: 'signOut' }))
    reply.header('set-cookie', browsers.end(request.headers))
    return { address: session === undefined ? null : ((await signIn.end()) ?? null) }
  })
}

/** Goes on at the address; a person to whom something happens on the way sees it on the dashboard's page. */
async function page(request: FastifyRequest, reply: FastifyReply, go: () => Promise<string>): Promise<FastifyReply> {
  try {
    return await reply
      .code(303)
      .header('location', await go())
      .send()
  } catch (error) {
    if (!(error instanceof LookthroughError)) throw error
    const isPerson = request.headers.accept?.includes('text/html') === true
    return isPerson ? reply.code(303).header('location', `/#sign-in=${error.code}`).send() : fail(request, reply, error)
  }
}
