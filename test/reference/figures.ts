/** Metrics against each other and against their own past, at every tick (decision 0026). */
import { type Alert, formatDecimal, type MetricRule, parseDecimal, parseDuration, ratioText, rescale, type Severity } from '../../pipeline/contract/index.ts'
import { revise } from './alerts.ts'
import { type Arrived, tickOf } from './arrivals.ts'
import type { MetricTest } from './rules.ts'
import type { Standing } from './standing.ts'
import { BASE_SCALE, capitalOf, ticksOf } from './state.ts'

const LIMIT_SCALE = 20
type Grade = { severity: Severity; threshold: string; holds: boolean; values: Record<string, string>; evidence: Arrived[] }

/** `end`: up to where time passes by itself, ms. */
export function judgeMetric({ rule }: MetricTest, arrived: Arrived[], end: number): Alert[] {
  const metrics = arrived.filter((a) => a.event.type === 'inst.metric')
  const institutions = [...new Set(metrics.map((a) => a.event.institution))]
  const open = new Map<string, Alert>()
  const out: Alert[] = []
  const judge = (tick: number, standing: Standing) => {
    for (const institution of institutions) {
      const before = open.get(institution)
      const known = metrics.filter((a) => a.event.institution === institution && a.e <= tick)
      const grades = 'to' in rule.against ? ratios(rule, rule.against.to, standing, institution) : falls(rule, standing, known, institution, tick)
      const held = grades.findLast((g) => g.holds)
      const grade = held ?? grades[0]
      if (held?.severity === before?.severity) continue
      const alert = revise(rule, before, {
        institution,
        subject: { kind: 'institution', id: institution },
        at: tick,
        severity: held?.severity ?? before?.severity ?? 'red',
        band: null,
        state: held === undefined ? 'resolved' : 'new',
        values: grade?.values ?? before?.values ?? {},
        threshold: grade?.threshold ?? null,
        evidence: grade?.evidence ?? [],
      })
      out.push(alert)
      if (held === undefined) open.delete(institution)
      else open.set(institution, alert)
    }
  }
  const own = ownTicks(rule, metrics).filter((tick) => tick <= tickOf(end))
  for (const { tick, standing, upTo } of spans(arrived)) {
    judge(tick, standing)
    for (const t of own.filter((o) => o > tick && o < upTo)) judge(t, standing)
  }
  return out
}

/** The ticks in which statements take effect, what stands from then on, and when the next do. */
function* spans(arrived: Arrived[]): Generator<{ tick: number; standing: Standing; upTo: number }> {
  const ticks = [...ticksOf(arrived)].map(({ tick }) => tick)
  let i = 0
  for (const { tick, standing } of ticksOf(arrived)) yield { tick, standing, upTo: ticks[++i] ?? Infinity }
}

/** When something that was stated is as old as a rule looks back. */
function ownTicks(rule: MetricRule, metrics: Arrived[]): number[] {
  const within = 'falls' in rule.against ? rule.against.falls.map((f) => parseDuration(f.within) ?? 0) : []
  const ticks = metrics.flatMap((a) => within.map((ms) => tickOf(a.time + ms)))
  return [...new Set(ticks)].sort((a, b) => a - b)
}

function ratios(rule: MetricRule, to: string, standing: Standing, institution: string): Grade[] {
  const [a, b] = [capitalOf(standing, institution, rule.metric), capitalOf(standing, institution, to)]
  if (a === undefined || b === undefined || valueOf(b) <= 0n || !('to' in rule.against)) return []
  return rule.against.below.map(({ severity, below }) => ({
    severity,
    threshold: String(rule.parameters[below]?.value),
    holds: valueOf(a) * 10n ** BigInt(LIMIT_SCALE) < parameterOf(rule, below) * valueOf(b),
    values: { ratio: ratioText(valueOf(a), valueOf(b)) },
    evidence: [a, b],
  }))
}

function falls(rule: MetricRule, standing: Standing, known: Arrived[], institution: string, tick: number): Grade[] {
  const now = capitalOf(standing, institution, rule.metric)
  if (now === undefined || !('falls' in rule.against)) return []
  return rule.against.falls.flatMap(({ severity, by, within }) => {
    const before = validAt(known, rule.metric, tick - (parseDuration(within) ?? 0))
    if (before === undefined || valueOf(before) <= 0n) return []
    const [is, was] = [valueOf(now), valueOf(before)]
    const values = { now: shown(is), before: shown(was), outflow: ratioText(was - is, was), horizon: by }
    const holds = (was - is) * 10n ** BigInt(LIMIT_SCALE) > parameterOf(rule, by) * was
    return [{ severity, threshold: String(rule.parameters[by]?.value), holds, values, evidence: now === before ? [now] : [now, before] }]
  })
}

/** Of what is known: per basis and period the statement of the highest time up to `time`, the last of these in event order; then as a capital base. */
function validAt(known: Arrived[], metric: string, time: number): Arrived | undefined {
  const things = new Map<string, Arrived>()
  for (const a of known) {
    const before = things.get(a.thing)
    if (a.event.data['metric'] === metric && a.time <= time && (before === undefined || a.time >= before.time)) things.set(a.thing, a)
  }
  const valid = [...things.values()].filter((a) => a.event.op !== 'delete')
  const solo = valid.filter((a) => a.event.data['basis'] === 'solo')
  const period = (a: Arrived) => String(a.event.data['period'])
  return (solo.length > 0 ? solo : valid).sort((a, b) => (period(a) < period(b) ? -1 : period(a) > period(b) ? 1 : 0)).at(-1)
}

function valueOf(a: Arrived): bigint {
  return parseDecimal(String(a.event.data['value']), BASE_SCALE) ?? 0n
}

function parameterOf(rule: MetricRule, name: string): bigint {
  return parseDecimal(String(rule.parameters[name]?.value), LIMIT_SCALE) ?? 0n
}

function shown(value: bigint): string {
  return formatDecimal(rescale(value, BASE_SCALE, 2), 2)
}
