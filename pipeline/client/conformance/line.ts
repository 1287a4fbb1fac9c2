/** A TCP line to the desk that misbehaves on request: it stalls, breaks, slows down, or says everything twice. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export type Line = {
  port: number
  /** Connections that are open. */
  open(): number
  /** Breaks all connections at once. */
  cut(): void
  /** Nothing passes in either direction, and nobody is told, until `flow`. */
  stall(): void
  /** All passes again, as fast as it comes. */
  flow(): void
  /** What comes from the desk passes at this pace from now on. */
  trickle(bytesPerSecond: number): void
  /** Each connection made from now on has a second one beside it that says the same to the desk and whose answers go nowhere. */
  twin(on: boolean): void
  close(): Promise<void>
}

const SLICE_MS = 100

/** A line to `host:port`, on a free port of this machine. */
export async function openLine(host: string, port: number): Promise<Line> {
  const pairs = new Set<Pair>()
  const how: How = { isStalled: false, bytesPerSecond: undefined }
  let isTwinned = false
  const server = createServer((client) => {
    const desks = Array.from({ length: isTwinned ? 2 : 1 }, () => connect(port, host))
    const pair = new Pair(client, desks, how, () => pairs.delete(pair))
    pairs.add(pair)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const change = (to: Partial<How>) => {
    Object.assign(how, to)
    for (const pair of pairs) pair.changed()
  }
  const cut = () => {
    for (const pair of pairs) pair.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    open: () => pairs.size,
    cut,
    stall: () => change({ isStalled: true }),
    flow: () => change({ isStalled: false, bytesPerSecond: undefined }),
    trickle: (bytesPerSecond) => change({ isStalled: false, bytesPerSecond }),
    twin: (on) => (isTwinned = on),
    close: () => {
      cut()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

type How = { isStalled: boolean; bytesPerSecond: number | undefined }

/** One connection of a client, and the desk's end or ends of it. */
class Pair {
  readonly #client: Socket
  readonly #desks: Socket[]
  readonly #how: How
  readonly #onClose: () => void
  #held = Buffer.alloc(0)
  #timer: NodeJS.Timeout | undefined

  constructor(client: Socket, desks: Socket[], how: How, onClose: () => void) {
    this.#client = client
    this.#desks = desks
    this.#how = how
    this.#onClose = onClose
    for (const socket of [client, ...desks]) {
      socket.setNoDelay(true)
      socket.on('error', () => this.destroy())
    }
    client.on('close', () => this.destroy())
    client.on('data', (data) => {
      for (const desk of desks) desk.write(data)
    })
    const [first, ...others] = desks
    first?.on('data', (data) => this.#fromDesk(data))
    // What was said before the end still arrives.
    first?.on('close', () => (this.#held.length === 0 ? client.end() : undefined))
    for (const other of others) other.resume()
    this.changed()
  }

  changed(): void {
    const { isStalled, bytesPerSecond } = this.#how
    for (const socket of [this.#client, ...this.#desks]) {
      if (isStalled) socket.pause()
      else socket.resume()
    }
    clearInterval(this.#timer)
    this.#timer = undefined
    if (!isStalled && bytesPerSecond !== undefined) this.#timer = setInterval(() => this.#slice(bytesPerSecond), SLICE_MS)
    if (!isStalled && bytesPerSecond === undefined) this.#slice(Infinity)
  }

  destroy(): void {
    clearInterval(this.#timer)
    for (const socket of [this.#client, ...this.#desks]) socket.destroy()
    this.#onClose()
  }

  #fromDesk(data: Buffer): void {
    if (this.#timer === undefined) return void this.#client.write(data)
    this.#held = Buffer.concat([this.#held, data])
    this.#desks[0]?.pause()
  }

  #slice(bytesPerSecond: number): void {
    const bytes = Math.min(this.#held.length, Math.ceil((bytesPerSecond * SLICE_MS) / 1000))
    if (bytes > 0) this.#client.write(this.#held.subarray(0, bytes))
    this.#held = this.#held.subarray(bytes)
    if (this.#held.length > 0) return
    if (this.#desks[0]?.destroyed === true) this.#client.end()
    else this.#desks[0]?.resume()
  }
}
