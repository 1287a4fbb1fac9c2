/** Rules over statements of state: limits on sums at every tick, and each-rules at every statement that takes effect (contract §1–§3). */
import { type Alert, formatDecimal, formatTime, parseDecimal, ratioText, rescale, type Severity } from '../../pipeline/contract/index.ts'
import { revise } from './alerts.ts'
import { type Arrived, isState, KEEP_MS, tickOf } from './arrivals.ts'
import type { EachTest, LimitTest, OutlierTest, RatioTest } from './rules.ts'
import { Standing } from './standing.ts'

/** Each tick in which a statement takes effect: these statements, and what stands at its end. */
export function* ticksOf(arrived: Arrived[]): Generator<{ tick: number; taken: Arrived[]; standing: Standing }> {
  const statements = arrived.filter((a) => isState(a.event.type))
  const standing = new Standing()
  let next = 0
  for (const tick of [...new Set(statements.map((a) => tickOf(a.e)))].sort((a, b) => a - b)) {
    const taken: Arrived[] = []
    for (let a = statements[next]; a !== undefined && tickOf(a.e) <= tick; a = statements[++next]) {
      standing.take(a)
      taken.push(a)
    }
    yield { tick, taken, standing }
  }
}

export const BASE_SCALE = 10
const LIMIT_SCALE = 20

export function judgeLimit({ rule }: LimitTest, arrived: Arrived[]): Alert[] {
  const out: Alert[] = []
  const open = new Map<string, Alert>()
  const subjects = new Map<string, [institution: string, subject: string]>()
  const { from, by } = rule.numerator as { from: string; by: string }
  for (const { tick, taken, standing } of ticksOf(arrived)) {
    for (const { event } of taken) {
      const subject = event.data[by]
      if (event.type === from && subject !== undefined) subjects.set(JSON.stringify([event.institution, subject]), [event.institution, String(subject)])
    }
    for (const [key, [institution, subject]] of subjects) {
      const alert = limitAt(rule, standing, institution, subject, tick, open.get(key))
      if (alert === undefined) continue
      out.push(alert)
      if (alert.state === 'resolved') open.delete(key)
      else open.set(key, alert)
    }
  }
  return out
}

function limitAt(
  rule: LimitTest['rule'],
  standing: Standing,
  institution: string,
  subject: string,
  tick: number,
  before: Alert | undefined,
): Alert | undefined {
  const base = capitalOf(standing, institution, rule.base.metric)
  if (base === undefined) return undefined
  const { from, sum, by } = rule.numerator as { from: string; sum: string; by: string; subjectKind: string }
  const rows = standing.live(from, institution).filter((a) => a.event.data[by] === subject)
  const amount = rows.reduce((total, a) => total + (parseDecimal(String(a.event.data[sum]), 2) ?? 0n), 0n)
  const [numerator, denominator] = [rescale(amount, 2, BASE_SCALE), parseDecimal(String(base.event.data['value']), BASE_SCALE) ?? 0n]
  const limit = String(rule.parameters[rule.limit]?.value)
  const band = bandOf(numerator, denominator, parseDecimal(limit, LIMIT_SCALE) ?? 0n, before?.band ?? null, rule.ladder === 'entered')
  if (band?.name === before?.band) return undefined
  return revise(rule, before, {
    institution,
    subject: { kind: 'subjectKind' in rule.numerator ? rule.numerator.subjectKind : '', id: subject },
    at: tick,
    severity: band?.severity ?? before?.severity ?? 'red',
    band: band?.name ?? null,
    state: band === undefined ? 'resolved' : 'new',
    values: {
      [rule.value]: formatDecimal(amount, 2),
      [rule.base.name]: formatDecimal(rescale(denominator, BASE_SCALE, 2), 2),
      ...(denominator !== 0n && { share: ratioText(numerator, denominator) }),
    },
    threshold: limit,
    evidence: [...rows, base],
  })
}

