/** R5: the clock of the engine's machine is wrong by an hour, jumps forward and back; one producer's clock in a hundred events is ten minutes off. */
import { fileURLToPath } from 'node:url'
import { type Suite, underLoad } from './suite.ts'
import { sleep, some, until } from './verdict.ts'

const HOUR = 3_600_000
const SKEW_MS = 590_000

/** One life each, with steps as shares of it: an hour ahead, an hour behind, then forward and back. */
const LIVES: [string, [number, number][]][] = [
  ['an hour ahead', [[0, HOUR]]],
  ['an hour behind', [[0, -HOUR]]],
  [
    'stepping',
    [
      [0, 0],
      [0.3, HOUR],
      [0.5, -HOUR],
      [0.7, 0],
    ],
  ],
]

export const clock: Suite = (broker, { lifeMs = 15_000, rate = 500 }) =>
  underLoad(broker, { name: 'clock', rate, skew: (n) => (n % 100 === 7 ? (n % 200 === 7 ? SKEW_MS : -SKEW_MS) : 0) }, async ({ engine, load, alerts }) => {
    const module = fileURLToPath(new URL('../../dist/test/faults/shifted-clock.js', import.meta.url).href.replace('/dist/dist/', '/dist/'))
    const waits: string[] = []
    for (const [name, steps] of LIVES) {
      const shifts = steps.map(([share, shift]) => [share * lifeMs, shift])
      engine.start({ module, environment: { LOOKTHROUGH_CLOCK_STEPS: JSON.stringify(shifts) } })
      const started = Date.now()
      await sleep(lifeMs)
      const target = Date.now()
      await until(() => !engine.runs || alerts.reached >= target, 60_000, `with a clock ${name} the engine does not follow`)
      waits.push(`${name}: ${((Date.now() - target) / 1000).toFixed(1)}`)
      if (alerts.reached > started + HOUR / 2) throw new Error('the engine judged the future')
      await engine.end('SIGTERM')
    }
    engine.start()
    await sleep(3000)
    const { ahead, behind } = load.skewed
    return {
      figures: { 'events 10 min ahead': ahead, 'events 10 min behind': behind, 'alerts behind the clock, s': waits.join(' · ') },
      differences: some('lives ended by themselves', engine.runs ? 0 : 1),
    }
  })
