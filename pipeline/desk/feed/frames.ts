/** What the channels send of one entry. The event is serialised once per stream, and readers who get the very same frame share its bytes. */
import { Compile } from 'typebox/compile'
import { cloudEvent, eventType } from '../../contract/alert-event.ts'
import { type AlertEvent, ClientFrame, type ServerFrame } from '../../contract/feed.ts'
import type { PublishedAlert } from '../../contract/index.ts'
import type { Entry } from './log.ts'

const frame = Compile(ClientFrame)
const OPS = new Set(ClientFrame.anyOf.map((schema): string => schema.properties.op.const))

/** The frame in a text; `unknown` for one of another version's, `bad` for what is none. */
export function parseFrame(text: string): ClientFrame | 'unknown' | 'bad' {
  try {
    const given: unknown = JSON.parse(text)
    if (frame.Check(given)) return given
    const op = typeof given === 'object' && given !== null && 'op' in given ? given.op : undefined
    return typeof op === 'string' && !OPS.has(op) ? 'unknown' : 'bad'
  } catch {
    return 'bad'
  }
}

/** A frame of the server's, checked by the compiler alone. */
export function serverFrame(of: ServerFrame): string {
  return JSON.stringify(of)
}

/** The alert as a CloudEvent in JSON; `json`: the alert itself, where that is there already. */
export function eventJson(alert: PublishedAlert, json = JSON.stringify(alert)): string {
  return `${JSON.stringify({ ...cloudEvent(alert), data: undefined }).slice(0, -1)},"data":${json}}`
}

/** Frames that differ in their heads and are kept; more are built for each reader. */
const MAX_HEADS = 4
/** About what stands before the event. */
const HEAD_BYTES = 200

export class EntryFrames {
  readonly entry: Entry
  /** Where a reader stands that has got this entry. */
  readonly cursor: string
  readonly #type: AlertEvent['type']
  readonly #event: Buffer
  readonly #built: { sid: string; prev: number; conflated: number; bytes: Buffer }[] = []
  #block: Buffer | undefined

  constructor(entry: Entry, cursor: string) {
    this.entry = entry
    this.cursor = cursor
    this.#type = eventType(entry.alert)
    this.#event = Buffer.from(eventJson(entry.alert))
  }

  /** About what it takes of a reader's queue. */
  get bytes(): number {
    return this.#event.length + HEAD_BYTES
  }

  /** The event in JSON. */
  get json(): string {
    return this.#event.toString()
  }

  /** The `event` frame as it goes over a WebSocket, its header (RFC 6455 §5.2: one unmasked text frame) included. */
  socketFrame(sid: string, prev: number, conflated: number): Buffer {
    for (const built of this.#built) if (built.prev === prev && built.sid === sid && built.conflated === conflated) return built.bytes
    const more = conflated > 0 ? `,"conflated":${conflated}` : ''
    const head = `{"type":"event","sid":${JSON.stringify(sid)},"seq":${this.entry.seq},"prev":${prev},"cursor":"${this.cursor}"${more},"event":`
    const bytes = textFrame(Buffer.from(head), this.#event, END)
    if (this.#built.length < MAX_HEADS) this.#built.push({ sid, prev, conflated, bytes })
    return bytes
  }

  /** The event as a block of an event stream (WHATWG HTML §9.2); the cursor is its id. */
  get streamBlock(): Buffer {
    this.#block ??= Buffer.concat([Buffer.from(`id: ${this.cursor}\nevent: ${this.#type}\ndata: `), this.#event, Buffer.from('\n\n')])
    return this.#block
  }
}

const END = Buffer.from('}')

function textFrame(...parts: Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  header[0] = 0x81
  if (length < 126) header[1] = length
  else if (length < 65_536) {
    header[1] = 126
    header.writeUInt16BE(length, 2)
  } else {
    header[1] = 127
    header.writeBigUInt64BE(BigInt(length), 2)
  }
  return Buffer.concat([header, ...parts])
}
