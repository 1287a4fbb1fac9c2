/** R14: one payment in twenty comes up to the lateness bound after later ones, one in a thousand a minute after: only those are late, and all are in the books. */
import { seeded, type Suite, underLoad } from './suite.ts'
import { sleep, some, until } from './verdict.ts'

/** Below the lateness bound, ms. */
const DISORDER_MS = 4900
const BEYOND_MS = 60_000

export const late: Suite = (broker, { ms = 60_000, rate = 2000, seed = 1 }) => {
  const random = seeded(seed)
  // Only while the watermark moves are the latest surely behind it.
  let moving = false
  let [disordered, beyond] = [0, 0]
  const skew = (n: number) => {
    if (moving && n % 1000 === 999) {
      beyond++
      return -BEYOND_MS
    }
    if (n % 20 !== 7) return 0
    disordered++
    return -Math.floor(random() * DISORDER_MS)
  }
  return underLoad(broker, { name: `late${seed}`, rate, skew }, async ({ engine, alerts }) => {
    engine.start()
    await until(() => alerts.reached > 0 || !engine.runs, 120_000, 'no alert came')
    moving = true
    await sleep(ms)
    moving = false
    return {
      figures: {},
      differences: some('lives ended by themselves', engine.runs ? 0 : 1),
      atEnd: (books) => {
        const [used, told] = [books.reduce((sum, b) => sum + b.used, 0), books.reduce((sum, b) => sum + b.late, 0)]
        return {
          figures: { 'disordered within the bound': disordered, 'beyond the bound': beyond, used, 'told as late': told },
          differences: [...some('events beyond the bound were not late', beyond - told), ...some('events within the bound were late', told - beyond)],
        }
      },
    }
  })
}
