/** `/v1/alerts`: the list, one alert with its revisions, and its evidence. Everything comes from the caller's own stream; what is not in it does not exist. */
import type { FastifyInstance } from 'fastify'
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { type LogPosition, LookthroughError, type PublishedAlert } from '../../contract/index.ts'
import { newestFirst } from '../feed/log.ts'
import type { Records } from '../store/records.ts'
import { viewerOf } from './access.ts'
import { FilterQuery, filterFrom } from './asked.ts'

const MAX_PAGE = 1000
const PAGE = 100

const Query = Type.Object({
  ...FilterQuery,
  limit: Type.Optional(Type.String({ pattern: '^[1-9]\\d{0,3}$' })),
  cursor: Type.Optional(Type.String()),
})
const query = Compile(Query)

export function alertRoutes(v1: FastifyInstance, { alerts, actions }: Pick<Records, 'alerts' | 'actions'>): void {
  v1.get('/alerts', (request) => {
    const asked: unknown = request.query
    const asking = query.Check(asked) ? filterFrom(asked) : undefined
    if (!query.Check(asked) || asking === undefined)
      throw new LookthroughError('LT-2113', { why: 'query: state, severity, rule, institution, subject, limit (1 to 1000), cursor' })
    const user = viewerOf(request)
    const { state, ...filter } = asking
    const shown = alerts
      .of(user)
      .latest(filter)
      .map((alert): ShownAlert => ({ ...alert, state: actions.stateOf(alert, user) }))
    return page(state === undefined ? shown : shown.filter((alert) => state.includes(alert.state)), asked)
  })
  v1.get<{ Params: { id: string } }>('/alerts/:id', async (request) => {
    const user = viewerOf(request)
    const revisions = await alerts.of(user).revisions(request.params.id)
    const last = revisions.at(-1)
    if (last === undefined) throw new LookthroughError('LT-2111')
    return { ...last, state: actions.stateOf(last, user), revisions, actions: await actions.of(last.id, user) }
  })
  v1.get<{ Params: { id: string } }>('/alerts/:id/evidence', (request) => {
    const last = alerts.of(viewerOf(request)).last(request.params.id)
    if (last === undefined) throw new LookthroughError('LT-2111')
    return evidenceOf(last)
  })
}

/** `state` as people see it: what the engine says of an alert that stands, `new`, is `acknowledged` once somebody has acknowledged it. */
type ShownAlert = Omit<PublishedAlert, 'state'> & { state: string }

/** The page after the cursor, newest first. The cursor names the last alert of the page before, so what comes in meanwhile shifts nothing. */
function page(all: ShownAlert[], { limit, cursor }: Static<typeof Query>): { items: ShownAlert[]; next?: string } {
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

export type EvidenceItem = { event: string; position: LogPosition | null }

/** The evidence of a revision; a position is null where the source had none. */
function evidenceOf({ id, revision, evidence, evidenceCount, positions = [] }: PublishedAlert): {
  id: string
  revision: number
  evidence: EvidenceItem[]
  evidenceCount: number
} {
  const beside = positions.length === evidence.length
  return { id, revision, evidence: evidence.map((event, k) => ({ event, position: (beside ? positions[k] : undefined) ?? null })), evidenceCount }
}
