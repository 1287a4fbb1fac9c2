/** `POST /v1/events`: events to the log; 202 only once every in-sync replica has them. */
import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { LookthroughError } from '../../contract/index.ts'
import { demand } from '../entitlements/roles.ts'
import type { DeskUser } from '../entitlements/users.ts'
import { readBody } from '../gateway/body.ts'
import { type Attempt, Repeats } from '../gateway/repeats.ts'
import { type Place, Room } from '../gateway/room.ts'
import { type EventMessage, type Outcome, type Reason, sortOut } from '../gateway/sort-out.ts'
import { BODY_FORMS, type BodyForm, partsOf } from '../gateway/split.ts'
import { userOf } from './access.ts'
import { fail, languageOf } from './reply.ts'

export type GatewayOptions = {
  /** Resolves once the log has acknowledged all of them; rejects once it is certain of each whether it has. */
  publish(events: EventMessage[]): Promise<void>
  log(line: Record<string, unknown>): void
  watch?: GatewayWatch | undefined
}

/** Told what becomes of what is sent in; a repetition is not told of again. */
export type GatewayWatch = {
  accepted(events: number): void
  rejected(reason: Reason): void
  inFlight(events: number): void
  /** A request was told to come later: too much in hand, or the log takes nothing. */
  throttled(): void
  unavailable(): void
}

export async function eventRoutes(v1: FastifyInstance, options: GatewayOptions): Promise<void> {
  const gateway = new Gateway(options)
  // Of its own, so that bodies of other routes are read as before.
  await v1.register((scope, _, done) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, payload, parsed) => parsed(null, payload))
    scope.post('/events', { config: { rateLimit: false } }, async (request, reply) => {
      const { accepted, outcomes } = await gateway.take(request)
      const rejected = outcomes.length - accepted
      if (accepted === 0) return fail(request, reply, new LookthroughError('LT-2120', { rejected }), { events: outcomes })
      return reply.code(202).send({ accepted, rejected, events: outcomes })
    })
    done()
  })
}

type Taken = { accepted: number; outcomes: Outcome[] }

class Gateway {
  readonly #options: GatewayOptions
  readonly #room: Room
  readonly #repeats = new Repeats()
  /** The log did not take the last that was sent to it. */
  #isDown = false

  constructor(options: GatewayOptions) {
    this.#options = options
    this.#room = new Room((events) => options.watch?.inFlight(events))
  }

  async take(request: FastifyRequest): Promise<Taken> {
    const user = userOf(request)
    demand(user, 'send')
    const form = formOf(request.headers['content-type'])
    const place = this.#room.enter()
    try {
      const body = await readBody(request.body as Readable | undefined, request.headers['content-encoding'], place)
      return await this.#once(request, user, form, body, place)
    } catch (error) {
      const code = error instanceof LookthroughError ? error.code : undefined
      if (code === 'LT-2153') this.#options.watch?.throttled()
      if (code === 'LT-2126') this.#options.watch?.unavailable()
      throw error
    } finally {
      place.leave()
    }
  }

  async #once(request: FastifyRequest, user: DeskUser, form: BodyForm, body: Buffer, place: Place): Promise<Taken> {
    const key = request.headers['idempotency-key']
    const now = Date.now()
    const attempt = typeof key === 'string' ? this.#repeats.begin(user.name, key, [form, body], now) : { ...NEVER_AGAIN, judgedAt: now }
    try {
      const asking = { user, language: languageOf(request.headers['accept-language']), now: attempt.judgedAt }
      const { messages, outcomes } = await sortOut(partsOf(body, form, place), asking)
      if (!attempt.isRepeat) {
        if (messages.length > 0) await this.#publish(messages, place, request.id)
        this.#count(messages.length, outcomes)
      }
      if (messages.length > 0) attempt.keep()
      return { accepted: messages.length, outcomes }
    } finally {
      attempt.drop()
    }
  }

  /** Throws LT-2153 when too much is on its way, LT-2126 when the log did not take all of them. */
  async #publish(messages: EventMessage[], place: Place, ref: string): Promise<void> {
    // While the log is down, one request at a time finds out whether it still is; nobody else waits for that.
    if (this.#isDown && this.#room.eventsInFlight > 0) throw new LookthroughError('LT-2126')
    place.events(messages.length)
    try {
      await this.#options.publish(messages)
      this.#isDown = false
    } catch (error) {
      this.#isDown = true
      this.#options.log({ level: 'error', message: 'events could not be published', events: messages.length, error: String(error), ref })
      throw new LookthroughError('LT-2126', {}, error)
    }
  }

  #count(accepted: number, outcomes: readonly Outcome[]): void {
    this.#options.watch?.accepted(accepted)
    for (const outcome of outcomes) if (!outcome.accepted) this.#options.watch?.rejected(outcome.reason)
  }
}

const NEVER_AGAIN: Omit<Attempt, 'judgedAt'> = { isRepeat: false, keep: () => undefined, drop: () => undefined }

/** Without a content type, JSON (contract §1). Throws LT-2150. */
function formOf(contentType = 'application/json'): BodyForm {
  const name = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const form = Object.hasOwn(BODY_FORMS, name) ? BODY_FORMS[name] : undefined
  if (form === undefined) throw new LookthroughError('LT-2150', { type: name.slice(0, 100), known: Object.keys(BODY_FORMS).join(' ') })
  return form
}
