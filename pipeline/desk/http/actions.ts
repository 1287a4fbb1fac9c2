/**
 * `POST /v1/alerts/{id}/actions`: what somebody does about an alert, answered once every in-sync replica of the action log has it. `GET /v1/receipts?alert=`:
 * who has received which revision when, for the authority.
 */
import { createHash, randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { MAX_COMMENT, type SaidAction } from '../../contract/action.ts'
import { LookthroughError } from '../../contract/index.ts'
import { demand } from '../entitlements/roles.ts'
import type { DeskUser } from '../entitlements/users.ts'
import { keyIn } from '../gateway/repeats.ts'
import type { ActionLog } from '../store/action-log.ts'
import type { Records } from '../store/records.ts'
import { userOf } from './access.ts'

const strict = { additionalProperties: false }
/** What the authority says it keeps to itself unless it is `disclosed`. */
const disclosed = Type.Optional(Type.Boolean())
export const ActionBody = Type.Union([
  Type.Object({ action: Type.Literal('acknowledge'), disclosed }, strict),
  Type.Object({ action: Type.Literal('comment'), text: Type.String({ minLength: 1, maxLength: MAX_COMMENT }), disclosed }, strict),
])
const body = Compile(ActionBody)
const query = Compile(Type.Object({ alert: Type.String({ minLength: 1 }) }, strict))

export function actionRoutes(v1: FastifyInstance, { alerts, actions }: Pick<Records, 'alerts' | 'actions'>): void {
  v1.post<{ Params: { id: string } }>('/alerts/:id/actions', async (request, reply) => {
    const user = userOf(request)
    demand(user, 'act')
    const alert = alerts.of(user).last(request.params.id)
    if (alert === undefined) throw new LookthroughError('LT-2111')
    const asked: unknown = request.body
    if (!body.Check(asked)) throw new LookthroughError('LT-2113', { why: '{"action": "acknowledge"} | {"action": "comment", "text": "…"}, "disclosed": true' })
    const { action, isNew } = await once(actions, actionOf(asked, alert.id, user, idOf(request, user)))
    return reply.code(isNew ? 201 : 200).send(action)
  })
  v1.get('/receipts', async (request) => {
    const user = userOf(request)
    demand(user, 'seeReceipts')
    const asked: unknown = request.query
    if (!query.Check(asked)) throw new LookthroughError('LT-2113', { why: 'query: alert' })
    if (alerts.of(user).last(asked.alert) === undefined) throw new LookthroughError('LT-2111')
    const receipts = await actions.receipts(asked.alert)
    return { items: receipts.map(({ revision, stream, subscription, by, at }) => ({ revision, stream, subscription, by, at })) }
  })
}

/** With an `Idempotency-Key`, the same for the same key of the same user, so that a repetition is known even after a restart. Throws LT-2113. */
function idOf(request: FastifyRequest, user: DeskUser): string {
  const key = request.headers['idempotency-key']
  return typeof key === 'string'
    ? createHash('sha256')
        .update(JSON.stringify([user.name, keyIn(key)]))
        .digest('base64url')
    : randomUUID()
}

function actionOf(asked: Static<typeof ActionBody>, alert: string, user: DeskUser, id: string): SaidAction {
  const by = { user: user.name, role: user.role, institution: user.institution }
  return { ...asked, id, alert, at: new Date().toISOString(), by, disclosed: user.role === 'desk' || asked.disclosed === true }
}

/** Throws LT-2126 when the log does not take it, LT-2154 while the first of this id is on its way, LT-2155 when that was another. */
async function once(actions: ActionLog, action: SaidAction): Promise<{ action: SaidAction; isNew: boolean }> {
  const known = await actions.find(action.id)
  if (actions.isComing(action.id)) throw new LookthroughError('LT-2154')
  if (known === undefined) {
    await actions.write([action])
    return { action, isNew: true }
  }
  if (JSON.stringify({ ...action, at: known.at }) !== JSON.stringify(known)) throw new LookthroughError('LT-2155')
  return { action: known, isNew: false }
}
