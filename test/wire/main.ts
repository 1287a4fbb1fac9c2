/** `npm run fuzz -- [--seed 1] [--messages 200000]`: prints what became of them; ends with 1 when a bound is exceeded or a message not accounted for. */
import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.ts'

/** One message may not hold up the others; a pause of the garbage collector is among it. */
const MOST_MS = 500
const MOST_MB = 1500

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, messages: { type: 'string', default: '200000' } } })
const report = await fuzz(Number(values.seed), Number(values.messages))
const exceeded = [
  ...(report.slowest.ms > MOST_MS ? [`one message took ${report.slowest.ms.toFixed(0)} ms`] : []),
  ...(report.memory.peak > MOST_MB ? [`the process had ${report.memory.peak} MB`] : []),
]
process.stdout.write(`${JSON.stringify({ ...report, problems: report.problems.slice(0, 20) }, null, 2)}\n`)
for (const line of [...report.problems, ...exceeded].slice(0, 20)) process.stderr.write(`${line}\n`)
process.exitCode = report.problems.length + exceeded.length > 0 ? 1 : 0
