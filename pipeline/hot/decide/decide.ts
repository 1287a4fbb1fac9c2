/** decide: from findings to revisions of alerts. An episode keeps its id while its band changes, and ends with a resolved revision. */
import { concatMap, type OperatorFunction } from 'rxjs'
import { type Alert, alertId, formatTime, type LogPosition, parseDecimal, type PublishedAlert, ruleHash, SEVERITIES, subjectKey } from '../../contract/index.ts'
import type { Evidence, Finding, Held, Measured, Windowed } from '../../contract/finding.ts'
import type { LimitRule, Rule, Severity } from '../../contract/rule.ts'
import type { Checked, Decided } from '../../contract/stage.ts'
import type { Episode, Episodes } from './episodes.ts'
import { climb, LADDERS, LIMIT_SCALE } from './ladder.ts'
import { RESOLVED, sentence } from './sentence.ts'

/** How many events an alert names. */
const EVIDENCE_SHOWN = 20

export type DecidePart = { episodes: Episodes }

export function decide(part: DecidePart): OperatorFunction<Checked, Decided> {
  return concatMap(async ({ findings, received }) => {
    // What takes effect at one instant is released together: episodes that begin at one instant begin in one batch.
    const begun = new Set<string>()
    const drafts = [...findings].sort(inOrder).flatMap((finding) => {
      const alert = revise(part.episodes, finding, begun)
      return alert === undefined ? [] : [{ finding, alert }]
    })
    // All at once, so that what is alike is one query; no decision rests on it.
    const evidence = await Promise.all(drafts.map(({ finding }) => finding.evidence()))
    return { revisions: drafts.map(({ alert }, i) => withEvidence(alert, evidence[i])), received }
  })
}

export function episodeKey(finding: Pick<Finding, 'rule' | 'institution' | 'subject'>): string {
  return `${finding.rule.code}|${finding.institution}|${subjectKey(finding.subject)}`
}

/** By time; at one time a window qualifies before one closes, the earliest start first. Findings of one episode keep this order in every run. */
function inOrder(a: Finding, b: Finding): number {
  if (a.at !== b.at) return a.at - b.at
  if (a.kind === 'windowed' && b.kind === 'windowed') return (a.step === b.step ? 0 : a.step === 'qualified' ? -1 : 1) || a.start - b.start
  return 0
}

function revise(episodes: Episodes, finding: Finding, begun: Set<string>): Alert | undefined {
  switch (finding.kind) {
    case 'measured':
      return measured(episodes, finding)
    case 'held':
      return held(episodes, finding, begun)
    case 'occurred':
      return compose(undefined, finding, { severity: severityOf(finding.rule), band: null, threshold: finding.threshold, state: 'new' }, finding.event)
    case 'windowed':
      return finding.step === 'qualified' ? qualified(episodes, finding) : closed(episodes, finding)
  }
}

function measured(episodes: Episodes, finding: Measured): Alert | undefined {
  const rule = finding.rule as LimitRule
  const key = episodeKey(finding)
  const open = episodes.get(key)
  const limit = String(rule.parameters[rule.limit]?.value ?? '')
  const before = open?.alert.band ?? null
  const band = climb(finding.numerator, finding.denominator, parseDecimal(limit, LIMIT_SCALE) ?? 0n, before, LADDERS[rule.ladder ?? 'limit'])
  if (band === undefined) return open === undefined ? undefined : resolve(episodes, key, open, finding, limit)
  if (band.name === before) return undefined
  const revision = compose(open, finding, { severity: band.severity, band: band.name, threshold: limit, state: 'new' })
  episodes.set(key, { alert: revision })
  return revision
}

/** Episodes of one subject that begin at one instant are told apart by their statement, all but the first. */
function held(episodes: Episodes, finding: Held, begun: Set<string>): Alert | undefined {
  const key = episodeKey(finding)
  const open = episodes.get(key)
  if (finding.holds === (open !== undefined)) return undefined
  if (open !== undefined) return resolve(episodes, key, open, finding, finding.threshold)
  const at = formatTime(finding.at)
  const start = begun.has(`${key}@${at}`) ? `${at}|${finding.event}` : at
  begun.add(`${key}@${at}`)
  const revision = compose(undefined, finding, { severity: severityOf(finding.rule), band: null, threshold: finding.threshold, state: 'new' }, start)
  episodes.set(key, { alert: revision })
  return revision
}

