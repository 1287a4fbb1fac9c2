/** R11: for a minute ten times the usual rate comes in; memory stays bounded, the lag is worked off, and alerts are as quick as before. */
import { type Suite, underLoad, type World } from './suite.ts'
import { sleep, some, until } from './verdict.ts'

const LONGEST_BACK_MS = 30_000
const RSS_MIB = 1024
/** What an engine on a machine with 1 GiB for it is given of DuckDB's memory; the rest is for batches, keys and state (docs/operations.md). */
const STATE = { memory: '128MB' }

export const overload: Suite = (broker, { rate = 1500, times = 10, overMs = 60_000, calmMs = 15_000 }) =>
  underLoad(
    broker,
    { name: 'overload', rate },
    async (world) => {
      const { engine, load } = world
      engine.start()
      await upToDate(world)
      const before = await delay(world, calmMs)
      const [started, sent] = [performance.now(), load.sent]
      load.rate = rate * times
      let behind = 0
      while (performance.now() - started < overMs) {
        await sleep(250)
        engine.residentMiB()
        behind = Math.max(behind, (Date.now() - world.alerts.reached) / 1000)
      }
      const offered = (load.sent - sent) / ((performance.now() - started) / 1000)
      load.rate = rate
      const over = performance.now()
      await upToDate(world)
      const caught = performance.now()
      const after = await delay(world, calmMs)
      engine.residentMiB()
      return {
        figures: {
          'usual rate, events/s': rate,
          'taken by the broker meanwhile, events/s': Math.round(offered),
          'alerts behind the clock at most, s': behind.toFixed(1),
          'worked off after, s': ((caught - over) / 1000).toFixed(1),
          'alert delay before, p99 s': before.toFixed(2),
          'alert delay after, p99 s': after.toFixed(2),
          'peak RSS MiB': engine.peakMiB,
        },
        differences: some('lives ended by themselves', engine.runs ? 0 : 1),
        exceeded: [
          ...some(`MiB were resident, not at most ${RSS_MIB}`, engine.peakMiB > RSS_MIB ? engine.peakMiB : 0),
          ...some(
            `% is what the delay became of what it was, ${LONGEST_BACK_MS / 1000} s after`,
            after > before * 1.5 + 1 ? Math.round((after / before) * 100) : 0,
          ),
        ],
      }
    },
    STATE,
  )

/** Until the alerts are as close to the clock as they can be. */
async function upToDate({ alerts, load }: World): Promise<void> {
  await until(() => load.behindMs < 1000 && Date.now() - alerts.reached < 9000, 300_000, 'the engine did not catch up')
}

/** The 99th percentile of due → alert, over what comes within `ms`; s. */
async function delay({ alerts, load }: World, ms: number): Promise<number> {
  const from = alerts.seen.length
  await sleep(ms)
  const due = new Map(load.planted.flatMap((p) => [[p.account, p.at] as const, [p.loan, p.at] as const]))
  const offset = Date.now() - performance.now()
  const delays = alerts.seen
    .slice(from)
    .flatMap(({ alert, came }) => (due.has(alert.subject.id) ? [came + offset - (due.get(alert.subject.id) ?? 0)] : []))
    .sort((a, b) => a - b)
  return (delays[Math.floor(delays.length * 0.99)] ?? Number.NaN) / 1000
}
