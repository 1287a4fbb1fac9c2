/** decide: from findings to revisions of alerts. An episode keeps its id while its band changes, and ends with a resolved revision. */
import { concatMap, type OperatorFunction } from 'rxjs'
import { type Alert, formatTime, parseDecimal, subjectKey } from '../../contract/index.ts'
import type { Finding, Held, Measured, Occurred, Windowed } from '../../contract/finding.ts'
import type { Rule } from '../../contract/rule.ts'
import type { Checked, Decided } from '../../contract/stage.ts'
import type { AlertWindows } from './alert-windows.ts'
import type { Episode, Episodes } from './episodes.ts'
import { climb, LADDERS, LIMIT_SCALE } from './ladder.ts'
import { compose, severityOf, type Verdict, withEvidence } from './revision.ts'
import { type Draft, windowed } from './windowed.ts'

export type DecidePart = { episodes: Episodes; alertWindows: AlertWindows }

export function decide(part: DecidePart): OperatorFunction<Checked, Decided> {
  return concatMap(async ({ findings, letters, received, horizon }) => {
    const first = await drafted(part.episodes, [...findings].sort(inOrder))
    const overAlerts = part.alertWindows.judge(
      first.map(({ alert }) => alert),
      horizon,
    )
    const drafts = [...first, ...(await drafted(part.episodes, overAlerts.sort(inOrder)))]
    // All at once, so that what is alike is one query; no decision rests on it.
    const evidence = await Promise.all(drafts.map(async ({ finding }) => finding.evidence()))
    return { revisions: drafts.map(({ alert }, i) => withEvidence(alert, evidence[i])), letters, received }
  })
}

/** What windows of one subject say of one instant is decided together, where the first of them stands. */
async function drafted(episodes: Episodes, findings: Finding[]): Promise<Draft[]> {
  const together = new Map<string, Windowed[]>()
  for (const f of findings) if (f.kind === 'windowed') together.set(instantOf(f), [...(together.get(instantOf(f)) ?? []), f])
  const drafts: Draft[] = []
  const begun = new Set<string>()
  for (const finding of findings) {
    if (finding.kind === 'windowed') {
      const group = together.get(instantOf(finding))
      if (group?.[0] === finding) for (const draft of await windowed(episodes, episodeKey(finding), group)) drafts.push(draft)
      continue
    }
    for (const alert of revise(episodes, finding, begun)) drafts.push({ finding, alert })
  }
  return drafts
}

function instantOf(finding: Windowed): string {
  return `${finding.at}|${episodeKey(finding)}`
}

export function episodeKey(finding: Pick<Finding, 'rule' | 'institution' | 'subject'>): string {
  return `${finding.rule.code}|${finding.institution}|${subjectKey(finding.subject)}`
}

const STEPS: Windowed['step'][] = ['before', 'end', 'after']

/** By time; of windows at one time the earliest start first. Findings of one episode keep this order in every run. */
function inOrder(a: Finding, b: Finding): number {
  if (a.at !== b.at) return a.at - b.at
  if (a.kind === 'windowed' && b.kind === 'windowed') return a.start - b.start || STEPS.indexOf(a.step) - STEPS.indexOf(b.step)
  return 0
}

function revise(episodes: Episodes, finding: Exclude<Finding, Windowed>, begun: Set<string>): Alert[] {
  if (finding.kind === 'occurred') return occurred(episodes, finding)
  const alert = finding.kind === 'measured' ? measured(episodes, finding, begun) : held(episodes, finding, begun)
  return alert === undefined ? [] : [alert]
}

