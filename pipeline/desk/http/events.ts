/** `POST /v1/events`: events to the log; 202 only once every in-sync replica has them. */
import type { FastifyInstance } from 'fastify'
import { Compile } from 'typebox/compile'
import {
  Envelope,
  type ErrorCode,
  EVENT_TYPES,
  type EventType,
  type Facts,
  isEventType,
  type Language,
  LookthroughError,
  MAX_MESSAGE_BYTES,
  STREAMS,
} from '../../contract/index.ts'
import type { Viewer } from '../entitlements/see.ts'
import type { DeskUser } from '../entitlements/users.ts'
import { userOf } from './access.ts'
import { fail, languageOf, messageOf } from './reply.ts'

export type EventMessage = { type: EventType; key: string; value: Buffer }
export type Rejection = { index: number; code: ErrorCode; message: string }

/** Whoever reads only, reports nothing. */
const MAY_NOT_REPORT: readonly DeskUser['role'][] = ['analyst', 'auditor']

const envelope = Compile(Envelope)

/** `publish` resolves once the log has acknowledged all of them. */
export function eventRoutes(v1: FastifyInstance, publish: (events: EventMessage[]) => Promise<void>, log: (line: Record<string, unknown>) => void): void {
  const parseJson = v1.getDefaultJsonParser('error', 'error')
  v1.addContentTypeParser(['application/cloudevents+json', 'application/cloudevents-batch+json'], { parseAs: 'string' }, parseJson)
  v1.addContentTypeParser(['application/x-ndjson', 'application/ndjson'], { parseAs: 'string' }, (_, body, done) => done(null, parseLines(String(body))))
  v1.post('/events', { config: { rateLimit: false } }, async (request, reply) => {
    const user = userOf(request)
    if (MAY_NOT_REPORT.includes(user.role)) throw new LookthroughError('LT-2112', { role: user.role })
    const { messages, rejected } = sortOut(request.body, user, languageOf(request.headers['accept-language']))
    if (messages.length === 0) return fail(request, reply, new LookthroughError('LT-2120', { rejected: rejected.length }), { rejected })
    try {
      await publish(messages)
    } catch (error) {
      log({ level: 'error', message: 'events could not be published', events: messages.length, error: String(error), ref: request.id })
      throw new LookthroughError('LT-2126', {}, error)
    }
    return reply.code(202).send({ accepted: messages.length, rejected })
  })
}

/** What of a body (one event, or an array of them) this user may publish, and why not the rest. What the data say is judged by the engine. */
export function sortOut(body: unknown, user: Viewer, language: Language): { messages: EventMessage[]; rejected: Rejection[] } {
  const messages: EventMessage[] = []
  const rejected: Rejection[] = []
  for (const [index, event] of (Array.isArray(body) ? body : [body]).entries()) {
    const result = messageFrom(event, user)
    if ('value' in result) messages.push(result)
    else rejected.push({ index, code: result.code, message: messageOf(result, language) })
  }
  return { messages, rejected }
}

function messageFrom(event: unknown, user: Viewer): EventMessage | LookthroughError {
  const refuse = (code: ErrorCode, facts: Facts = {}) => new LookthroughError(code, facts)
  if (!envelope.Check(event)) {
    const [first] = envelope.Errors(event)
    return refuse('LT-2121', { why: first === undefined ? 'not a CloudEvent' : `${first.instancePath || '/'} ${first.message}` })
  }
  const { type, institution, source } = event
  const data: unknown = 'data' in event ? event.data : undefined
  if (!isEventType(type)) return refuse('LT-2122', { type: type.slice(0, 100), known: EVENT_TYPES.join(' ') })
  if (user.role === 'desk' && (institution !== user.institution || namesAnother(source, institution))) return refuse('LT-2124')
  const { key: field } = STREAMS[type]
  const key = field === 'institution' ? institution : isRecord(data) ? data[field] : undefined
  if (typeof key !== 'string' || key === '') return refuse('LT-2123', { key: field })
  const value = Buffer.from(JSON.stringify(event))
  return value.length > MAX_MESSAGE_BYTES ? refuse('LT-2125', { max: MAX_MESSAGE_BYTES }) : { type, key, value }
}

/** A source under `/institutions/` belongs to the institution named there: nobody else may use up its event ids. */
function namesAnother(source: string, institution: string): boolean {
  const segments = source.split('/')
  const at = segments.indexOf('institutions')
  return at >= 0 && segments[at + 1] !== institution
}

/** A line that is no JSON becomes an element that is no event, so that it is reported by its number. */
function parseLines(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line): unknown => {
      try {
        return JSON.parse(line)
      } catch {
        return undefined
      }
    })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
