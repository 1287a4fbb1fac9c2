/** `/v1/alerts`: the list, one alert with its revisions, and its evidence. Everything comes from the caller's own stream; what is not in it does not exist. */
import type { FastifyInstance } from 'fastify'
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { type LogPosition, LookthroughError, type PublishedAlert } from '../../contract/index.ts'
import { type AlertLog, newestFirst } from '../feed/log.ts'
import { userOf } from './access.ts'
import { FilterQuery, filterFrom } from './asked.ts'

const MAX_PAGE = 1000
const PAGE = 100

const Query = Type.Object({
  ...FilterQuery,
  limit: Type.Optional(Type.String({ pattern: '^[1-9]\\d{0,3}$' })),
  cursor: Type.Optional(Type.String()),
})
const query = Compile(Query)

export function alertRoutes(v1: FastifyInstance, log: AlertLog): void {
  v1.get('/alerts', (request) => {
    const asked: unknown = request.query
    const filter = query.Check(asked) ? filterFrom(asked) : undefined
    if (!query.Check(asked) || filter === undefined)
      throw new LookthroughError('LT-2113', { why: 'query: state, severity, rule, institution, subject, limit (1 to 1000), cursor' })
    return page(log.of(userOf(request)).latest(filter), asked)
  })
  v1.get<{ Params: { id: string } }>('/alerts/:id', (request) => {
    const revisions = find(log, request)
    return { ...revisions.at(-1), revisions }
  })
  v1.get<{ Params: { id: string } }>('/alerts/:id/evidence', (request) => evidenceOf(find(log, request)))
}

/** The page after the cursor, newest first. The cursor names the last alert of the page before, so what comes in meanwhile shifts nothing. */
function page(all: PublishedAlert[], { limit, cursor }: Static<typeof Query>): { items: PublishedAlert[]; next?: string } {
  const count = Math.min(MAX_PAGE, Number(limit ?? PAGE))
  const after = cursor === undefined ? undefined : decode(cursor)
  const start = after === undefined ? 0 : all.findIndex((alert) => newestFirst(alert, after) > 0)
  const items = start < 0 ? [] : all.slice(start, start + count)
  const last = items.at(-1)
  return { items, ...(last !== undefined && start + count < all.length && { next: encode(last) }) }
}

function encode({ at, id }: { at: string; id: string }): string {
  return Buffer.from(JSON.stringify([at, id])).toString('base64url')
}

function decode(cursor: string): { at: string; id: string } {
  try {
    const [at, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]
    if (typeof at === 'string' && typeof id === 'string') return { at, id }
  } catch {
    // Falls through: no cursor of ours.
  }
  throw new LookthroughError('LT-2113', { why: 'cursor: take it from `next` of the page before' })
}

function find(log: AlertLog, request: Parameters<typeof userOf>[0] & { params: { id: string } }): readonly PublishedAlert[] {
  const revisions = log.of(userOf(request)).revisions(request.params.id)
  if (revisions.length === 0) throw new LookthroughError('LT-2111')
  return revisions
}

export type EvidenceItem = { event: string; position: LogPosition | null }

/** The evidence of the last revision; a position is null where the source had none. */
function evidenceOf(revisions: readonly PublishedAlert[]): { id: string; revision: number; evidence: EvidenceItem[]; evidenceCount: number } {
  const last = revisions.at(-1)
  if (last === undefined) throw new LookthroughError('LT-2111')
  const { id, revision, evidence, evidenceCount, positions = [] } = last
  const beside = positions.length === evidence.length
  return { id, revision, evidence: evidence.map((event, k) => ({ event, position: (beside ? positions[k] : undefined) ?? null })), evidenceCount }
}
