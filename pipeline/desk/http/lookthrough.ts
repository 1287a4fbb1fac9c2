/** `GET /v1/lookthrough?institution=…&party=…[&at=…]`: the paths of an exposure, as they are or were, as far as the caller may see them; every one is logged and on record. */
import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { LookthroughError, parseTime } from '../../contract/index.ts'
import type { Lookthrough } from '../../contract/lookthrough.ts'
import { type AuditRecord, entryBy } from '../audit/record.ts'
import { lookthroughFor, mayAskAbout } from '../entitlements/lookthrough.ts'
import { demand } from '../entitlements/roles.ts'
import { userOf } from './access.ts'
import type { Turns } from './turns.ts'

/** `at` in ms; absent: as it is now. `signal` ends it at once. */
export type LookThrough = (asked: { institution: string; obligor: string; at: number | undefined }, signal: AbortSignal) => Promise<Lookthrough>

const Name = Type.String({ minLength: 1, maxLength: 256 })
const query = Compile(Type.Object({ institution: Name, party: Name, at: Type.Optional(Type.String()) }, { additionalProperties: false }))

export type LookthroughOptions = { lookThrough: LookThrough | undefined; turns: Turns; record: AuditRecord; log(line: Record<string, unknown>): void }

export function lookthroughRoute(v1: FastifyInstance, { lookThrough, turns, record, log }: LookthroughOptions): void {
  v1.get('/lookthrough', (request, reply): Promise<Lookthrough> => {
    const user = userOf(request)
    demand(user, 'see')
    const asked: unknown = request.query
    if (!query.Check(asked)) throw new LookthroughError('LT-2113', { why: 'query: institution, party, at' })
    const at = asked.at === undefined ? undefined : parseTime(asked.at)
    if (at === undefined && asked.at !== undefined) throw new LookthroughError('LT-2113', { why: 'at: 2026-03-02T09:00:00+08:00' })
    if (!mayAskAbout(user, asked.institution)) throw new LookthroughError('LT-2111')
    if (lookThrough === undefined) throw new LookthroughError('LT-2135')
    return turns.take(user.name, async () => {
      const abort = new AbortController()
      reply.raw.once('close', () => abort.abort())
      const started = Date.now()
      const tell = async (outcome: string) => {
        const ms = Date.now() - started
        const { institution: about, party, at: asOf } = asked
        log({ level: 'info', message: 'lookthrough', user: user.name, ...asked, outcome, ms })
        await record.write(entryBy(user, { did: 'lookthrough', about, party, ...(asOf !== undefined && { asOf }), outcome, ms }))
      }
      try {
        const told = await lookThrough({ institution: asked.institution, obligor: asked.party, at }, abort.signal)
        await tell('ok')
        return lookthroughFor(user, told)
      } catch (error) {
        await tell(error instanceof LookthroughError ? error.code : String(error))
        throw error
      }
    })
  })
}
