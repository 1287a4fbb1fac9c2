/** R1: an engine killed with SIGKILL again and again, 50 ms to 5 s after it was started or, every other time, after it began to run, while the load goes on. */
import { seeded, type Suite, underLoad } from './suite.ts'
import { median, sleep, some, until } from './verdict.ts'

export const kills: Suite = (broker, { count = 10, rate = 500, seed = 1, longestMs = 5000 }) =>
  underLoad(broker, { name: `kills${seed}`, rate }, async ({ engine, alerts }) => {
    const random = seeded(seed)
    const recoveries: number[] = []
    let ended = 0
    const firstAfter = (started: number) => alerts.seen.find(({ came }) => came > started)
    for (let kill = 0; kill < count; kill++) {
      const started = performance.now()
      const said = engine.said.length
      engine.start()
      // On a slow machine all would be killed while they start.
      if (kill % 2 === 0) await until(() => !engine.runs || engine.said.includes('running:', said), 120_000, 'the engine does not run')
      await sleep(50 + random() * (longestMs - 50))
      if (!engine.runs) ended++
      await engine.end('SIGKILL')
      // What it had sent before it died is still on its way to us.
      await sleep(100)
      const first = firstAfter(started)
      if (first !== undefined) recoveries.push((first.came - started) / 1000)
      if ((kill + 1) % 20 === 0) process.stderr.write(`${kill + 1} of ${count} kills, ${recoveries.length} lives came to an alert\n`)
    }
    const lives = recoveries.length
    const started = performance.now()
    engine.start()
    while (firstAfter(started) === undefined && engine.runs && performance.now() - started < 120_000) await sleep(50)
    recoveries.push(((firstAfter(started)?.came ?? Infinity) - started) / 1000)
    return {
      figures: {
        kills: count,
        'lives that came to an alert': lives,
        'first alert after start, median s': median(recoveries).toFixed(2),
        'first alert after start, longest s': recoveries.reduce((most, s) => Math.max(most, s), 0).toFixed(2),
        'peak RSS MiB': engine.peakMiB,
      },
      differences: some('lives ended by themselves', ended + (engine.runs ? 0 : 1)),
      // All were killed before they had done anything: the machine is too slow for what this is to show.
      exceeded: lives === 0 ? ['no life came to an alert before it was killed'] : [],
    }
  })
