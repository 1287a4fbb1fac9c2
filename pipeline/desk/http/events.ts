/** `POST /v1/events`: events to Kafka; 202 only once every in-sync replica has them. */
import { EVENT_TYPES, type EventType, STREAMS } from '../../contract/index.ts'
import type { DeskUser } from '../entitlements/users.ts'

export type EventMessage = { type: EventType; key: string; value: Buffer }
export type Rejection = { index: number; code: 'not_an_event' | 'unknown_type' | 'no_key' | 'not_your_institution'; message: string }

/** What of a body can be published by this user. A bank reports only as itself. Everything else about an event is judged by the engine. */
export function sortOut(body: unknown, user: Pick<DeskUser, 'role' | 'institution'>): { messages: EventMessage[]; rejected: Rejection[] } {
  const events = Array.isArray(body) ? body : [body]
  const messages: EventMessage[] = []
  const rejected: Rejection[] = []
  events.forEach((event: unknown, index) => {
    const result = messageOf(event, user)
    if ('value' in result) messages.push(result)
    else rejected.push({ index, ...result })
  })
  return { messages, rejected }
}

function messageOf(event: unknown, user: Pick<DeskUser, 'role' | 'institution'>): EventMessage | Omit<Rejection, 'index'> {
  if (!isRecord(event) || event['specversion'] !== '1.0') return { code: 'not_an_event', message: 'not a CloudEvents 1.0 event' }
  const { type, institution, data } = event
  if (!isType(type)) return { code: 'unknown_type', message: `type is one of ${EVENT_TYPES.join(', ')}` }
  if (user.role === 'desk' && institution !== user.institution) return { code: 'not_your_institution', message: 'an institution reports only as itself' }
  const { key } = STREAMS[type]
  const value = key === 'institution' ? institution : isRecord(data) ? data[key] : undefined
  if (typeof value !== 'string' || value === '') return { code: 'no_key', message: `the record key ${key} is missing` }
  return { type, key: value, value: Buffer.from(JSON.stringify(event)) }
}

function isType(type: unknown): type is EventType {
  return typeof type === 'string' && Object.hasOwn(STREAMS, type)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
