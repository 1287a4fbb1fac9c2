/** What needs no token: health, and the dashboard's files; and the headers every answer carries. */
import { basename } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { LookthroughError } from '../../contract/index.ts'
import { fail } from './reply.ts'

export type PagesOptions = {
  dashboardDirectory?: string | undefined
  /** Whether callers can be served. */
  isReady(): boolean
}

export async function pages(app: FastifyInstance, { dashboardDirectory, isReady }: PagesOptions): Promise<void> {
  app.addHook('onSend', secure)
  app.get('/livez', () => ({ ok: true }))
  app.get('/readyz', (_, reply) => reply.code(isReady() ? 200 : 503).send({ ok: isReady() }))
  if (dashboardDirectory !== undefined) await app.register(fastifyStatic, { root: dashboardDirectory, cacheControl: false, setHeaders: cached })
  app.setNotFoundHandler((request, reply) => {
    // The dashboard makes its own routes; a file that is missing is missing.
    const isRoute = request.method === 'GET' && !basename(request.url.split('?', 1)[0] ?? '').includes('.')
    return isRoute && dashboardDirectory !== undefined ? reply.sendFile('index.html') : fail(request, reply, new LookthroughError('LT-2111'))
  })
}

/** Built files carry a hash in their names and never change; the page that names them does. */
function cached(reply: FastifyReply, path: string): void {
  reply.header('cache-control', /[/\\]assets[/\\]/.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache')
}

const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "manifest-src 'self'",
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The headers of every answer. */
export const SECURE = {
  'content-security-policy': CSP,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

function secure(_request: FastifyRequest, reply: FastifyReply, payload: unknown, done: (error: null, payload: unknown) => void): void {
  reply.headers(SECURE)
  done(null, payload)
}
