/**
 * What people did about an alert, one record of the action log each (`lookthrough.actions`, retained, key = alert id): the desk is built again from these and
 * the alerts.
 */
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'

export const MAX_COMMENT = 10_000

const Institution = Type.Union([Type.String(), Type.Null()], { description: 'null: the authority' })
const Common = {
  id: Type.String({ minLength: 1 }),
  alert: Type.String({ minLength: 1 }),
  at: Type.String({ description: 'RFC 3339' }),
}
/** `disclosed`: whether the alert's bank sees it. What the bank itself says always is; the authority sees everything. */
const Said = { ...Common, disclosed: Type.Boolean(), by: Type.Object({ user: Type.String(), role: Type.String(), institution: Institution }) }

export const Acknowledge = Type.Object({ ...Said, action: Type.Literal('acknowledge') })
export const Comment = Type.Object({ ...Said, action: Type.Literal('comment'), text: Type.String({ minLength: 1, maxLength: MAX_COMMENT }) })
/** 签收: the reader of a durable subscription has taken this revision. */
export const Receipt = Type.Object({
  ...Common,
  action: Type.Literal('receipt'),
  by: Type.Object({ user: Type.String(), institution: Institution }),
  revision: Type.Integer({ minimum: 1 }),
  stream: Type.String(),
  subscription: Type.String(),
})
export const Action = Type.Union([Acknowledge, Comment, Receipt])

export type SaidAction = Static<typeof Acknowledge> | Static<typeof Comment>
export type Receipt = Static<typeof Receipt>
export type Action = SaidAction | Receipt

const action = Compile(Action)

/** The action as a CloudEvent. */
export function actionEvent(data: Action): Record<string, unknown> {
  return {
    specversion: '1.0',
    id: data.id,
    source: '/lookthrough/desk',
    type: `lookthrough.action.${data.action}`,
    subject: data.alert,
    time: data.at,
    datacontenttype: 'application/json',
    partitionkey: data.alert,
    data,
  }
}

/** The action in such an event; undefined for what is none, or of a kind a later version knows. */
export function actionIn(text: string): Action | undefined {
  try {
    const event = JSON.parse(text) as { data?: unknown } | null
    return action.Check(event?.data) ? event.data : undefined
  } catch {
    return undefined
  }
}
