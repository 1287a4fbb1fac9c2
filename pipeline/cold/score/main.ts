/**
 * Recall and precision of the rules over planted stories, and of the payment rules on samples of AMLSim; exits 1 where the planted ones are below 100 % and 99 %.
 *
 *     npm run scenario:score -- [--rules CODE,…] [--seed 1] [--per-hour 20] [FILE.tgz …]
 */
import { parseArgs } from 'node:util'
import { type AmlScore, scoreAmlsim } from './amlsim.ts'
import { type Score, scorePlanted } from './score.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rules: { type: 'string' }, seed: { type: 'string', default: '1' }, 'per-hour': { type: 'string', default: '20' } },
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
for (const file of positionals) {
  console.log(`\n${file}\nrule   alerts  accounts named  of them fraud  precision  fraud among all in the evidence  recall`)
  for (const score of await scoreAmlsim(file)) console.log(amlLine(score))
}
if (recall < 1 || precision < 0.99) process.exitCode = 1

function line({ rule, violations, found, nearMisses, right, wrong, beside }: Score): string {
  const numbers = [violations, found, nearMisses, right, wrong.length, beside].map((n, i) => String(n).padStart([11, 6, 13, 13, 6, 7][i] ?? 6))
  const some = wrong.slice(0, 3).map((w) => `${w.institution} ${w.subject} ${w.at}`)
  return `${rule}${numbers.join('')}${some.length > 0 ? `   ${some.join('; ')}` : ''}`
}

function amlLine({ rule, alerts, named, fraudNamed, met, fraudMet, fraud }: AmlScore): string {
  return `${rule} ${alerts} ${named} ${fraudNamed} ${percent(fraudNamed / named)} ${fraudMet}/${met} ${percent(fraudMet / fraud)} of ${fraud}`
}

function sum(of: (score: Score) => number): number {
  return scores.reduce((total, score) => total + of(score), 0)
}

function percent(part: number): string {
  return `${(part * 100).toFixed(2)} %`
}