/** One alert per event. A correction revises those about the same thing that came before it, or resolves them where the corrected one would not have raised them. */
function occurred(episodes: Episodes, finding: Occurred): Alert[] {
  const key = `${finding.rule.code}|${finding.institution}|of:${finding.thing}`
  const before = episodes.get(key)?.occurred ?? []
  const touched = finding.corrects ? before.filter((r) => r.order < finding.order && r.time >= finding.reaches) : []
  const verdict: Verdict = { severity: finding.severity ?? severityOf(finding.rule), band: null, threshold: finding.threshold, state: 'new' }
  const stays = (alert: Alert) => finding.holds && subjectKey(alert.subject) === subjectKey(finding.subject)
  const revised = touched.map(({ alert }) =>
    compose(
      { alert },
      { ...finding, subject: alert.subject, values: { ...alert.values, ...finding.values } },
      {
        severity: stays(alert) ? verdict.severity : alert.severity,
        band: null,
        threshold: finding.threshold || (alert.threshold ?? ''),
        state: stays(alert) ? 'new' : 'resolved',
      },
    ),
  )
  const fresh = finding.holds && !touched.some(({ alert }) => stays(alert)) ? [compose(undefined, finding, verdict, finding.event)] : []
  const { order, time } = finding
  const now = [...revised.filter((a) => a.state === 'new'), ...fresh].map((alert) => ({ alert, order, time }))
  const occurred = [...before.filter((r) => !touched.includes(r)), ...now]
  const last = occurred.at(-1)
  if (last !== undefined) episodes.set(key, { alert: last.alert, occurred })
  else if (before.length > 0) episodes.end(key)
  return [...revised, ...fresh]
}

function measured(episodes: Episodes, finding: Measured, begun: Set<string>): Alert | undefined {
  const key = episodeKey(finding)
  const open = episodes.get(key)
  const { limit } = finding
  const before = open?.alert.band ?? null
  const band = climb(finding.numerator, finding.denominator, parseDecimal(limit, LIMIT_SCALE) ?? 0n, before, LADDERS[ladderOf(finding.rule)])
  if (band === undefined) return open === undefined ? undefined : resolve(episodes, key, open, finding, limit)
  if (band.name === before) return undefined
  const start = open === undefined ? startOf(key, finding, begun) : undefined
  const revision = compose(open, finding, { severity: band.severity, band: band.name, threshold: limit, state: 'new' }, start)
  episodes.set(key, { alert: revision })
  return revision
}

/** An episode whose severity changes keeps its id. */
function held(episodes: Episodes, finding: Held, begun: Set<string>): Alert | undefined {
  const key = episodeKey(finding)
  const open = episodes.get(key)
  const verdict: Verdict = { severity: finding.severity ?? severityOf(finding.rule), band: null, threshold: finding.threshold, state: 'new' }
  if (!finding.holds) return open === undefined ? undefined : resolve(episodes, key, open, finding, finding.threshold)
  if (open !== undefined) return open.alert.severity === verdict.severity ? undefined : keep(compose(open, finding, verdict))
  return keep(compose(undefined, finding, verdict, startOf(key, finding, begun)))

  function keep(alert: Alert): Alert {
    episodes.set(key, { alert })
    return alert
  }
}

/**
 * What tells an episode that begins apart. `begun`: what began in this batch. Statements of one instant are always released together: an episode that
 * begins where another of its subject has begun and ended at the same instant is told apart by its statement.
 */
function startOf(key: string, { at: ms, event }: Measured | Held, begun: Set<string>): string {
  const at = formatTime(ms)
  const start = event !== undefined && begun.has(`${key}|${at}`) ? `${at}|${event}` : at
  begun.add(`${key}|${at}`)
  return start
}

function ladderOf(rule: Rule): keyof typeof LADDERS {
  return (rule.kind === 'limit' ? rule.ladder : undefined) ?? 'limit'
}

function resolve(episodes: Episodes, key: string, open: Episode, finding: Finding, threshold: string | null): Alert {
  const values = Object.keys(finding.values).length > 0 ? finding.values : open.alert.values
  const revision = compose(open, { ...finding, values }, { severity: open.alert.severity, band: null, threshold, state: 'resolved' })
  episodes.end(key)
  return revision
}
