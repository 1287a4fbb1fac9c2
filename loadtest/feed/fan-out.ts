/**
 * Fan-out: the desk's feed beside a bare `ws` broadcast of the same frames, in one run, to the same clients, turn and turn about. The next burst goes out when
 * everybody has the last. What the desk does more: its log, a sequence and a cursor, the event as JSON, filters, `prev`, and a bound on what is queued.
 *
 *     npm run bench:feed -- [--clients 1000] [--bursts 20] [--burst 50] [--rounds 3] [--processes 2]
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { type WebSocket, WebSocketServer } from 'ws'
import { processorMs } from '../../pipeline/cold/telemetry/timing.ts'
import type { PublishedAlert } from '../../pipeline/contract/index.ts'
import { EntryFrames } from '../../pipeline/desk/feed/frames.ts'
import { alertOf, openDesk, USERS } from '../../pipeline/desk/testing/world.ts'
import { Crowd } from './crowd.ts'

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '1000' },
    bursts: { type: 'string', default: '20' },
    burst: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '3' },
    processes: { type: 'string', default: '2' },
  },
})
const [clients, bursts, burst, rounds, processes] = [values.clients, values.bursts, values.burst, values.rounds, values.processes].map(Number) as [
  number,
  number,
  number,
  number,
  number,
]

/** Deliveries in all, wall ms and the server's processor ms. */
type Round = { deliveries: number; ms: number; cpu: number }
type Side = { name: string; crowd: Crowd; send(alerts: readonly PublishedAlert[]): void }

let sent = 0
const desk = await openDesk()
const bare = await openBare()
const sides: Side[] = [await open('bare ws', bare.port, '/bare', bare.send), await open('desk', desk.port, '/v1/feed', (alerts) => desk.push(...alerts))]
const measured = new Map<string, Round[]>(sides.map(({ name }) => [name, []]))
for (let n = 0; n <= rounds; n++)
  for (const side of sides) {
    const round = await measure(side, n)
    // The first warms up.
    if (n > 0) measured.get(side.name)?.push(round)
  }
const rates = sides.map(({ name }) => line(name, measured.get(name) ?? []))
const share = (of: 'rate' | 'perCpu') => `${Math.round((100 * (rates[1]?.[of] ?? 0)) / (rates[0]?.[of] ?? 1))} %`
console.log(`the desk beside bare ws: ${share('rate')} of its rate, ${share('perCpu')} of its deliveries per processor second`)
for (const { crowd } of sides) crowd.close()
await desk.close()
bare.close()

async function open(name: string, port: number, path: string, send: Side['send']): Promise<Side> {
  const crowd = new Crowd(processes)
  await crowd.all({ do: 'open', port, path, token: USERS.supervisor.token, count: clients })
  return { name, crowd, send }
}

/** Sequences go on from round to round; both sides get the same alerts. */
async function measure({ name, crowd, send }: Side, round: number): Promise<Round> {
  const [started, cpu] = [performance.now(), processorMs()]
  for (let n = 0; n < bursts; n++) {
    const first = (round * bursts + n) * burst
    send(Array.from({ length: burst }, (_, k) => alertOf(first + k)))
    await crowd.all({ do: 'await', seq: first + burst })
  }
  const [ms, used] = [performance.now() - started, processorMs() - cpu]
  const { events, broken, closed } = await crowd.all({ do: 'measure', on: false })
  const expected = (round + 1) * bursts * burst * clients
  if (events !== expected || broken > 0 || closed.length > 0)
    throw new Error(`${name}: ${events} of ${expected} events, ${broken} out of order, ${closed.length} closed`)
  return { deliveries: bursts * burst * clients, ms, cpu: used }
}

function line(name: string, of: readonly Round[]): { rate: number; perCpu: number } {
  const total = (what: keyof Round) => of.reduce((sum, round) => sum + round[what], 0)
  const [rate, perCpu] = [(total('deliveries') / total('ms')) * 1000, (total('deliveries') / total('cpu')) * 1000]
  const each = of.map((round) => Math.round((round.deliveries / round.ms) * 1000)).join(' ')
  console.log(`${name}: ${Math.round(rate)} deliveries/s (rounds: ${each}) · ${(1e6 / perCpu).toFixed(2)} µs of the server's processor each`)
  return { rate, perCpu }
}

/** What `ws` does by itself: one send of one shared buffer per client and frame. */
async function openBare() {
  const server = createServer()
  const sockets = new WebSocketServer({ server, perMessageDeflate: false, clientTracking: false })
  const open = new Set<WebSocket>()
  sockets.on('connection', (socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('message', () => socket.send('{"type":"live","sid":"s","seq":0,"cursor":""}'))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    send(alerts: readonly PublishedAlert[]) {
      for (const alert of alerts) {
        const frame = payloadOf(new EntryFrames({ seq: ++sent, at: 0, alert }, 'c'.repeat(48)).socketFrame('s', sent - 1, 0))
        for (const socket of open) socket.send(frame, { binary: false })
      }
    },
    close: () => server.close(),
  }
}

/** Without the header: frames of events are longer than 125 bytes and shorter than 64 KiB. */
function payloadOf(frame: Buffer): Buffer {
  return frame.subarray(4)
}
