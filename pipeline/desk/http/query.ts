/** `POST /v1/sql`: one query on the lake, in a process of its own; every one is logged and on record, with who asked and what came of it, before it is answered. */
import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { LookthroughError } from '../../contract/index.ts'
import type { Pseudonyms } from '../entitlements/pseudonyms.ts'
import { type AuditRecord, entryBy } from '../audit/record.ts'
import { demand, may } from '../entitlements/roles.ts'
import type { DeskUser } from '../entitlements/users.ts'
import { runSql, type SqlResult } from '../sql/sql.ts'
import type { SqlViewer } from '../sql/tables.ts'
import { userOf } from './access.ts'
import type { Turns } from './turns.ts'

const body = Compile(Type.Object({ sql: Type.String({ minLength: 1, maxLength: 100_000 }), limit: Type.Optional(Type.Integer({ minimum: 1 })) }))

export type SqlRouteOptions = {
  lakeDirectory: string | undefined
  pseudonyms: Pseudonyms
  turns: Turns
  record: AuditRecord
  log(line: Record<string, unknown>): void
}

export function sqlRoute(v1: FastifyInstance, { lakeDirectory, pseudonyms, turns, record, log }: SqlRouteOptions): void {
  v1.post('/sql', (request, reply): Promise<SqlResult> => {
    const user = userOf(request)
    demand(user, 'query')
    const asked: unknown = request.body
    if (!body.Check(asked)) throw new LookthroughError('LT-2113', { why: '{"sql": "select …", "limit": 1000}' })
    if (lakeDirectory === undefined) throw new LookthroughError('LT-2135')
    return turns.take(user.name, async () => {
      const abort = new AbortController()
      reply.raw.once('close', () => abort.abort())
      const started = Date.now()
      const tell = async (outcome: string, rows?: number) => {
        const what = { sql: asked.sql, outcome, ...(rows !== undefined && { rows }), ms: Date.now() - started }
        log({ level: 'info', message: 'query', user: user.name, institution: user.institution, ...what })
        await record.write(entryBy(user, { did: 'query', ...what }))
      }
      try {
        const result = await runSql({ ...asked, lakeDirectory, viewer: viewerOf(user), key: pseudonyms.current(), signal: abort.signal })
        await tell('ok', result.rows.length)
        return result
      } catch (error) {
        await tell(error instanceof LookthroughError ? error.code : String(error))
        throw error
      }
    })
  })
}

/** A desk without an institution finds nothing. What was refused is handed back by whoever runs the desk. */
function viewerOf(user: DeskUser): SqlViewer {
  return { institution: user.role === 'desk' ? (user.institution ?? '') : null, seesBytes: may(user.role, 'manage') }
}
