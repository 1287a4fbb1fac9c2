/** Who is calling: the bearer token of every `/v1` request, or a browser's cookie, and the limit on how many there may be. */
import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { LookthroughError } from '../../contract/index.ts'
import type { Session } from '../entitlements/session.ts'
import type { BrowserSessions } from '../entitlements/browser-sessions.ts'
import { demand } from '../entitlements/roles.ts'
import { type DeskUser, tokenIn, type Users } from '../entitlements/users.ts'

declare module 'fastify' {
  interface FastifyRequest {
    session: Session | undefined
    /** Why it cannot be told who is calling. */
    unknown: unknown
  }
  interface FastifyContextConfig {
    /** Whether this request is served whoever calls. */
    isOpen?: (request: FastifyRequest) => boolean
  }
}

const PER_MINUTE = 600

/** Requests of nobody get 401, unless their route is open to everybody, and count against their address, so that tokens cannot be tried out at speed. */
export async function guard(v1: FastifyInstance, users: Users, browsers?: BrowserSessions): Promise<void> {
  v1.decorateRequest('session', undefined)
  v1.decorateRequest('unknown', undefined)
  v1.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store')
    try {
      request.session = await callerOf(request, users, browsers)
    } catch (error) {
      request.unknown = error
    }
  })
  await v1.register(rateLimit, {
    max: PER_MINUTE,
    timeWindow: '1 minute',
    keyGenerator: (request) => (request.session === undefined ? `address ${request.ip}` : `user ${request.session.user.name}`),
    errorResponseBuilder: (_request, { max, ttl }) => new LookthroughError('LT-2114', { max, seconds: Math.ceil(ttl / 1000) }),
  })
  // After the limit's own hook, and before the body is read.
  v1.addHook('preParsing', async (request) => {
    if (request.routeOptions.config.isOpen?.(request) === true) return
    if (request.unknown !== undefined) throw request.unknown
    sessionOf(request)
  })
}

/** Whoever shows a token is asked for nothing else. Rejects with LT-2105 and LT-2117. */
async function callerOf({ headers, method }: FastifyRequest, users: Users, browsers: BrowserSessions | undefined): Promise<Session | undefined> {
  if (headers.authorization !== undefined || browsers === undefined) return users.authenticate(tokenIn(headers.authorization) ?? '')
  return browsers.callerOf(headers, { isChange: method !== 'GET' && method !== 'HEAD' })
}

/** The session of a request that has passed the guard: what stays open ends with it. */
export function sessionOf(request: FastifyRequest): Session {
  if (request.session === undefined) throw new LookthroughError('LT-2110')
  return request.session
}

/** The caller of a request that has passed the guard. */
export function userOf(request: FastifyRequest): DeskUser {
  return sessionOf(request).user
}

/** The caller, who may see alerts. */
export function viewerOf(request: FastifyRequest): DeskUser {
  const user = userOf(request)
  demand(user, 'see')
  return user
}
