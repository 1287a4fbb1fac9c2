/**
 * `/metrics`: counts over all institutions, of which a bank could read its neighbours' volume. Open on a desk that this machine alone can reach, and to what
 * no proxy has passed on; elsewhere with a token of role operator or admin.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isLoopback } from '../entitlements/safe-address.ts'
import type { BrowserSessions } from '../entitlements/browser-sessions.ts'
import { demand } from '../entitlements/roles.ts'
import type { Users } from '../entitlements/users.ts'
import { guard, userOf } from './access.ts'

export type Metrics = {
  contentType: string
  render(): Promise<string>
  /** `open`: to whoever reaches this machine's own address; as the desk's host is, unless said. */
  access?: 'open' | 'token' | undefined
}

export async function metricsRoute(app: FastifyInstance, metrics: Metrics, host: string, users: Users, browsers: BrowserSessions | undefined): Promise<void> {
  const { access = isLoopback(host) ? 'open' : 'token' } = metrics
  const isOpen = (request: FastifyRequest) => access === 'open' && !isPassedOn(request)
  await app.register(async (scope) => {
    await guard(scope, users, browsers)
    scope.get('/metrics', { config: { isOpen } }, async (request, reply) => {
      if (!isOpen(request)) demand(userOf(request), 'seeMetrics')
      return reply.type(metrics.contentType).send(await metrics.render())
    })
  })
}

/** What a proxy on this machine passes on comes from this machine too. */
function isPassedOn({ headers }: FastifyRequest): boolean {
  return ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some((name) => headers[name] !== undefined)
}
