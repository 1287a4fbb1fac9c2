/** What of a body a user may report, and of each other event why not: judged by the engine's own code, so that what is accepted here is no dead letter there. */
import { setImmediate } from 'node:timers/promises'
import {
  type DeadReason,
  type ErrorCode,
  type EventType,
  type Facts,
  type Language,
  LookthroughError,
  MAX_FUTURE_MS,
  MAX_MESSAGE_BYTES,
  MAX_NAME_LENGTH,
  STREAMS,
  isEventType,
} from '../../contract/index.ts'
import { judge } from '../../hot/accept/decode.ts'
import { isRecord } from '../../hot/accept/schema.ts'
import { say } from '../../messages/index.ts'
import type { Viewer } from '../entitlements/see.ts'
import { messageOf } from '../http/reply.ts'
import { expectedOf } from './expected.ts'

/** `value`: the bytes as they came. */
export type EventMessage = { type: EventType; key: string; value: Buffer }
/** Why an event is not taken: the engine's reasons, and two of the gateway's own. */
export type Reason = Exclude<DeadReason, 'duplicate-conflict'> | 'no-key' | 'not-yourself'
/** `index`: from 0, in the order of the body. */
export type Outcome =
  | { index: number; id: string; accepted: true }
  | { index: number; id: string | null; accepted: false; reason: Reason; code: ErrorCode; message: string; pointer?: string; expected?: string }

/** `now`: ms, what the engine will take for the time of arrival, or a little before it. */
export type Asking = { user: Viewer; language: Language; now: number }

/** One outcome per part, in order; others are served meanwhile. */
export async function sortOut(parts: Iterable<Buffer>, asking: Asking): Promise<{ messages: EventMessage[]; outcomes: Outcome[] }> {
  const messages: EventMessage[] = []
  const outcomes: Outcome[] = []
  for (const part of parts) {
    const index = outcomes.length
    const found = look(part, asking)
    if ('message' in found) {
      messages.push(found.message)
      outcomes.push({ index, id: found.id, accepted: true })
    } else outcomes.push({ index, ...explained(found, part, asking.language) })
    if (outcomes.length % AT_ONCE === 0) await setImmediate()
  }
  return { messages, outcomes }
}

const AT_ONCE = 500

type Refused = { reason: Reason; pointer?: string; id?: string }

function look(part: Buffer, { user, now }: Asking): { message: EventMessage; id: string } | Refused {
  if (part.length > MAX_MESSAGE_BYTES) return { reason: 'too-large' }
  const verdict = judge(part, 0, part.length, now + MAX_FUTURE_MS)
  if ('reason' in verdict) return { ...verdict, reason: verdict.reason as Reason }
  const { type, id, source, institution, subject, data } = verdict.event
  if (user.role === 'desk' && institution !== user.institution) return { reason: 'not-yourself', pointer: '/institution', id }
  if (user.role === 'desk' && namesAnother(source, institution)) return { reason: 'not-yourself', pointer: '/source', id }
  const { key: field } = STREAMS[type]
  const stated = field === 'institution' ? institution : data[field]
  // A deletion need not carry the field; its subject is the same.
  const key = typeof stated === 'string' && stated !== '' ? stated : subject
  return key === '' ? { reason: 'no-key', pointer: `/data/${field}`, id } : { message: { type, key, value: part }, id }
}

/** A source under `/institutions/` belongs to the institution named there: nobody else may use up its event ids. */
function namesAnother(source: string, institution: string): boolean {
  const segments = source.split('/')
  const at = segments.indexOf('institutions')
  return at >= 0 && segments[at + 1] !== institution
}

function explained({ reason, pointer, id }: Refused, part: Buffer, language: Language): Omit<Outcome & { accepted: false }, 'index'> {
  const expected = expectedOf(reason, pointer, typeOf(part), language)
  const { code, facts } = errorOf(reason, language)
  return {
    id: id?.slice(0, MAX_NAME_LENGTH) ?? null,
    accepted: false,
    reason,
    code,
    message: messageOf(new LookthroughError(code, facts), language),
    ...(pointer !== undefined && { pointer }),
    ...(expected !== undefined && { expected }),
  }
}

function errorOf(reason: Reason, language: Language): { code: ErrorCode; facts: Facts } {
  if (reason === 'unknown-type') return { code: 'LT-2122', facts: {} }
  if (reason === 'no-key') return { code: 'LT-2123', facts: {} }
  if (reason === 'not-yourself') return { code: 'LT-2124', facts: {} }
  if (reason === 'too-large') return { code: 'LT-2125', facts: { max: MAX_MESSAGE_BYTES } }
  return { code: 'LT-2121', facts: { why: say(`desk.reason.${reason}`, language) } }
}

function typeOf(part: Buffer): EventType | undefined {
  if (part.length > MAX_MESSAGE_BYTES) return undefined
  try {
    const event: unknown = JSON.parse(part.toString())
    return isRecord(event) && isEventType(event['type']) ? event['type'] : undefined
  } catch {
    return undefined
  }
}
