/** Who is calling: the bearer token of every `/v1` request, and the limit on how many there may be. */
import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { LookthroughError } from '../../contract/index.ts'
import { type DeskUser, tokenIn, type Users } from '../entitlements/users.ts'

declare module 'fastify' {
  interface FastifyRequest {
    caller: DeskUser | undefined
  }
}

const PER_MINUTE = 600

/** Requests without a valid token get 401, and count against their address, so that tokens cannot be tried out at speed. */
export async function guard(v1: FastifyInstance, users: Users): Promise<void> {
  v1.decorateRequest('caller', undefined)
  v1.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store')
    request.caller = users.find(tokenIn(request.headers.authorization) ?? '')
  })
  await v1.register(rateLimit, {
    max: PER_MINUTE,
    timeWindow: '1 minute',
    keyGenerator: (request) => (request.caller === undefined ? `address ${request.ip}` : `user ${request.caller.name}`),
    errorResponseBuilder: (_request, { max, ttl }) => new LookthroughError('LT-2114', { max, seconds: Math.ceil(ttl / 1000) }),
  })
  // After the limit's own hook, and before the body is read.
  v1.addHook('preParsing', async (request) => {
    if (request.caller === undefined) throw new LookthroughError('LT-2110')
  })
}

/** The caller of a request that has passed the guard. */
export function userOf(request: FastifyRequest): DeskUser {
  if (request.caller === undefined) throw new LookthroughError('LT-2110')
  return request.caller
}
