/** A feed connection that keeps every frame it gets, with the time it came, and does nothing by itself. */
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Compile } from 'typebox/compile'
import { WebSocket } from 'ws'
import { FEED_PROTOCOL } from '../../contract/feed-close.ts'
import { type ClientFrame, ServerFrame } from '../../contract/feed.ts'
import { feedAddress, parseFrame } from '../session.ts'

const serverFrame = Compile(ServerFrame)
const KNOWN_TYPES = new Set(ServerFrame.anyOf.map((schema) => schema.properties.type.const as string))

type Type = ServerFrame['type']
export type FrameOf<T extends Type> = Extract<ServerFrame, { type: T }>
export type Seen<F = ServerFrame> = { frame: F; atMs: number }

export type ProbeOptions = {
  url: string
  /** None: a connection without any. */
  token?: string | undefined
  /** Instead of the host of `url`: the port of a line to it, on this machine. */
  through?: number | undefined
  protocols?: string[]
}

export class Probe {
  readonly seen: Seen[] = []
  /** Frames of a known type that do not fit their schema, as they came. */
  readonly misfits: string[] = []
  readonly socket: WebSocket
  /** The HTTP status the handshake was refused with. */
  refused: number | undefined
  closed: number | undefined
  readonly #waiting = new Set<() => void>()

  private constructor({ url, token, through, protocols = [FEED_PROTOCOL] }: ProbeOptions) {
    const address = new URL(feedAddress(url))
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    this.socket = new WebSocket(address, protocols, {
      headers,
      perMessageDeflate: false,
      handshakeTimeout: 10_000,
      ...(through !== undefined && { createConnection: () => lineTo(through, address) }),
    })
    this.socket.on('message', (data: Buffer) => this.#receive(data.toString()))
    this.socket.on('unexpected-response', (request, response) => {
      this.refused = response.statusCode ?? 0
      request.destroy()
      this.#changed()
    })
    this.socket.on('error', () => undefined)
    this.socket.on('open', () => this.#changed())
    this.socket.on('close', (code) => {
      this.closed = code
      this.#changed()
    })
  }

  /** Once it is open, refused or failed. */
  static async open(options: ProbeOptions): Promise<Probe> {
    const probe = new Probe(options)
    await probe.until(() => probe.isOpen || probe.refused !== undefined || probe.closed !== undefined, 15_000)
    return probe
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN
  }

  /** Whether `ready`, asked after each frame and at the end of the connection, became true in time. */
  until(ready: () => boolean, ms: number): Promise<boolean> {
    if (ready()) return Promise.resolve(true)
    return new Promise((resolve) => {
      const check = () => {
        if (ready()) done(true)
      }
      const done = (inTime: boolean) => {
        clearTimeout(timer)
        this.#waiting.delete(check)
        resolve(inTime)
      }
      const timer = setTimeout(() => done(false), ms)
      this.#waiting.add(check)
    })
  }

  /** A frame, or text and bytes as they are. */
  send(what: ClientFrame | string | Buffer): void {
    if (this.isOpen) this.socket.send(typeof what === 'string' || Buffer.isBuffer(what) ? what : JSON.stringify(what))
  }

  of<T extends Type>(type: T, sid?: string): FrameOf<T>[] {
    return this.timed(type, sid).map(({ frame }) => frame)
  }

  timed<T extends Type>(type: T, sid?: string): Seen<FrameOf<T>>[] {
    return this.seen.filter((s): s is Seen<FrameOf<T>> => s.frame.type === type && (sid === undefined || ('sid' in s.frame && s.frame.sid === sid)))
  }

  /** Closes, and does not wait for an answer. */
  end(): void {
    this.socket.terminate()
  }

  #receive(text: string): void {
    const frame = parseFrame(text)
    if (frame === undefined || (KNOWN_TYPES.has(frame.type) && !serverFrame.Check(frame))) this.misfits.push(text.slice(0, 500))
    if (frame !== undefined) this.seen.push({ frame, atMs: Date.now() })
    this.#changed()
  }

  #changed(): void {
    for (const check of this.#waiting) check()
  }
}

/** A socket that reaches the desk over the line, with the desk's own name in TLS. */
function lineTo(port: number, { protocol, hostname }: URL) {
  const socket = connect(port, '127.0.0.1')
  return protocol === 'wss:' ? connectTls({ socket, servername: hostname }) : socket
}
