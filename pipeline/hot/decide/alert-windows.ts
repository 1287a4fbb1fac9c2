/**
 * Rules over the alerts that other rules open (docs/decisions/0027): windows over the `at` of first revisions, once every partition has passed them. In memory;
 * after a restart they are found again among the revisions.
 */
import { type Alert, formatTime, parseDuration, parseTime } from '../../contract/index.ts'
import type { EvidenceRef, Windowed } from '../../contract/finding.ts'
import { type AlertsRule, isOverOccurrences } from '../../contract/rule.ts'
import { covers, type Ruling, stateName } from '../../contract/ruling.ts'
import { compareText } from '../../contract/text.ts'
import { TICK_MS, tickOf } from '../../contract/tick.ts'
import { type Database, quote } from '../../store/database.ts'

/** An alert as it was opened, at `at`, ms. */
type Opened = { id: string; code: string; institution: string; at: number }
/** A window is judged by the version in force where it starts. */
type Judge = { ruling: Ruling; rule: AlertsRule; size: number; every: number; least: number; opened: Opened[]; judged: number }

export type AlertWindowsPart = {
  db: Database
  rulings: readonly Ruling[]
  /** Windows that ended at this time or before, ms, raise nothing. */
  judgeFrom?: number | undefined
}

export class AlertWindows {
  readonly #part: AlertWindowsPart
  readonly #judges: Judge[]

  constructor(part: AlertWindowsPart) {
    this.#part = part
    this.#judges = part.rulings.flatMap((ruling) => (ruling.rule.kind === 'alerts' ? [judgeOf(ruling, ruling.rule)] : []))
    for (const { rule } of this.#judges)
      for (const { rule: of } of part.rulings)
        if (rule.of.includes(of.code) && isOverOccurrences(of))
          throw new Error(`rule ${rule.code}: alerts of ${of.code} are about single occurrences, which come in no order of time`)
  }

  /** Reads back up to which tick each rule was judged, and the alerts its windows still hold. */
  async restore(): Promise<void> {
    const { db } = this.#part
    for (const judge of this.#judges) {
      judge.judged = Number(await db.meta.restore(keyOf(judge), judge.ruling.from - TICK_MS))
      const found = await db.rows(
        `SELECT id, rule_code, institution, epoch_ms("at") FROM lt.alert_revisions WHERE revision = 1 AND rule_code IN (${judge.rule.of.map(quote).join(', ')})`,
      )
      judge.opened = found.map(([id, code, institution, at]) => ({ id: String(id), code: String(code), institution: String(institution), at: Number(at) }))
      forget(judge)
    }
  }

  /** Up to which tick a rule was judged, and how long its windows are. */
  judged(code: string): { judged: number; longestMs: number } {
    const judges = this.#judges.filter((j) => j.rule.code === code)
    return { judged: judges.length === 0 ? -Infinity : Math.min(...judges.map((j) => j.judged)), longestMs: Math.max(0, ...judges.map((j) => j.size)) }
  }

  /** Takes in what the other rules have said, and judges up to tick `upTo`, ms: what they say of it has come. */
  judge(revisions: readonly Alert[], upTo: number): Windowed[] {
    return this.#judges.flatMap((judge) => {
      for (const { id, revision, rule, institution, at } of revisions)
        if (revision === 1 && judge.rule.of.includes(rule.code)) judge.opened.push({ id, code: rule.code, institution, at: parseTime(at) ?? Number.NaN })
      if (upTo <= judge.judged) return []
      const found = windowsOf(judge).flatMap((start) => this.#found(judge, start, upTo))
      const last = judge.opened.reduce((high, o) => Math.max(high, tickOf(o.at + judge.size)), judge.judged)
      this.#part.db.meta.note(keyOf(judge), Number.isFinite(upTo) ? upTo : last)
      judge.judged = upTo
      forget(judge)
      return found
    })
  }

  /** A window in the tick in which it has alerts of enough institutions, and when it closes. */
  #found(judge: Judge, start: number, upTo: number): Windowed[] {
    const { size, least, judged } = judge
    const [end, closing] = [start + size, tickOf(start + size)]
    if (end <= (this.#part.judgeFrom ?? -Infinity) || !covers(judge.ruling, start)) return []
    const inside = judge.opened.filter((o) => o.at >= start && o.at < end).sort((a, b) => a.at - b.at || compareText(a.id, b.id))
    const isDue = (tick: number) => tick > judged && tick <= upTo
    const crossing = tickOf(inside.find((_, i) => institutionsOf(inside.slice(0, i + 1)).length >= least)?.at ?? Number.NaN)
    const found: Windowed[] = []
    if (crossing < closing && isDue(crossing))
      found.push(
        findingOf(
          judge,
          inside.filter((o) => tickOf(o.at) <= crossing),
          { start, end },
          'before',
          crossing,
        ),
      )
    if (crossing <= closing && isDue(closing)) found.push(findingOf(judge, inside, { start, end }, 'end', end))
    return found
  }
}

function judgeOf(ruling: Ruling, rule: AlertsRule): Judge {
  const valueOf = (name: string) => String(rule.parameters[name]?.value)
  const [size, every] = [rule.window.size, rule.window.every].map((name) => parseDuration(valueOf(name)) ?? Number.NaN) as [number, number]
  return { ruling, rule, size, every, least: Number(valueOf(rule.institutions)), opened: [], judged: -Infinity }
}

/** Starts of the windows that hold some alert. */
function windowsOf({ opened, every, size }: Judge): number[] {
  const starts = new Set<number>()
  for (const { at } of opened) for (let start = Math.floor(at / every) * every; start + size > at; start -= every) starts.add(start)
  return [...starts].sort((a, b) => a - b)
}

/** Lets go of alerts whose windows have all closed. */
function forget(judge: Judge): void {
  judge.opened = judge.opened.filter((o) => tickOf(Math.floor(o.at / judge.every) * judge.every + judge.size) > judge.judged)
}

function institutionsOf(opened: readonly Opened[]): string[] {
  return [...new Set(opened.map((o) => o.institution))].sort(compareText)
}

function findingOf(judge: Judge, opened: readonly Opened[], { start, end }: { start: number; end: number }, step: 'before' | 'end', at: number): Windowed {
  const { rule } = judge
  const institutions = institutionsOf(opened)
  return {
    kind: 'windowed',
    step,
    rule,
    institution: '*',
    subject: { kind: rule.subject.kind, id: rule.subject.id },
    at,
    start,
    end,
    holds: true,
    corrected: false,
    reaches: -Infinity,
    values: { institutions: institutions.join(','), count: String(institutions.length) },
    threshold: String(judge.least),
    severity: rule.severity,
    evidence: () => ({ refs: opened.map(refOf), count: opened.length, path: [] }),
    instead: () => Promise.reject(new Error(`rule ${rule.code}: nothing corrects a window of alerts`)),
  }
}

/** The event by which an alert was told (contract §3). */
function refOf({ id, at }: Opened): EvidenceRef {
  return { event: `/lookthrough|${id}/1`, order: `${formatTime(at)}|${id}` }
}

function keyOf({ ruling }: Judge): string {
  return `judged ${stateName(ruling)}`
}
