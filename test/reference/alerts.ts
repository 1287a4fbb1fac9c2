/** An alert's revision, written down from the contract's §3. */
import { type Alert, alertId, type AlertSubject, formatTime, type Rule, ruleHash, type Severity } from '../../pipeline/contract/index.ts'
import { type Arrived, inEventOrder } from './arrivals.ts'

const EVIDENCE_SHOWN = 20
const RESOLVED = { zh: '已解除：', en: 'Resolved: ' }

export type Verdict = {
  institution: string
  subject: AlertSubject
  at: number
  window?: { start: number; end: number }
  severity: Severity
  band: string | null
  state: Alert['state']
  values: Record<string, string>
  threshold: string | null
  evidence: Arrived[]
}

/** `before`: the alert's last revision; `start` tells episodes of one subject apart. */
export function revise(rule: Rule, before: Alert | undefined, verdict: Verdict, start = formatTime(verdict.at)): Alert {
  const { institution, subject, values, threshold } = verdict
  const facts: Record<string, string> = { ...values, institution, subject: subject.id, threshold: threshold ?? '' }
  const say = (language: 'zh' | 'en') =>
    (verdict.state === 'resolved' ? RESOLVED[language] : '') + rule.says[language].replace(/\{(\w+)\}/g, (whole, name: string) => facts[name] ?? whole)
  return {
    id: before?.id ?? alertId(rule.code, institution, subject, start),
    revision: (before?.revision ?? 0) + 1,
    state: verdict.state,
    mode: 'live',
    rule: { code: rule.code, id: rule.id, version: rule.version, hash: hashOf(rule) },
    institution,
    subject,
    severity: verdict.severity,
    band: verdict.band,
    at: formatTime(verdict.at),
    window: verdict.window === undefined ? null : { start: formatTime(verdict.window.start), end: formatTime(verdict.window.end) },
    values,
    threshold,
    says: { zh: say('zh'), en: say('en') },
    law: rule.law,
    disclosure: rule.disclosure,
    path: [],
    evidence: [...verdict.evidence]
      .sort(inEventOrder)
      .slice(0, EVIDENCE_SHOWN)
      .map(({ event }) => `${event.source}|${event.id}`),
    evidenceCount: verdict.evidence.length,
  }
}

const hashes = new WeakMap<Rule, string>()

function hashOf(rule: Rule): string {
  const hash = hashes.get(rule) ?? ruleHash(rule)
  hashes.set(rule, hash)
  return hash
}
