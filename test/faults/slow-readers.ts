/**
 * R9: some of the feed's clients stop reading. Each takes at most a mebibyte and is then let go with a cursor; the others are served as before;
 * those let go come back and have missed nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Crowd, type FeedReport } from '../../loadtest/feed/crowd.ts'
import { alertOf, openDesk, USERS } from '../../pipeline/desk/testing/world.ts'
import type { Report } from './suite.ts'
import { some } from './verdict.ts'

const MAX_MIB = 1
const MAX_RATIO = 1.2
/** By then what the system itself takes for a socket (some mebibytes) is full, and the desk's bound too. */
const LONGEST_MS = 180_000
const ALL = { path: '/v1/feed', token: USERS.supervisor.token }

/** `clients` of which `stopped` stop; `rate` events a second of `kib` each; `calmMs`: before they stop, for the comparison. */
export async function slowReaders({
  clients = 1000,
  stopped = 100,
  rate = 20,
  kib = 4,
  calmMs = 20_000,
  processes = 2,
}: Record<string, number>): Promise<Report> {
  const desk = await openDesk()
  const crowd = new Crowd(processes)
  const load = loadOn(desk.push, rate, kib)
  try {
    await crowd.all({ do: 'open', port: desk.port, count: clients, ...ALL })
    await crowd.all({ do: 'measure', on: true })
    await load.for(calmMs)
    const calm = await crowd.all({ do: 'await', seq: load.sent })
    await crowd.all({ do: 'pause', count: stopped })
    const before = memoryMiB()
    let most = before
    const began = Date.now()
    while (desk.told.slow < stopped && Date.now() - began < LONGEST_MS) {
      await load.for(500)
      most = Math.max(most, memoryMiB())
    }
    const stoppedFor = Date.now() - began
    const strained = await crowd.all({ do: 'await', seq: load.sent })
    const cut = await crowd.all({ do: 'resume', seq: load.sent })
    await crowd.all({ do: 'open', port: desk.port, count: clients, ...ALL })
    const end = await crowd.all({ do: 'await', seq: load.sent })
    const [ratio, each] = [p99(strained) / p99(calm), (most - before) / stopped]
    return {
      figures: {
        'clients, stopped': `${clients}, ${stopped}`,
        'events a second, KiB': `${rate}, ${kib}`,
        'let go after s': (stoppedFor / 1000).toFixed(0),
        'MiB per stopped client': each.toFixed(2),
        'p99 ms before': p99(calm),
        'p99 ms of the rest': p99(strained),
        'p99 ratio': ratio.toFixed(2),
      },
      differences: [
        ...some('clients that stopped are not let go with 4413', stopped - cut.closed.filter((code) => code === 4413).length),
        ...some('others let go', cut.closed.length - stopped),
        ...some('events missing', load.sent * clients - end.events),
        ...some('events out of order', end.broken),
      ],
      exceeded: [...(each > MAX_MIB ? [`${each.toFixed(2)} MiB per stopped client`] : []), ...(ratio > MAX_RATIO ? [`p99 ${ratio.toFixed(2)} times`] : [])],
    }
  } finally {
    crowd.close()
    await desk.close()
  }
}

/** Alerts by the clock, whose time is the moment they come. */
export function loadOn(push: Awaited<ReturnType<typeof openDesk>>['push'], rate: number, kib: number) {
  const says = { zh: 'x'.repeat(kib * 1024), en: '' }
  let sent = 0
  return {
    get sent() {
      return sent
    },
    async for(ms: number): Promise<void> {
      const due = Math.max(1, Math.round((ms * rate) / 1000))
      const started = Date.now()
      for (let n = 1; n <= due; n++) {
        push(alertOf(sent++, { says, at: new Date().toISOString() }))
        await sleep(Math.max(0, started + (n * ms) / due - Date.now()))
      }
    },
  }
}

function memoryMiB(): number {
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 2 ** 20
}

function p99({ ms }: FeedReport): number {
  const sorted = Float64Array.from(ms).sort()
  return sorted[Math.floor(sorted.length * 0.99)] ?? 0
}
