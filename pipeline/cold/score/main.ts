/** `npm run scenario:score -- [--rules CODE,…] [--seed 1] [--per-hour 100]`: recall and precision of the rules over planted stories; exits 1 below 100 % and 99 %. */
import { parseArgs } from 'node:util'
import { type Score, scorePlanted } from './score.ts'

const { values } = parseArgs({
  options: { rules: { type: 'string' }, seed: { type: 'string', default: '1' }, 'per-hour': { type: 'string', default: '100' } },
})
const only = values.rules?.split(',')
const scores = await scorePlanted({
  seed: Number(values.seed),
  perHour: Number(values['per-hour']),
  ...(only !== undefined && { only }),
  onLog: (done, logs) => process.stderr.write(`${done}/${logs}\n`),
})
console.log('rule   violations found  near misses  alerts right wrong beside')
for (const score of scores) console.log(line(score))
const all = { found: sum((s) => s.found), violations: sum((s) => s.violations), right: sum((s) => s.right), wrong: sum((s) => s.wrong.length) }
const [recall, precision] = [all.found / all.violations, all.right / (all.right + all.wrong)]
console.log(`recall ${percent(recall)} (${all.found} of ${all.violations}), precision ${percent(precision)} (${all.right} of ${all.right + all.wrong} alerts)`)
if (recall < 1 || precision < 0.99) process.exitCode = 1

function line({ rule, violations, found, nearMisses, right, wrong, beside }: Score): string {
  const numbers = [violations, found, nearMisses, right, wrong.length, beside].map((n, i) => String(n).padStart([11, 6, 13, 13, 6, 7][i] ?? 6))
  const some = wrong.slice(0, 3).map((w) => `${w.institution} ${w.subject} ${w.at}`)
  return `${rule}${numbers.join('')}${some.length > 0 ? `   ${some.join('; ')}` : ''}`
}

function sum(of: (score: Score) => number): number {
  return scores.reduce((total, score) => total + of(score), 0)
}

function percent(part: number): string {
  return `${(part * 100).toFixed(2)} %`
}
