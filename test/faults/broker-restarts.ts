/** R3: the broker is restarted, cleanly and with SIGKILL, and is away for a while; the engine goes on by itself. */
import { type Suite, underLoad, type World } from './suite.ts'
import { sleep, some, until } from './verdict.ts'

const RSS_GROWTH_MIB = 64

export const brokerRestarts: Suite = (broker, { clean = 10, killed = 10, outageMs = 60_000, rate = 500, betweenMs = 4000 }) =>
  underLoad(broker, { name: 'restarts', rate }, async ({ engine, load, alerts }) => {
    engine.start()
    await caughtUp({ engine, load, alerts })
    await sleep(betweenMs)
    const started = engine.residentMiB()
    const back: number[] = []
    for (let k = 0; k < clean + killed; k++) {
      if (k >= clean) await broker.kill()
      await broker.restart()
      const returned = performance.now()
      await caughtUp({ engine, load, alerts })
      back.push((performance.now() - returned) / 1000)
      process.stderr.write(`${k + 1} of ${clean + killed} restarts, up to date again after ${back.at(-1)?.toFixed(1)} s\n`)
      await sleep(betweenMs)
    }
    const before = engine.residentMiB()
    await broker.kill()
    await sleep(outageMs)
    const during = engine.residentMiB()
    await broker.restart()
    const [returned, sent] = [performance.now(), load.sent]
    await caughtUp({ engine, load, alerts })
    const seconds = (performance.now() - returned) / 1000
    await sleep(betweenMs)
    const growth = Math.max(during, engine.residentMiB()) - before
    return {
      figures: {
        'clean restarts': clean,
        'killed brokers': killed,
        'outage s': outageMs / 1000,
        'broker back until judged up to date, longest s': back.reduce((most, s) => Math.max(most, s), 0).toFixed(1),
        'outage caught up in s': seconds.toFixed(1),
        'events a second while catching up': Math.round((load.sent - sent) / seconds),
        'RSS after the start MiB': started,
        'RSS before the outage MiB': before,
        'RSS growth in the outage MiB': growth,
      },
      differences: engine.runs ? [] : ['the engine ended'],
      exceeded: some(`MiB of growth during the outage are not at most ${RSS_GROWTH_MIB}`, growth > RSS_GROWTH_MIB ? growth : 0),
    }
  })

/** Until the alerts are no further behind the wall clock than the lateness bound, a tick, and what a silent partition takes explain. */
async function caughtUp({ engine, alerts, load }: Pick<World, 'engine' | 'alerts' | 'load'>): Promise<void> {
  const now = Date.now()
  await until(() => !engine.runs || (alerts.reached >= now && load.behindMs < 1000), 180_000, 'the engine did not catch up')
}
