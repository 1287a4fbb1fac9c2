/**
 * `POST /v1/unmask {"party" | "token", "reason"}`: who a person is, or what stands behind a token; answered once it is on record who asked and why.
 * `POST /v1/admin/pseudonyms`: from now on tokens are made by a new key.
 */
import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { LookthroughError } from '../../contract/index.ts'
import { type AuditRecord, entryBy } from '../audit/record.ts'
import type { Pseudonyms } from '../entitlements/pseudonyms.ts'
import { demand } from '../entitlements/roles.ts'
import { personsBehind } from '../sql/persons.ts'
import { userOf } from './access.ts'
import type { Turns } from './turns.ts'

export type UnmaskOptions = { lakeDirectory: string | undefined; pseudonyms: Pseudonyms; record: AuditRecord; turns: Turns }

const Name = Type.String({ minLength: 1, maxLength: 512 })
const strict = { additionalProperties: false }
const Reason = Type.String({ minLength: 3, maxLength: 1000, pattern: '\\S' })
export const UnmaskBody = Type.Union([Type.Object({ party: Name, reason: Reason }, strict), Type.Object({ token: Name, reason: Reason }, strict)])
const body = Compile(UnmaskBody)

export function unmaskRoutes(v1: FastifyInstance, { lakeDirectory, pseudonyms, record, turns }: UnmaskOptions): void {
  v1.post('/unmask', (request, reply) => {
    const user = userOf(request)
    demand(user, 'unmask')
    const asked: unknown = request.body
    if (!body.Check(asked)) throw new LookthroughError('LT-2113', { why: '{"party" or "token": "…", "reason": "…"}' })
    const key = 'token' in asked ? pseudonyms.keyOf(asked.token) : pseudonyms.current()
    if (key === undefined) throw new LookthroughError('LT-2111')
    if (lakeDirectory === undefined) throw new LookthroughError('LT-2135')
    return turns.take(user.name, async () => {
      const abort = new AbortController()
      reply.raw.once('close', () => abort.abort())
      const persons = await personsBehind(lakeDirectory, asked, key, abort.signal)
      if (persons.length === 0) throw new LookthroughError('LT-2111')
      await record.write(entryBy(user, { did: 'unmask', ...asked, parties: persons.map(({ party }) => party) }))
      return { persons }
    })
  })
  v1.post('/admin/pseudonyms', async (request) => {
    const user = userOf(request)
    demand(user, 'manage')
    const key = await pseudonyms.rotate()
    await record.write(entryBy(user, { did: 'rotate', key }))
    return { key }
  })
}
