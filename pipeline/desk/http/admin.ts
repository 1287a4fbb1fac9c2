/** `POST /v1/admin/revoke {"name"} | {"jti"}`: a user's tokens issued until now, or one token, hold no longer; what they have open ends at once. */
import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { LookthroughError } from '../../contract/index.ts'
import { type AuditRecord, entryBy } from '../audit/record.ts'
import { demand } from '../entitlements/roles.ts'
import type { Users } from '../entitlements/users.ts'
import { userOf } from './access.ts'

const Name = Type.String({ minLength: 1, maxLength: 512 })
const strict = { additionalProperties: false }
export const RevokeBody = Type.Union([Type.Object({ name: Name }, strict), Type.Object({ jti: Name }, strict)])
const body = Compile(RevokeBody)

/** The answer is the same whether there is such a user or token. */
export function adminRoutes(v1: FastifyInstance, users: Users, record: AuditRecord, log: (line: Record<string, unknown>) => void): void {
  v1.post('/admin/revoke', async (request, reply) => {
    const user = userOf(request)
    demand(user, 'manage')
    const asked: unknown = request.body
    if (!body.Check(asked)) throw new LookthroughError('LT-2113', { why: '{"name": "…"} or {"jti": "…"}' })
    const now = Date.now()
    const of = 'name' in asked ? asked.name : asked.jti
    const revocations = users.revocationsOf(asked, now)
    await record.write(entryBy(user, { did: 'revoke', of, revocations }))
    users.revoke(revocations)
    log({ level: 'info', message: 'revoked', user: user.name, of })
    return reply.code(204).send()
  })
}
