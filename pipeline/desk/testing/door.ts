/** The gateway alone, with the desk's guard and errors, asked without a socket. */
import fastify from 'fastify'
import type { StaticUser } from '../entitlements/users.ts'
import { usersOf } from '../entitlements/users.ts'
import type { EventMessage, Outcome, Reason } from '../gateway/sort-out.ts'
import { guard } from '../http/access.ts'
import { eventRoutes } from '../http/events.ts'
import { asOurs, fail } from '../http/reply.ts'
import { USERS } from './world.ts'

export type DoorAnswer = {
  status: number
  headers: Record<string, unknown>
  accepted?: number
  events: Outcome[]
  code?: string
  text: string
}

/** `publish` says what the log does; without it, it takes everything. */
export async function openDoor(publish: (events: EventMessage[]) => Promise<void> = () => Promise.resolve()) {
  const published: EventMessage[] = []
  const told = { accepted: 0, rejected: new Map<Reason, number>(), inFlight: 0, throttled: 0, unavailable: 0 }
  const app = fastify()
  app.setErrorHandler((error: Error, request, reply) => fail(request, reply, asOurs(error, 0)))
  await app.register(
    async (v1) => {
      await guard(v1, usersOf(Object.values(USERS)))
      await eventRoutes(v1, {
        publish: async (events) => {
          await publish(events)
          published.push(...events)
        },
        log: () => undefined,
        watch: {
          accepted: (events) => (told.accepted += events),
          rejected: (reason) => told.rejected.set(reason, (told.rejected.get(reason) ?? 0) + 1),
          inFlight: (events) => (told.inFlight = events),
          throttled: () => told.throttled++,
          unavailable: () => told.unavailable++,
        },
      })
    },
    { prefix: '/v1' },
  )
  const post = async (body: string | Buffer, headers: Record<string, string> = {}, user: StaticUser = USERS.admin): Promise<DoorAnswer> => {
    const all = { authorization: `Bearer ${user.token}`, 'content-type': 'application/json', 'accept-language': 'en', ...headers }
    const answer = await app.inject({ method: 'POST', url: '/v1/events', headers: all, payload: body })
    const said = JSON.parse(answer.body) as { accepted?: number; events?: Outcome[]; error?: { code: string; detail: { events?: Outcome[] } | null } }
    const events = said.events ?? said.error?.detail?.events ?? []
    return {
      status: answer.statusCode,
      headers: answer.headers,
      events,
      text: answer.body,
      ...(said.accepted !== undefined && { accepted: said.accepted }),
      ...(said.error !== undefined && { code: said.error.code }),
    }
  }
  return { post, published, told, close: () => app.close() }
}
