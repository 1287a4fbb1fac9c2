/**
 * Recall and precision of every rule over violations and near misses that are known beforehand, among ordinary traffic. An alert counts as right where it names a
 * subject that a plant of its rule expects, as wrong where it names anybody of the ordinary world, a near miss, or somebody else of the plant. What a rule says of
 * another rule's plant is neither: a story may break more than one rule.
 */
import type { Rule } from '../../contract/index.ts'
import { replay } from '../replay/replay.ts'
import { readCases, readRule, ruleFolders } from '../catalogue/rule-files.ts'
import { sourceOf } from './log.ts'
import { noise } from './noise.ts'
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
  const folders = await ruleFolders()
  const all = await Promise.all(folders.map(async (folder) => ({ rule: await readRule(folder), cases: await readCases(folder) })))
  const chosen = all.filter(({ rule }) => only === undefined || only.includes(rule.code)).sort((a, b) => (a.rule.code < b.rule.code ? -1 : 1))
  const rules = all.map(({ rule }) => rule)
  const plants = chosen.map(({ rule, cases }, i) => ({ rule, plants: plantsOf(rule, cases, FIRST_DAY + (i % (DAYS - 10))) }))
  const together = plants.filter(({ rule }) => !ALONE.has(rule.code)).flatMap((p) => p.plants)
  const apart = plants.filter(({ rule }) => ALONE.has(rule.code)).flatMap((p) => p.plants)
  const [shared, alone] = [
    await alertsOf(
      rules.filter((r) => !ALONE.has(r.code)),
      together,
      { seed, perHour },
    ),
    new Map<Plant, Alerted[]>(),
  ]
  onLog?.(1, apart.length + 1)
  for (const [i, plant] of apart.entries()) {
    alone.set(
      plant,
      await alertsOf(
        rules.filter((r) => r.code === plant.rule || plant.beside.includes(r.code)),
        [plant],
        { seed, perHour: PER_HOUR_ALONE },
      ),
    )
    onLog?.(i + 2, apart.length + 1)
  }
  return plants.map(({ rule, plants: of }) =>
    ALONE.has(rule.code) ? added(of.map((plant) => scoreOf(rule, [plant], alone.get(plant) ?? [], [plant]))) : scoreOf(rule, of, shared, together),
  )
}

/** What the rules say of the plants among traffic. A log with one plant ends with it; the world is there a minute before it begins. */
async function alertsOf(rules: readonly Rule[], plants: readonly Plant[], { seed, perHour }: { seed: number; perHour: number }): Promise<Alerted[]> {
  const times = plants.flatMap((p) => p.events.map((e) => e.time))
  const [first, last] = [times.reduce((a, b) => Math.min(a, b), Infinity), times.reduce((a, b) => Math.max(a, b), -Infinity)]
  const [start, end] = plants.length === 1 ? [first - 60_000, last] : [(FIRST_DAY - 1) * DAY_MS, (FIRST_DAY + DAYS) * DAY_MS]
  const atMost = (MOST_ALONE * 3_600_000) / Math.max(1, end - start)
  const sent = [
    ...noise({ seed, start, end, perHour: plants.length === 1 ? Math.min(perHour, atMost) : perHour, ...(plants.length === 1 && { restatedMs: RESTATED_MS }) }),
    ...plants.flatMap((p) => p.events),
  ].sort((a, b) => a.time - b.time)
  const { revisions } = await replay({ source: sourceOf(sent.map(({ event }) => Buffer.from(JSON.stringify(event)))), rules })
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
  const isExpected = (plant: Plant, a: Alerted) =>
    plant.expected.some((subject) => a.subject === subject || a.subject.startsWith(`${subject}#`)) && isDuring(plant, a)
  const right = own.filter((a) => violations.some((plant) => isExpected(plant, a)))
  const others = everybody.filter((p) => p.rule !== rule.code)
  const rest = own.filter((a) => !right.includes(a))
  const beside = rest.filter((a) => others.some((p) => isOf(p, a)))
  const found = violations.filter((plant) =>
    plant.expected.every((subject) => own.some((a) => (a.subject === subject || a.subject.startsWith(`${subject}#`)) && isDuring(plant, a))),
  )
  return {
    rule: rule.code,
    violations: violations.length,
    found: found.length,
    nearMisses: plants.length - violations.length,
    right: right.length,
    wrong: rest.filter((a) => !beside.includes(a)).map(({ institution, subject, at }) => ({ institution, subject, at })),
    beside: beside.length,
  }
}

/** Whether an alert is about somebody of a plant. */
function isOf({ mark }: Plant, { institution, subject }: Alerted): boolean {
  return institution.includes(mark) || subject.includes(mark)
}

function isDuring({ from, to }: Plant, { time }: Alerted): boolean {
  return time >= from - DAY_MS && time <= to
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

/** So many an hour that nobody in the ordinary world falls silent, and so many in all. */
const [PER_HOUR_ALONE, RESTATED_MS, MOST_ALONE] = [20_000, 240_000, 20_000]
