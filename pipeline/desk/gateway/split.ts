/** The events of a body, each by its own bytes, so that a bad one takes no other with it. */
import { LookthroughError } from '../../contract/index.ts'
import { arrowRows, MAX_EXPANDED_BYTES } from '../../hot/accept/arrow.ts'
import { eachElement, isSpace } from '../../hot/accept/elements.ts'
import { LIMITS } from './limits.ts'
import type { Place } from './room.ts'

export type BodyForm = 'json' | 'lines' | 'arrow'

/** By media type, without parameters. JSON is one event or an array of them, whichever name it has. */
export const BODY_FORMS: Readonly<Record<string, BodyForm>> = {
  'application/json': 'json',
  'application/cloudevents+json': 'json',
  'application/cloudevents-batch+json': 'json',
  'application/x-ndjson': 'lines',
  'application/ndjson': 'lines',
  'application/vnd.apache.arrow.stream': 'arrow',
}

/** Throws LT-2152 for more events than a request may have, LT-2156 for what is not of its form, LT-2115 for tables whose texts come to too much, LT-2153 when rows as JSON take too much room. */
export function partsOf(body: Buffer, form: BodyForm, place: Place): Iterable<Buffer> {
  if (form === 'arrow') return rowsOf(body, place)
  return form === 'lines' ? linesOf(body) : elementsOf(body)
}

function elementsOf(body: Buffer): Buffer[] {
  const start = body.findIndex((c) => !isSpace(c))
  if (start < 0) return []
  if (body[start] !== OPEN) return [body]
  const parts: Buffer[] = []
  const whole = eachElement(
    body,
    start,
    body.length,
    () => undefined,
    (from, to) => add(parts, body.subarray(from, to)),
  )
  if (!whole) throw new LookthroughError('LT-2156', { form: 'JSON' })
  return parts
}

/** Blank lines are no events, and are not counted. */
function linesOf(body: Buffer): Buffer[] {
  const parts: Buffer[] = []
  for (let from = 0; from < body.length; ) {
    const end = body.indexOf(LINE_FEED, from)
    const line = body.subarray(from, end < 0 ? body.length : end)
    if (!line.every(isSpace)) add(parts, line)
    from = end < 0 ? body.length : end + 1
  }
  return parts
}

function* rowsOf(body: Buffer, place: Place): Generator<Buffer> {
  const batches = body.length === 0 ? [] : arrowRows(body)
  if (batches === 'not-json') throw new LookthroughError('LT-2156', { form: 'Arrow IPC' })
  if (batches === 'too-large') throw new LookthroughError('LT-2115', { max: MAX_EXPANDED_BYTES })
  if (batches.reduce((sum, b) => sum + b.count, 0) > LIMITS.events) throw tooMany()
  for (const batch of batches) {
    for (let row = 0; row < batch.count; row++) {
      const part = batch.json(row)
      place.bytes(part.length)
      yield part
    }
  }
}

function add(parts: Buffer[], bytes: Buffer): void {
  if (parts.length === LIMITS.events) throw tooMany()
  parts.push(bytes)
}

function tooMany(): LookthroughError {
  return new LookthroughError('LT-2152', { max: LIMITS.events })
}

const [OPEN, LINE_FEED] = [91, 10]
