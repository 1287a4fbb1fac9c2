/** Rules over what others did: trades against those before them, results against the risk reported for them, and alerts of other rules. */
import { type Alert, divideHalfEven, formatDecimal, formatTime, parseDecimal, parseDuration, parseTime, ratioText } from '../../pipeline/contract/index.ts'
import { revise } from './alerts.ts'
import { type Arrived, compare, inEventOrder, KEEP_MS, tickOf } from './arrivals.ts'
import type { AlertsTest, BacktestTest, OutlierTest } from './rules.ts'
import { followOccurrences, ticksOf } from './state.ts'

const PRICE_SCALE = 10
const PART_SCALE = 20
const price = (text: unknown) => parseDecimal(String(text ?? '0'), PRICE_SCALE) ?? 0n

/**
 * In event order: each occurrence against the others that came before it, are in force and lie in the minutes before it, each thing once. A thing that somebody
 * else, or the same again, reported within these minutes is not judged.
 */
export function judgeOutliers({ rule }: OutlierTest, arrived: Arrived[], keepMs = KEEP_MS): Alert[] {
  const stream = arrived.filter((a) => a.event.type === rule.reads && a.time >= a.e - keepMs)
  const [minutes, least, most] = [rule.within, rule.least, rule.most].map((name) => String(rule.parameters[name]?.value)) as [string, string, string]
  const size = Number(minutes) * 60_000
  const idOf = (a: Arrived) => String(a.event.data['tradeId'])
  const compared = (a: Arrived) => {
    const before = stream.filter((b) => inEventOrder(b, a) < 0)
    const isEnded = (b: Arrived) =>
      before.some((w) => (w.event.op === 'correct' || w.event.op === 'delete') && w.thing === b.thing && inEventOrder(w, b) > 0 && b.time >= w.e - keepMs)
    const near = before.filter((b) => b.event.op !== 'delete' && b.event.data[rule.per] === a.event.data[rule.per] && !isEnded(b))
    const others = near.filter((b) => idOf(b) !== idOf(a) && b.time >= a.time - size && b.time < a.time)
    const each = others.filter((b, i) => others.findIndex((c) => idOf(c) === idOf(b)) === i)
    const isRepeated = near.some((b) => {
      const isSame = idOf(b) === idOf(a) && Math.abs(b.time - a.time) <= size
      return isSame && (a.event.op !== 'correct' || b.event.institution !== a.event.institution)
    })
    const weighted = each.reduce((total, b) => total + price(b.event.data[rule.value]) * price(b.event.data[rule.weight]), 0n)
    const weight = each.reduce((total, b) => total + price(b.event.data[rule.weight]), 0n)
    const own = price(a.event.data[rule.value])
    const off = own * weight > weighted ? own * weight - weighted : weighted - own * weight
    const isKnown = each.length >= Number(least) && weighted > 0n
    if (a.event.op === 'delete') return { holds: false, evidence: [a] }
    return {
      holds: isKnown && !isRepeated && off * 10n ** BigInt(PART_SCALE) > (parseDecimal(most, PART_SCALE) ?? 0n) * weighted,
      values: {
        [rule.value]: formatDecimal(own, PRICE_SCALE),
        vwap: isKnown ? formatDecimal(divideHalfEven(weighted, weight), PRICE_SCALE) : '',
        deviation: isKnown ? ratioText(off, weighted) : '',
      },
      threshold: most,
      evidence: [...each, a],
    }
  }
  return followOccurrences(rule, stream, compared, keepMs)
}

/** At every tick: of the latest periods that have both figures, in how many the loss was larger than the value at risk. */
export function judgeBacktest({ rule, grade }: BacktestTest, arrived: Arrived[]): Alert[] {
  const out: Alert[] = []
  const open = new Map<string, Alert>()
  const days = Number(rule.parameters['days']?.value)
  const institutions = new Set<string>()
  for (const { tick, taken, standing } of ticksOf(arrived)) {
    for (const { event } of taken) institutions.add(event.institution)
    for (const institution of institutions) {
      const figures = (basis: string, metric: string) =>
        new Map(
          standing
            .live('inst.metric', institution)
            .filter(({ event }) => event.data['basis'] === basis && event.data['metric'] === metric)
            .map((a) => [String(a.event.data['period']), a]),
        )
      const both = (basis: string) => {
        const [risks, results] = [figures(basis, 'var-99'), figures(basis, 'pnl')]
        const periods = [...risks.keys()]
          .filter((period) => results.has(period))
          .sort(compare)
          .reverse()
        return periods.slice(0, days).map((period) => [risks.get(period), results.get(period)] as [Arrived, Arrived])
      }
      const solo = both('solo')
      const counted = solo.length > 0 ? solo : both('consolidated')
      const exceptions = counted.filter(([risk, result]) => price(result.event.data['value']) < -price(risk.event.data['value']))
      const [before, now] = [open.get(institution), grade(exceptions.length)]
      if (now === undefined ? before === undefined : before?.severity === now.severity) continue
      const alert = revise(rule, before, {
        institution,
        subject: { kind: 'institution', id: institution },
        at: tick,
        severity: now?.severity ?? before?.severity ?? 'red',
        band: null,
        state: now === undefined ? 'resolved' : 'new',
        // Without any period the last values stand.
        values: counted.length === 0 ? (before?.values ?? {}) : { exceptions: String(exceptions.length), days: String(counted.length) },
        threshold: now?.threshold ?? (counted.length === 0 ? '' : String(rule.parameters['yellow']?.value)),
        evidence: exceptions.flat(),
      })
      out.push(alert)
      if (now === undefined) open.delete(institution)
      else open.set(institution, alert)
    }
  }
  return out
}