/** The metric of the latest period, solo unless only consolidated exists. */
export function capitalOf(standing: Standing, institution: string, metric: string): Arrived | undefined {
  const all = standing.live('inst.metric', institution).filter((a) => a.event.data['metric'] === metric)
  const solo = all.filter((a) => a.event.data['basis'] === 'solo')
  const period = (a: Arrived) => String(a.event.data['period'])
  return (solo.length > 0 ? solo : all).reduce<Arrived | undefined>((best, a) => (best === undefined || period(a) > period(best) ? a : best), undefined)
}

type Band = { name: string; severity: Severity; percent: bigint }
const LADDER: Band[] = [
  { name: '80%', severity: 'blue', percent: 80n },
  { name: '90%', severity: 'yellow', percent: 90n },
  { name: '95%', severity: 'orange', percent: 95n },
  { name: 'breach', severity: 'red', percent: 100n },
]
const SLACK = 2n

/** The highest band that is entered, or that held before and is left by no more than the slack. `from`: the band before. */
function bandOf(numerator: bigint, denominator: bigint, limit: bigint, from: string | null, entered: boolean): Band | undefined {
  const ladder: Band[] = entered ? [{ name: 'entered', severity: 'blue', percent: 100n }] : LADDER
  if (denominator <= 0n) return numerator > 0n ? ladder.at(-1) : undefined
  const reaches = (percent: bigint) => numerator * 100n * 10n ** BigInt(LIMIT_SCALE) - percent * limit * denominator
  const held = ladder.findIndex((b) => b.name === from)
  return ladder.findLast(({ percent }, i) => {
    const inside = percent === 100n ? reaches(percent) > 0n : reaches(percent) >= 0n
    return inside || (!entered && i <= held && reaches(percent - SLACK) >= 0n)
  })
}

/** Two amounts of every statement on the ladder; what is missing is nothing. */
export function judgeRatio({ rule, limit }: RatioTest, arrived: Arrived[]): Alert[] {
  const out: Alert[] = []
  const open = new Map<string, Alert>()
  const opened = new Set<string>()
  const standing = new Standing()
  for (const a of arrived) {
    if (a.event.type !== rule.reads || !standing.take(a)) continue
    const { institution, data, op } = a.event
    const units = (field: string) => (op === 'delete' ? 0n : (parseDecimal(String(data[field]), 2) ?? 0n))
    const [numerator, denominator] = [units(rule.numerator), units(rule.denominator)]
    const key = JSON.stringify([institution, data[rule.subject.id]])
    const before = open.get(key)
    const threshold = String(rule.parameters[limit(data)]?.value)
    const band = bandOf(numerator, denominator, parseDecimal(threshold, LIMIT_SCALE) ?? 0n, before?.band ?? null, false)
    if (band?.name === before?.band) continue
    const values: Record<string, string> = denominator === 0n ? {} : { [rule.value]: ratioText(numerator, denominator) }
    const subject = { kind: rule.subject.kind, id: String(data[rule.subject.id]) }
    const facts = { institution, subject, at: a.e, band: band?.name ?? null, threshold, evidence: [a] }
    if (band === undefined) {
      open.delete(key)
      const last = Object.keys(values).length > 0 ? values : (before?.values ?? {})
      out.push(revise(rule, before, { ...facts, severity: before?.severity ?? 'red', state: 'resolved', values: last }))
      continue
    }
    const at = formatTime(a.e)
    const start = opened.has(`${key}${at}`) ? `${at}|${a.event.source}|${a.event.id}` : at
    if (before === undefined) opened.add(`${key}${at}`)
    const alert = revise(rule, before, { ...facts, severity: band.severity, state: 'new', values }, start)
    open.set(key, alert)
    out.push(alert)
  }
  return out
}

