/** Rules about what was reported rather than what it says: a figure against its detail, and limits that lack their base (contract §3, catalogue DQ-05, DQ-12). */
import { type Alert, formatDecimal, parseDecimal, rescale } from '../../pipeline/contract/index.ts'
import { revise } from './alerts.ts'
import type { Arrived } from './arrivals.ts'
import type { LimitTest, MissingTest, SummaryTest, TestRule } from './rules.ts'
import type { Standing } from './standing.ts'
import { BASE_SCALE, capitalOf, ticksOf } from './state.ts'

const PART_SCALE = 20

/** At every tick, whoever has ever stated anything: Σ of the detail against the figure of the latest period. */
export function judgeSummary({ rule }: SummaryTest, arrived: Arrived[]): Alert[] {
  const out: Alert[] = []
  const open = new Map<string, Alert>()
  const institutions = new Set<string>()
  for (const { tick, taken, standing } of ticksOf(arrived)) {
    for (const { event } of taken) institutions.add(event.institution)
    for (const institution of institutions) {
      const before = open.get(institution)
      const figure = capitalOf(standing, institution, rule.reported)
      const rows = standing.live(rule.detail.from, institution)
      const detail = rows.reduce((total, a) => total + (parseDecimal(String(a.event.data[rule.detail.sum]), 2) ?? 0n), 0n)
      const compared = figure === undefined ? undefined : compare(rule, institution, detail, parseDecimal(String(figure.event.data['value']), BASE_SCALE) ?? 0n)
      if ((compared?.holds === true) === (before !== undefined)) continue
      const alert = revise(rule, before, {
        institution,
        subject: { kind: 'institution', id: institution },
        at: tick,
        severity: rule.severity,
        band: null,
        state: compared?.holds === true ? 'new' : 'resolved',
        values: { detail: formatDecimal(detail, 2), reported: compared?.reported ?? '', difference: compared?.difference ?? '' },
        threshold: compared?.threshold ?? null,
        evidence: [...rows, ...(figure === undefined ? [] : [figure])],
      })
      out.push(alert)
      if (alert.state === 'new') open.set(institution, alert)
      else open.delete(institution)
    }
  }
  return out
}

function compare({ parameters, part, floor }: SummaryTest['rule'], institution: string, detail: bigint, reported: bigint) {
  const least = parameters[floor] as { value: string; of?: Record<string, string> }
  const tolerances = [
    (parseDecimal(String(parameters[part]?.value), PART_SCALE) ?? 0n) * reported,
    (parseDecimal(least.of?.[institution] ?? least.value, 2) ?? 0n) * 10n ** BigInt(BASE_SCALE + PART_SCALE - 2),
  ]
  const most = tolerances.reduce((a, b) => (b > a ? b : a))
  const difference = rescale(detail, 2, BASE_SCALE) - reported
  const money = (units: bigint, scale: number) => formatDecimal(rescale(units, scale, 2), 2)
  return {
    holds: (difference < 0n ? -difference : difference) * 10n ** BigInt(PART_SCALE) > most,
    reported: money(reported, BASE_SCALE),
    difference: money(difference, BASE_SCALE),
    threshold: money(most, BASE_SCALE + PART_SCALE),
  }
}

/** At every tick, for every institution and metric: the limits that have a subject with an amount above zero, while nobody knows the metric. */
export function judgeMissing({ rule }: MissingTest, tests: readonly TestRule[], arrived: Arrived[]): Alert[] {
  const limits = tests.filter((t) => t.kind === 'limit')
  const metrics = [...new Set(limits.map((l) => l.rule.base.metric))]
  const out: Alert[] = []
  const open = new Map<string, { alert: Alert; codes: string[] }>()
  const institutions = new Set<string>()
  for (const { tick, taken, standing } of ticksOf(arrived)) {
    for (const { event } of taken) institutions.add(event.institution)
    for (const institution of institutions)
      for (const metric of metrics) {
        const key = JSON.stringify([institution, metric])
        const [before, base] = [open.get(key), capitalOf(standing, institution, metric)]
        const lacking = base !== undefined ? [] : limits.filter((l) => l.rule.base.metric === metric && hasSomething(l, standing, institution))
        const codes = lacking.map((l) => l.rule.code).sort()
        if (codes.length > 0 && before !== undefined) before.codes = codes
        if (codes.length > 0 === (before !== undefined)) continue
        const named = before?.codes ?? codes
        const from = new Set(limits.filter((l) => named.includes(l.rule.code)).map((l) => l.rule.numerator.from))
        const alert = revise(rule, before?.alert, {
          institution,
          subject: { kind: 'institution', id: institution, part: metric },
          at: tick,
          severity: rule.severity,
          band: null,
          state: before === undefined ? 'new' : 'resolved',
          values: { metric, rules: named.join(',') },
          threshold: null,
          evidence: [...[...from].flatMap((type) => standing.live(type, institution)), ...(base === undefined ? [] : [base])],
        })
        out.push(alert)
        if (before === undefined) open.set(key, { alert, codes })
        else open.delete(key)
      }
  }
  return out
}

function hasSomething({ rule }: LimitTest, standing: Standing, institution: string): boolean {
  const { from, sum, by } = rule.numerator as { from: string; sum: string; by: string }
  const amounts = new Map<unknown, bigint>()
  for (const { event } of standing.live(from, institution)) {
    const amount = parseDecimal(String(event.data[sum]), 2) ?? 0n
    if (event.data[by] !== undefined) amounts.set(event.data[by], (amounts.get(event.data[by]) ?? 0n) + amount)
  }
  return [...amounts.values()].some((amount) => amount > 0n)
}
