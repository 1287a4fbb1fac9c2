/** `GET /v1/audit?from=&to=&format=ndjson|csv`: what people did, for auditors and supervisors. That it was asked for is on record as well. */
import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { LookthroughError, parseTime } from '../../contract/index.ts'
import { auditLines, FORMATS, type Span, written } from '../audit/export.ts'
import { type AuditRecord, entryBy } from '../audit/record.ts'
import { demand } from '../entitlements/roles.ts'
import type { ActionLog } from '../store/action-log.ts'
import { userOf } from './access.ts'

const Time = Type.Optional(Type.String({ description: 'RFC 3339' }))
export const AuditQuery = Type.Object(
  { from: Time, to: Time, format: Type.Optional(Type.Union([Type.Literal('ndjson'), Type.Literal('csv')])) },
  { additionalProperties: false },
)
const query = Compile(AuditQuery)

export function auditRoute(v1: FastifyInstance, record: AuditRecord, actions: ActionLog): void {
  v1.get('/audit', { exposeHeadRoute: false }, async (request, reply) => {
    const user = userOf(request)
    demand(user, 'exportAudit')
    const asked: unknown = request.query
    if (!query.Check(asked)) throw new LookthroughError('LT-2113', { why: 'query: from, to, format (ndjson, csv)' })
    const { format = 'ndjson' } = asked
    const span: Span = { from: timeIn(asked.from, 'from') ?? -Infinity, to: timeIn(asked.to, 'to') ?? Infinity }
    await record.write(entryBy(user, { did: 'export', ...asked, format }))
    return reply.type(FORMATS[format]).send(Readable.from(written(auditLines(user, span, record, actions), format)))
  })
}

function timeIn(text: string | undefined, name: string): number | undefined {
  const time = text === undefined ? undefined : parseTime(text)
  if (text !== undefined && time === undefined) throw new LookthroughError('LT-2113', { why: `${name}: 2026-03-02T09:00:00+08:00` })
  return time
}
