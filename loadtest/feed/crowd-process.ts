/** One process full of feed clients, told what to do by `crowd.ts`. */
import { type FeedReport, latencies, type Order } from './crowd.ts'
import { openLight } from './light-client.ts'

class Client {
  isReading = true
  isLive = false
  closedWith: number | undefined
  /** Events got, and those whose `prev` was not the one before, or that came again. */
  events = 0
  broken = 0
  seq = 0
  cursor = ''
  readonly ms: number[] = []
  #link: Awaited<ReturnType<typeof openLight>> | undefined

  get isOpen(): boolean {
    return this.isLive && this.closedWith === undefined
  }

  async open({ port, path, token, filter = {} }: Extract<Order, { do: 'open' }>): Promise<void> {
    this.isLive = false
    this.closedWith = undefined
    this.#link = await openLight({
      port,
      path,
      headers: { authorization: `Bearer ${token}`, 'sec-websocket-protocol': 'lookthrough.feed.v1+json' },
      onFrame: (frame) => this.#take(frame),
      onClose: (code) => (this.closedWith = code ?? 0),
    })
    const from = this.cursor === '' ? 'now' : { cursor: this.cursor }
    this.#link.send(JSON.stringify({ op: 'subscribe', sid: 's', from, filter }))
  }

  pause(isPaused: boolean): void {
    this.isReading = !isPaused
    if (isPaused) this.#link?.socket.pause()
    else this.#link?.socket.resume()
  }

  drop(): void {
    this.#link?.socket.destroy()
    this.isLive = false
  }

  #take(frame: Buffer): void {
    const start = frame.toString('latin1', 0, 30)
    if (start.startsWith('{"type":"event"')) this.#event(frame)
    else if (start.startsWith('{"type":"live"')) this.#live(JSON.parse(frame.toString()) as { seq: number; cursor: string })
    else if (start.startsWith('{"type":"bye"')) this.cursor = (JSON.parse(frame.toString()) as { cursors: { s?: string } }).cursors.s ?? this.cursor
  }

  #live({ seq, cursor }: { seq: number; cursor: string }): void {
    this.isLive = true
    this.seq = seq
    this.cursor = cursor
  }

  #event(frame: Buffer): void {
    const head = JSON.parse(`${frame.toString('latin1', 0, frame.indexOf(',"event":'))}}`) as { seq: number; prev: number; cursor: string }
    if (head.prev !== this.seq || head.seq <= this.seq) this.broken += 1
    this.seq = head.seq
    this.cursor = head.cursor
    this.events += 1
    const at = frame.indexOf('"time":"')
    if (latencies.on) this.ms.push(Date.now() - Date.parse(frame.toString('latin1', at + 8, at + 32)))
  }
}

const clients: Client[] = []

/** Looks until it is so: 5 ms, so that looking takes nothing from what is measured. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5))
}

async function obey(order: Order): Promise<void> {
  if (order.do === 'open') {
    while (clients.length < order.count) clients.push(new Client())
    await Promise.all(clients.filter((client) => !client.isOpen).map((client) => client.open(order)))
    await until(() => clients.every((client) => client.isLive))
  } else if (order.do === 'await') await until(() => clients.every(({ isReading, seq }) => !isReading || seq >= order.seq))
  else if (order.do === 'pause') for (const client of clients.slice(0, order.count)) client.pause(true)
  else if (order.do === 'resume') {
    for (const client of clients) client.pause(false)
    await until(() => clients.every(({ closedWith, seq }) => closedWith !== undefined || seq >= order.seq))
  } else if (order.do === 'drop') for (const client of clients) client.drop()
  else latencies.on = order.on
}

function report(): FeedReport {
  const told = {
    clients: clients.length,
    events: clients.reduce((sum, { events }) => sum + events, 0),
    broken: clients.reduce((sum, { broken }) => sum + broken, 0),
    closed: clients.flatMap(({ closedWith }) => closedWith ?? []),
    ms: clients.filter((client) => client.isReading).flatMap((client) => client.ms),
  }
  for (const client of clients) client.ms.length = 0
  return told
}

process.on('message', (order: Order) => {
  const fail = (error: unknown) => process.send?.({ error: String(error) })
  obey(order).then(() => process.send?.(report()), fail)
})
process.on('disconnect', () => process.exit(0))