/** Over a state: an episode per subject, ended by a statement that is in order. */
export function judgeStatements({ rule, when, values, threshold }: EachTest, arrived: Arrived[]): Alert[] {
  const out: Alert[] = []
  const open = new Map<string, Alert>()
  const opened = new Set<string>()
  const standing = new Standing()
  for (const a of arrived) {
    if (a.event.type !== rule.reads || !standing.take(a)) continue
    const { institution, data, op } = a.event
    const subject = String(data[rule.subject.id])
    const key = JSON.stringify([institution, subject])
    const before = open.get(key)
    const holds = op !== 'delete' && when(data)
    if (holds === (before !== undefined)) continue
    // Episodes of one subject that begin at one instant are told apart by their statement, all but the first.
    const at = formatTime(a.e)
    const start = opened.has(`${key}${at}`) ? `${at}|${a.event.source}|${a.event.id}` : at
    if (holds) opened.add(`${key}${at}`)
    const alert = revise(
      rule,
      before,
      {
        institution,
        subject: { kind: rule.subject.kind, id: subject },
        at: a.e,
        severity: rule.severity,
        band: null,
        state: holds ? 'new' : 'resolved',
        values: values(data),
        threshold: threshold(data),
        evidence: [a],
      },
      start,
    )
    out.push(alert)
    if (holds) open.set(key, alert)
    else open.delete(key)
  }
  return out
}

/** Over an occurrence: one alert per event; a correction that would not have raised it resolves it, one that would revises it. `keepMs`: how far back it reaches. */
export function judgeOccurrences({ rule, when, values, threshold, graver }: EachTest, arrived: Arrived[], keepMs = KEEP_MS): Alert[] {
  const stream = arrived.filter((a) => a.event.type === rule.reads)
  const say = (a: Arrived): Said => {
    const { data, op } = a.event
    const grade = graver?.(data)
    const { severity = rule.severity, threshold: least = threshold(data) } = grade ?? {}
    return { holds: op !== 'delete' && when(data), values: values(data), threshold: least, severity, evidence: [a] }
  }
  return followOccurrences(rule, stream, say, keepMs)
}

/** What a rule says of an occurrence; without values and threshold the last stand. */
export type Said = { holds: boolean; values?: Record<string, string>; threshold?: string; severity?: Severity; evidence: Arrived[] }

/** The alerts on a stream of occurrences and what corrections make of them, where `say` is what a rule says of each. */
export function followOccurrences(rule: EachTest['rule'] | OutlierTest['rule'], stream: Arrived[], say: (a: Arrived) => Said, keepMs: number): Alert[] {
  const standing = new Map<string, { alert: Alert; time: number }[]>()
  const out: Alert[] = []
  for (const a of stream) {
    const { institution, data, op, source, id } = a.event
    const { thing } = a
    const { holds, values = {}, threshold = '', severity = rule.severity, evidence } = say(a)
    const corrects = op === 'correct' || op === 'delete'
    const before = standing.get(thing) ?? []
    const touched = corrects ? before.filter((b) => b.time >= a.e - keepMs) : []
    if (!holds && touched.length === 0) continue
    const verdict = {
      institution,
      subject: { kind: rule.subject.kind, id: String(data[rule.subject.id]) },
      at: corrects ? tickOf(a.e) : a.time,
      severity,
      band: null,
      state: holds ? ('new' as const) : ('resolved' as const),
      values,
      threshold,
      evidence,
    }
    const lastOf = (alert: Alert) => ({ values: { ...alert.values, ...values }, threshold: threshold || alert.threshold })
    const stays = (alert: Alert) => holds && alert.subject.id === verdict.subject.id
    const revised = touched.map(({ alert }) => {
      const now = stays(alert) ? { state: 'new' as const } : { state: 'resolved' as const, severity: alert.severity }
      return revise(rule, alert, { ...verdict, ...lastOf(alert), subject: alert.subject, ...now })
    })
    const fresh = holds && !touched.some(({ alert }) => stays(alert)) ? [revise(rule, undefined, verdict, `${source}|${id}`)] : []
    out.push(...revised, ...fresh)
    const now = [...revised.filter((alert) => alert.state === 'new'), ...fresh].map((alert) => ({ alert, time: a.time }))
    standing.set(thing, [...before.filter((b) => !touched.includes(b)), ...now])
  }
  return out
}
