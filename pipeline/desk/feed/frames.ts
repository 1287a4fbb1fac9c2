/** The frames of feed v1: what a client may send, and the events it gets. Unknown fields are ignored, on both sides. */
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import type { PublishedAlert } from '../../contract/index.ts'
import type { Entry } from './log.ts'

export const FEED_PROTOCOL = 'lookthrough.feed.v1+json'

const Names = Type.Union([Type.String(), Type.Array(Type.String(), { maxItems: 1000 })])
const Sid = Type.String({ minLength: 1, maxLength: 64 })
const Subscribe = Type.Object({
  op: Type.Literal('subscribe'),
  sid: Sid,
  from: Type.Optional(Type.Union([Type.Literal('snapshot'), Type.Literal('now'), Type.Object({ cursor: Type.String() })])),
  filter: Type.Optional(Type.Object({ severity: Type.Optional(Names), rule: Type.Optional(Names), institution: Type.Optional(Names) })),
})
const Unsubscribe = Type.Object({ op: Type.Literal('unsubscribe'), sid: Sid })
const operation = Compile(Type.Union([Subscribe, Unsubscribe]))

export type Operation = Static<typeof Subscribe> | Static<typeof Unsubscribe>

/** The operation in a text frame, or undefined for what is none. */
export function parseOperation(text: string): Operation | undefined {
  try {
    const frame: unknown = JSON.parse(text)
    return operation.Check(frame) ? frame : undefined
  } catch {
    return undefined
  }
}

/** A place in a stream, opaque to the client. */
export type Place = { epoch: string; stream: string; seq: number }

export function encodeCursor({ epoch, stream, seq }: Place): string {
  return Buffer.from(JSON.stringify([epoch, stream, seq])).toString('base64url')
}

/** The sequence a cursor stands at; undefined when it is of another stream, another run of the desk, or no cursor. */
export function decodeCursor(cursor: string, place: Omit<Place, 'seq'>): number | undefined {
  try {
    const [epoch, stream, seq] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]
    return epoch === place.epoch && stream === place.stream && typeof seq === 'number' && Number.isInteger(seq) && seq >= 0 ? seq : undefined
  } catch {
    return undefined
  }
}

/** The alert as a CloudEvent (contract §3). */
export function cloudEvent(alert: PublishedAlert): Record<string, unknown> {
  const kind = alert.state === 'resolved' ? 'resolved' : alert.revision === 1 ? 'opened' : 'updated'
  return {
    specversion: '1.0',
    id: `${alert.id}/${alert.revision}`,
    source: '/lookthrough',
    type: `lookthrough.alert.${kind}`,
    subject: alert.id,
    time: alert.at,
    datacontenttype: 'application/json',
    partitionkey: alert.institution,
    data: alert,
  }
}

/** The `event` frames of one entry: the event is serialised once, and subscribers with the same sid and `prev` share the bytes. */
export class EventFrames {
  readonly #entry: Entry
  readonly #cursor: string
  readonly #frames = new Map<string, Buffer>()
  #event: string | undefined

  constructor(entry: Entry, place: Omit<Place, 'seq'>) {
    this.#entry = entry
    this.#cursor = encodeCursor({ ...place, seq: entry.seq })
  }

  get entry(): Entry {
    return this.#entry
  }

  frame(sid: string, prev: number): Buffer {
    const { seq, alert } = this.#entry
    const head = JSON.stringify({ type: 'event', sid, seq, prev, cursor: this.#cursor })
    let frame = this.#frames.get(head)
    if (frame === undefined) {
      this.#event ??= JSON.stringify(cloudEvent(alert))
      frame = Buffer.from(`${head.slice(0, -1)},"event":${this.#event}}`)
      this.#frames.set(head, frame)
    }
    return frame
  }
}
