/**
 * `npm run sim -- --seed N [--seeds COUNT] [--events 1000] [--rules CODE,…]`: seeds one after the other; a failure prints its seed and the first difference
 * of each rule. With `--rules` those are run, else the ones the seed draws.
 */
import { parseArgs } from 'node:util'
import { RULES } from '../reference/rules.ts'
import { ENGINE } from './engine-rules.ts'
import { simulate } from './simulate.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    events: { type: 'string', default: '1000' },
    rules: { type: 'string' },
  },
})
const [first, count, events] = [values.seed, values.seeds, values.events].map(Number) as [number, number, number]
const named = values.rules?.split(',')
const simulation = named === undefined ? ENGINE : { corrections: ENGINE.corrections, rules: RULES.filter((t) => named.includes(t.rule.code)) }
const failed: number[] = []
let [alerts, crashes] = [0, 0]
const started = performance.now()
let told = started
for (let seed = first; seed < first + count; seed++) {
  const result = await simulate(seed, { ...simulation, events })
  alerts += result.alerts
  crashes += result.crashes
  if (result.problems.length > 0) {
    failed.push(seed)
    process.stdout.write(`seed ${seed} (${result.plan})\n${result.problems.join('\n')}\nagain: npm run sim -- --seed ${seed} --events ${events}\n`)
  }
  const done = seed - first + 1
  if (done === count || performance.now() - told > 10_000) {
    told = performance.now()
    const seconds = ((told - started) / 1000).toFixed(0)
    process.stderr.write(`${done} of ${count} seeds, ${alerts} revisions, ${crashes} crashes, ${failed.length} failed, ${seconds} s (last: ${result.plan})\n`)
  }
}
if (failed.length > 0) process.stdout.write(`failed: ${failed.join(' ')}\n`)
process.exitCode = failed.length > 0 ? 1 : 0
