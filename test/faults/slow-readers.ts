/**
 * R9: some of the feed's clients stop reading. Each takes at most a mebibyte and is then let go with a cursor; the others are served as before;
 * those let go come back and have missed nothing. The others take the small alerts alone, so that the run is not one of moving bytes.
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

/** Of all `clients`, `stopped` stop. `rate`: pairs a second of a small alert and one of `kib`; `calmMs`: before they stop, for the comparison. */
export async function slowReaders({ clients = 1000, stopped = 100, rate = 20, kib = 16, calmMs = 20_000 }: Record<string, number>): Promise<Report> {
  const desk = await openDesk()
  const [rest, stopping] = [new Crowd(1), new Crowd(1)]
  const load = loadOn(desk.push, rate, kib)
  const door = { do: 'open', port: desk.port, path: '/v1/feed', token: USERS.supervisor.token } as const
  try {
    await rest.all({ ...door, count: clients - stopped, filter: { severity: 'red' } })
    await stopping.all({ ...door, count: stopped })
    await rest.all({ do: 'measure', on: true })
    await load.for(calmMs)
    await stopping.all({ do: 'await', seq: load.seq })
    const calm = await rest.all({ do: 'await', seq: load.seq })
    await stopping.all({ do: 'pause', count: stopped })
    const before = memoryMiB()
    const began = Date.now()
    let most = before
    do {
      await load.for(500)
      most = Math.max(most, memoryMiB())
    } while (Date.now() - began < Math.max(calmMs, desk.told.slow < stopped ? LONGEST_MS : 0))
    const strained = await rest.all({ do: 'await', seq: load.seq })
    const cut = await stopping.all({ do: 'resume', seq: load.seq })
    await stopping.all({ ...door, count: stopped })
    const back = await stopping.all({ do: 'await', seq: load.seq })
    const [ratio, each] = [p99(strained) / p99(calm), (most - before) / stopped]
    return {
      figures: {
        'clients, stopped': `${clients}, ${stopped}`,
        'alerts a second, KiB': `${2 * rate}, ${kib}`,
        'MiB per stopped client': each.toFixed(2),
        // Whoever reads on within half a minute also reads why.
        'of them told 4413': cut.closed.filter((code) => code === 4413).length,
        'p99 ms before': p99(calm),
        'p99 ms of the rest': p99(strained),
        'p99 ratio': ratio.toFixed(2),
      },
      differences: [
        ...some('clients that stopped are not let go', stopped - cut.closed.length),
        ...some('others let go', strained.closed.length),
        ...some('events missing', load.seq * stopped - back.events + (load.seq / 2) * (clients - stopped) - strained.events),
        ...some('events out of order', back.broken + strained.broken),
      ],
      exceeded: [...(each > MAX_MIB ? [`${each.toFixed(2)} MiB per stopped client`] : []), ...(ratio > MAX_RATIO ? [`p99 ${ratio.toFixed(2)} times`] : [])],
    }
  } finally {
    rest.close()
    stopping.close()
    await desk.close()
  }
}

/** Alerts in pairs by the clock, whose time is the moment they come. */
function loadOn(push: Awaited<ReturnType<typeof openDesk>>['push'], rate: number, kib: number) {
  const says = { zh: 'x'.repeat(kib * 1024), en: '' }
  let seq = 0
  return {
    get seq() {
      return seq
    },
    async for(ms: number): Promise<void> {
      const due = Math.max(1, Math.round((ms * rate) / 1000))
      const started = Date.now()
      for (let n = 1; n <= due; n++) {
        const at = new Date().toISOString()
        push(alertOf(++seq, { says, at }), alertOf(++seq, { severity: 'red', at }))
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
