/** Rules over what has not come: numbers of a stream, and any word of an institution (contract §1, docs/decisions/0017). */
import { type Alert, formatTime, parseDuration } from '../../pipeline/contract/index.ts'
import { revise, type Verdict } from './alerts.ts'
import { type Arrived, compare, tickOf } from './arrivals.ts'
import type { DueTest } from './rules.ts'

/** `come`: all events that came in, in event order. */
export function judgeDue(test: DueTest, come: readonly Arrived[]): Alert[] {
  return test.rule.due === 'number' ? judgeNumbers(test, come) : judgeWords(test, come)
}

function judgeNumbers({ rule }: DueTest, come: readonly Arrived[]): Alert[] {
  const within = withinOf(rule)
  return grouped(come, (a) => `${a.event.source}|${a.event.type}`).flatMap(([stream, events]) => {
    const first = events.reduce((best, a) => ((a.e - best.e || compare(a.event.institution, best.event.institution)) < 0 ? a : best))
    return gapsOf(events, within).flatMap(({ from, to, at, until }) => {
      const verdict = { subject: { kind: 'stream', id: stream, part: String(from) }, values: { from: String(from), to: String(to) } }
      return episode(rule, first.event.institution, [
        { ...verdict, at },
        { ...verdict, at: until },
      ])
    })
  })
}

type GapAlert = { from: number; to: number; at: number; until: number }

/** A number is missing from when a lower and a higher one are there until it is; neighbours that become due in one tick are one gap. */
function gapsOf(events: readonly Arrived[], within: number): GapAlert[] {
  const earliest = new Map<number, number>()
  for (const { event, e } of events) earliest.set(Number(event.sequence), Math.min(e, earliest.get(Number(event.sequence)) ?? Infinity))
  const numbers = [...earliest.keys()]
  const least = (some: number[]) => Math.min(...some.map((n) => earliest.get(n) ?? Infinity))
  const gaps: GapAlert[] = []
  for (let n = Math.min(...numbers) + 1; n < Math.max(...numbers); n++) {
    const since = Math.max(least(numbers.filter((m) => m < n)), least(numbers.filter((m) => m > n)))
    const [at, until] = [tickOf(since + within), tickOf(earliest.get(n) ?? Infinity)]
    if (at >= until) continue
    const last = gaps.at(-1)
    if (last !== undefined && last.to === n - 1 && last.at === at) Object.assign(last, { to: n, until: Math.max(last.until, until) })
    else gaps.push({ from: n, to: n, at, until })
  }
  return gaps
}

function judgeWords({ rule }: DueTest, come: readonly Arrived[]): Alert[] {
  const within = withinOf(rule)
  const end = tickOf(Math.max(...come.map((a) => a.e)))
  return grouped(come, (a) => a.event.institution).flatMap(([institution, events]) => {
    const words = events.map((a) => a.e)
    return words.flatMap((word, i) => {
      const next = words[i + 1] ?? Infinity
      const silent = Math.floor((word + within) / 1000) * 1000 + 1000
      if (silent >= tickOf(next) || silent > end) return []
      const subject = { kind: 'institution', id: institution }
      const heard = words.findLast((w) => w <= tickOf(next)) ?? word
      return episode(rule, institution, [
        { subject, values: { last: formatTime(word) }, at: silent },
        { subject, values: { last: formatTime(heard) }, at: tickOf(next) },
      ])
    })
  })
}

/** Opened and, where that ever happens, resolved. */
function episode(rule: DueTest['rule'], institution: string, steps: Pick<Verdict, 'subject' | 'values' | 'at'>[]): Alert[] {
  const out: Alert[] = []
  for (const step of steps.filter((s) => Number.isFinite(s.at))) {
    const state = out.length === 0 ? 'new' : 'resolved'
    const threshold = String(rule.parameters[rule.within]?.value)
    out.push(revise(rule, out.at(-1), { institution, severity: rule.severity, band: null, state, threshold, evidence: [], ...step }))
  }
  return out
}

function withinOf(rule: DueTest['rule']): number {
  return parseDuration(String(rule.parameters[rule.within]?.value)) ?? Number.NaN
}

function grouped(come: readonly Arrived[], by: (a: Arrived) => string): [string, Arrived[]][] {
  const groups = new Map<string, Arrived[]>()
  for (const a of come) groups.set(by(a), [...(groups.get(by(a)) ?? []), a])
  return [...groups]
}