/** A qualifying window that overlaps the alert's last one belongs to that alert, which shows the first; only a higher severity revises it. */
function qualified(episodes: Episodes, finding: Windowed): Alert | undefined {
  const key = episodeKey(finding)
  const open = episodes.get(key)
  const severity = severityOf(finding.rule)
  if (open?.window !== undefined && Math.abs(finding.start - open.window.lastStart) < finding.end - finding.start) {
    const window = { ...open.window, lastStart: Math.max(open.window.lastStart, finding.start) }
    if (SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(open.alert.severity)) {
      episodes.set(key, { ...open, window })
      return undefined
    }
    const worse = compose(open, finding, { severity, band: null, threshold: finding.threshold, state: 'new' })
    episodes.set(key, { alert: worse, window })
    return worse
  }
  const revision = compose(undefined, finding, { severity, band: null, threshold: finding.threshold, state: 'new' })
  episodes.set(key, { alert: revision, window: { start: finding.start, end: finding.end, lastStart: finding.start, closed: false } })
  return revision
}

/** The window on show closes: one revision if it closed with other values. */
function closed(episodes: Episodes, finding: Windowed): Alert | undefined {
  const key = episodeKey(finding)
  const open = episodes.get(key)
  if (open?.window === undefined || open.window.start !== finding.start || open.window.closed) return undefined
  const window = { ...open.window, closed: true }
  const same = Object.entries(finding.values).every(([name, value]) => open.alert.values[name] === value)
  if (same) {
    episodes.set(key, { ...open, window })
    return undefined
  }
  const revision = compose(open, finding, { severity: open.alert.severity, band: null, threshold: finding.threshold, state: 'new' })
  episodes.set(key, { alert: revision, window })
  return revision
}

function resolve(episodes: Episodes, key: string, open: Episode, finding: Finding, threshold: string): Alert {
  const revision = compose(open, finding, { severity: open.alert.severity, band: null, threshold, state: 'resolved' })
  episodes.end(key)
  return revision
}

type Verdict = { severity: Severity; band: string | null; threshold: string; state: Alert['state'] }

/** A revision that still lacks its evidence. `start` tells episodes of one subject apart (contract §3). */
function compose(open: Episode | undefined, finding: Finding, verdict: Verdict, start = formatTime(finding.at)): Alert {
  const { rule, institution, subject, values } = finding
  const said = sentence(rule.says, { ...values, institution, subject: subject.id, threshold: verdict.threshold })
  const says = verdict.state === 'resolved' ? { zh: RESOLVED.zh + said.zh, en: RESOLVED.en + said.en } : said
  return {
    id: open?.alert.id ?? alertId(rule.code, institution, subject, start),
    revision: (open?.alert.revision ?? 0) + 1,
    state: verdict.state,
    mode: 'live',
    rule: { code: rule.code, id: rule.id, version: rule.version, hash: hashOf(rule) },
    institution,
    subject,
    severity: verdict.severity,
    band: verdict.band,
    at: formatTime(finding.at),
    window: finding.kind === 'windowed' ? { start: formatTime(finding.start), end: formatTime(finding.end) } : null,
    values,
    threshold: verdict.threshold,
    says,
    law: rule.law,
    disclosure: rule.disclosure,
    path: [],
    evidence: [],
    evidenceCount: 0,
  }
}

/** Puts the evidence in: the first events in event order, each once; positions beside them where the source has any, never in the episode. */
function withEvidence(alert: Alert, { refs, count, path }: Evidence = { refs: [], count: 0, path: [] }): PublishedAlert {
  const first = [...new Map(refs.map((r) => [r.event, r])).values()]
    .sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0))
    .slice(0, EVIDENCE_SHOWN)
  const positions = first.map((r) => r.position).filter((p): p is LogPosition => p !== undefined)
  Object.assign(alert, { path, evidence: first.map((r) => r.event), evidenceCount: count })
  return positions.length > 0 ? { ...alert, positions } : alert
}

const hashes = new WeakMap<Rule, string>()

function hashOf(rule: Rule): string {
  const known = hashes.get(rule) ?? ruleHash(rule)
  hashes.set(rule, known)
  return known
}

function severityOf(rule: Rule): Severity {
  return rule.kind === 'limit' ? 'red' : rule.severity
}
