/** R15: SIGTERM under full load: the engine ends in time, its outbox is with the alerts topic, and the next life sends nothing again. */
import { type Suite, underLoad } from './suite.ts'
import { sleep, some, until } from './verdict.ts'

const LONGEST_MS = 5000

export const sigterm: Suite = (broker, { count = 3, rate = 8000, lifeMs = 6000 }) =>
  underLoad(broker, { name: 'sigterm', rate }, async ({ engine, alerts }) => {
    const [took, codes]: [number[], (number | null)[]] = [[], []]
    for (let k = 0; k < count; k++) {
      engine.start()
      const before = alerts.seen.length
      await until(() => alerts.seen.length > before || !engine.runs, 120_000, 'no alert came')
      await sleep(lifeMs)
      const { ms, code } = await engine.end('SIGTERM')
      took.push(ms)
      codes.push(code)
    }
    return {
      figures: { SIGTERMs: count, 'longest exit s': (took.reduce((most, ms) => Math.max(most, ms), 0) / 1000).toFixed(2), 'peak RSS MiB': engine.peakMiB },
      differences: some(`exits were not 0 but ${codes.join(' ')}`, codes.filter((code) => code !== 0).length),
      exceeded: some(`exits took longer than ${LONGEST_MS / 1000} s`, took.filter((ms) => ms > LONGEST_MS).length),
    }
  })
