/**
 * Recall and precision of every rule over violations and near misses that are known beforehand, among ordinary traffic. An alert counts as right where it names a
 * subject that a plant of its rule expects, as wrong where it names anybody of the ordinary world, a near miss, or somebody else of the plant. What a rule says of
 * another rule's plant is neither: a story may break more than one rule.
 */
import { memorySource } from '../../contract/source.ts'
import type { Rule } from '../../contract/index.ts'
import { replay } from '../replay/replay.ts'
import { readRules } from '../catalogue/rule-files.ts'
import { noise, type NoiseOptions } from './noise.ts'
import { type Plant, plantsOf } from './plants.ts'

const DAY_MS = 86_400_000
/** The first planted day, and how many there are before the traffic ends. */
const FIRST_DAY = 20_515
const DAYS = 40
/** Rules about the system as a whole, about what time alone changes or does not bring, or about the rules that run: a plant of theirs is alone in its log, which ends with it. */
const ALONE = new Set(['SY-01', 'SY-07', 'DQ-03', 'DQ-04', 'DQ-12', 'LQ-06'])

export type Score = { rule: string; violations: number; found: number; nearMisses: number; right: number; wrong: Wrong[]; beside: number }
export type Wrong = { institution: string; subject: string; at: string }
type Alerted = { rule: string; institution: string; subject: string; at: string; time: number }

export type ScoreOptions = { seed: number; perHour: number; only?: readonly string[]; onLog?: (done: number, logs: number) => void }

export async function scorePlanted({ seed, perHour, only, onLog }: ScoreOptions): Promise<Score[]> {
  const all = await readRules()
  const rules = all.map(({ rule }) => rule)
  const chosen = all.filter(({ rule }) => only === undefined || only.includes(rule.code))
  const planted = chosen.map(({ rule, cases }, i) => ({ rule, plants: plantsOf(rule, cases, FIRST_DAY + (i % (DAYS - 10))) }))
  const together = planted.filter(({ rule }) => !ALONE.has(rule.code)).flatMap((p) => p.plants)
  const logs = planted.length === 0 ? 0 : 1 + planted.filter(({ rule }) => ALONE.has(rule.code)).flatMap((p) => p.plants).length
  let done = 0
  const alertsIn = async (of: readonly Rule[], plants: readonly Plant[], among: NoiseOptions): Promise<Alerted[]> => {
    const alerts = await alertsOf(of, plants, among)
    onLog?.(++done, logs)
    return alerts
  }
  const [start, end] = [(FIRST_DAY - 1) * DAY_MS, (FIRST_DAY + DAYS) * DAY_MS]
  const shared = await alertsIn(
    rules.filter((r) => !ALONE.has(r.code)),
    together,
    { seed, start, end, perHour },
  )
  const scores: Score[] = []
  for (const { rule, plants } of planted) {
    if (!ALONE.has(rule.code)) scores.push(scoreOf(rule, plants, shared, together))
    else {
      const own: Score[] = []
      for (const plant of plants) {
        const needed = rules.filter((r) => r === rule || plant.beside.includes(r.code))
        own.push(scoreOf(rule, [plant], await alertsIn(needed, [plant], around(plant, seed)), [plant]))
      }
      scores.push(added(own))
    }
  }
  return scores
}

/** Traffic that ends with a plant; the world is there a minute before it begins. So many events an hour that nobody falls silent, and not too many in all. */
function around({ events }: Plant, seed: number): NoiseOptions {
  const times = events.map((e) => e.time)
  const [start, end] = [Math.min(...times) - 60_000, Math.max(...times)]
  return { seed, start, end, perHour: Math.min(20_000, (20_000 * 3_600_000) / (end - start)), restatedMs: 240_000 }
}

/** What the rules say of the plants among traffic: every alert once, as it was opened. */
async function alertsOf(rules: readonly Rule[], plants: readonly Plant[], among: NoiseOptions): Promise<Alerted[]> {
  const sent = [...noise(among), ...plants.flatMap((p) => p.events)].sort((a, b) => a.time - b.time)
  const { revisions } = await replay({ source: memorySource(sent.map(({ event }) => Buffer.from(JSON.stringify(event)))), rules })
  const opened = revisions.filter((r) => r.revision === 1)
  return opened.map(({ rule, institution, subject, at }) => ({
    rule: rule.code,
    institution,
    subject: [subject.id, subject.part].filter((x) => x !== undefined).join('#'),
    at,
    time: Date.parse(at),
  }))
}

function scoreOf(rule: Rule, plants: readonly Plant[], alerts: readonly Alerted[], everybody: readonly Plant[]): Score {
  const own = alerts.filter((a) => a.rule === rule.code)
  const violations = plants.filter((p) => p.expected.length > 0)
  const others = everybody.filter((p) => p.rule !== rule.code)
  const right = own.filter((a) => violations.some((plant) => plant.expected.some((subject) => isAbout(plant, subject, a))))
  const rest = own.filter((a) => !right.includes(a))
  const wrong = rest.filter((a) => !others.some((p) => isOf(p, a)))
  return {
    rule: rule.code,
    violations: violations.length,
    found: violations.filter((plant) => plant.expected.every((subject) => own.some((a) => isAbout(plant, subject, a)))).length,
    nearMisses: plants.length - violations.length,
    right: right.length,
    wrong: wrong.map(({ institution, subject, at }) => ({ institution, subject, at })),
    beside: rest.length - wrong.length,
  }
}

/** Whether an alert is about a subject that a plant expects, in its days. */
function isAbout({ from, to }: Plant, expected: string, { subject, time }: Alerted): boolean {
  return (subject === expected || subject.startsWith(`${expected}#`)) && time >= from - DAY_MS && time <= to
}

/** Whether an alert is about somebody of a plant. */
function isOf({ mark }: Plant, { institution, subject }: Alerted): boolean {
  return institution.includes(mark) || subject.includes(mark)
}

function added(scores: readonly Score[]): Score {
  return scores.reduce((a, b) => ({
    rule: a.rule,
    violations: a.violations + b.violations,
    found: a.found + b.found,
    nearMisses: a.nearMisses + b.nearMisses,
    right: a.right + b.right,
    wrong: [...a.wrong, ...b.wrong],
    beside: a.beside + b.beside,
  }))
}
