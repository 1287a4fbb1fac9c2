/** R10: all clients of the feed drop and come back at once with their cursors: every one has what came meanwhile, each event once and in order. */
import { Crowd } from '../../loadtest/feed/crowd.ts'
import { processorMs } from '../../pipeline/cold/telemetry/timing.ts'
import { alertOf, openDesk, USERS } from '../../pipeline/desk/testing/world.ts'
import type { Report } from './suite.ts'
import { some } from './verdict.ts'

const MAX_MS = 5000
const ALL = { path: '/v1/feed', token: USERS.supervisor.token }

/** `missed`: events while all of the `clients` are away. */
export async function reconnectStorm({ clients = 2000, missed = 100, processes = 2 }: Record<string, number>): Promise<Report> {
  const desk = await openDesk()
  const crowd = new Crowd(processes)
  const push = (from: number, count: number) => desk.push(...Array.from({ length: count }, (_, k) => alertOf(from + k)))
  try {
    await crowd.all({ do: 'open', port: desk.port, count: clients, ...ALL })
    push(0, 10)
    await crowd.all({ do: 'await', seq: 10 })
    await crowd.all({ do: 'drop' })
    while (desk.told.open > 0) await new Promise((resolve) => setTimeout(resolve, 20))
    push(10, missed)
    const [began, cpu] = [performance.now(), processorMs()]
    await crowd.all({ do: 'open', port: desk.port, count: clients, ...ALL })
    const [resumed, used] = [performance.now() - began, processorMs() - cpu]
    push(10 + missed, 10)
    const end = await crowd.all({ do: 'await', seq: missed + 20 })
    return {
      figures: {
        clients,
        'missed events each': missed,
        'all live again after ms': Math.round(resumed),
        'processor ms of the desk': Math.round(used),
        'events replayed a second': Math.round((clients * missed * 1000) / resumed),
      },
      differences: [...some('events missing', (missed + 20) * clients - end.events), ...some('events out of order or twice', end.broken)],
      exceeded: resumed > MAX_MS ? [`${Math.round(resumed)} ms until all were live again`] : [],
    }
  } finally {
    crowd.close()
    await desk.close()
  }
}