/** The alerts that were opened, window by window: in the tick in which they are of enough institutions, and once more when it closes with others. */
export function judgeAlerts({ rule }: AlertsTest, alerts: readonly Alert[]): Alert[] {
  const valueOf = (name: string) => String(rule.parameters[name]?.value)
  const [size, every] = [rule.window.size, rule.window.every].map((name) => parseDuration(valueOf(name)) ?? Number.NaN) as [number, number]
  const opened = alerts
    .filter((a) => a.revision === 1 && rule.of.includes(a.rule.code))
    .map((alert) => ({ alert, at: parseTime(alert.at) ?? Number.NaN }))
    .sort((a, b) => a.at - b.at || compare(a.alert.id, b.alert.id))
  const starts = new Set<number>()
  for (const { at } of opened) for (let start = Math.floor(at / every) * every; start + size > at; start -= every) starts.add(start)
  const least = Number(valueOf(rule.institutions))
  const windows = [...starts].flatMap((start) => {
    const inside = opened.filter(({ at }) => at >= start && at < start + size)
    const tick = inside.map(({ at }) => tickOf(at)).find((t) => institutionsOf(inside.filter(({ at }) => tickOf(at) <= t)).length >= least)
    return tick === undefined ? [] : [{ start, end: start + size, inside, tick: Math.min(tick, tickOf(start + size)) }]
  })
  return episodesOf(rule, windows)
}

type Opened = { alert: Alert; at: number }
type AlertWindow = { start: number; end: number; inside: Opened[]; tick: number }

/** In order of the ticks in which they qualify: a window that overlaps the last of an alert's is the alert's. */
function episodesOf(rule: AlertsTest['rule'], windows: AlertWindow[]): Alert[] {
  const out: Alert[] = []
  let last: AlertWindow | undefined
  const isEarly = (w: AlertWindow) => w.tick < tickOf(w.end)
  const ordered = [...windows].sort((a, b) => atOf(a) - atOf(b) || a.start - b.start)
  for (const w of ordered) {
    const joins = last !== undefined && w.start < last.end && last.start < w.end
    if (last === undefined || !joins || w.start > last.start) last = w
    if (joins) continue
    const rows = isEarly(w) ? w.inside.filter(({ at }) => tickOf(at) <= w.tick) : w.inside
    const first = said(rule, undefined, w, rows, atOf(w))
    out.push(first)
    if (isEarly(w) && institutionsOf(w.inside).join() !== institutionsOf(rows).join()) out.push(said(rule, first, w, w.inside, w.end))
  }
  return out

  function atOf(w: AlertWindow): number {
    return isEarly(w) ? w.tick : w.end
  }
}

function said(rule: AlertsTest['rule'], before: Alert | undefined, window: AlertWindow, opened: Opened[], at: number): Alert {
  const institutions = institutionsOf(opened)
  const alert = revise(rule, before, {
    institution: '*',
    subject: { kind: rule.subject.kind, id: rule.subject.id },
    at,
    window,
    severity: rule.severity,
    band: null,
    state: 'new',
    values: { institutions: institutions.join(','), count: String(institutions.length) },
    threshold: String(rule.parameters[rule.institutions]?.value),
    evidence: [],
  })
  const events = opened
    .map(({ alert: { id }, at: time }) => ({ event: `/lookthrough|${id}/1`, order: `${formatTime(time)}|${id}` }))
    .sort((a, b) => compare(a.order, b.order))
  return { ...alert, evidence: events.slice(0, 20).map((e) => e.event), evidenceCount: events.length }
}

function institutionsOf(opened: Opened[]): string[] {
  return [...new Set(opened.map(({ alert }) => alert.institution))].sort()
}
