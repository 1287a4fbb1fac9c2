/** A revision of an alert from a finding, and its evidence put in. */
import { type Alert, alertId, formatTime, type LogPosition, type PublishedAlert, ruleHash } from '../../contract/index.ts'
import type { Evidence, Finding } from '../../contract/finding.ts'
import type { Rule, Severity } from '../../contract/rule.ts'
import type { Episode } from './episodes.ts'
import { RESOLVED, sentence } from './sentence.ts'

/** How many events an alert names. */
const EVIDENCE_SHOWN = 20

export type Verdict = { severity: Severity; band: string | null; threshold: string | null; state: Alert['state'] }

/** A revision that still lacks its evidence. `start` tells episodes of one subject apart (contract §3). */
export function compose(open: Episode | undefined, finding: Finding, verdict: Verdict, start = formatTime(finding.at)): Alert {
  const { rule, institution, subject, values } = finding
  const said = sentence(rule.says, { ...values, institution, subject: subject.id, threshold: verdict.threshold ?? '' })
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
    // What crosses institutions is for the supervisor alone.
    disclosure: institution === '*' ? 'supervisor' : rule.disclosure,
    path: [],
    evidence: [],
    evidenceCount: 0,
  }
}

/** Puts the evidence in: the first events in event order, each once; positions beside them where the source has any, never in the episode. */
export function withEvidence(alert: Alert, { refs, count, path }: Evidence = { refs: [], count: 0, path: [] }): PublishedAlert {
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

export function severityOf(rule: Rule): Severity {
  if (rule.kind === 'graph') return rule.grades.at(-1)?.severity ?? 'red'
  return 'severity' in rule ? rule.severity : 'red'
}
