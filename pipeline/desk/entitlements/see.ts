/**
 * What a user may see of an alert. The authority's people see all of it. A bank's desk sees its own disclosed alerts of live rules: what each is about, and
 * the figures it was judged by. Of other institutions' records in them it sees kind and amount, never an id, a name, a share, a count or a position (contract §3).
 */
import type { LogPosition, PathStep, PublishedAlert } from '../../contract/index.ts'
import { say } from '../../messages/index.ts'
import type { DeskUser } from './users.ts'
import { toldValues } from './values.ts'

export type Viewer = Pick<DeskUser, 'role' | 'institution'>

/** The alert as this viewer sees it, or undefined: for this viewer it does not exist. */
export function viewFor(viewer: Viewer, alert: PublishedAlert): PublishedAlert | undefined {
  if (viewer.role !== 'desk') return alert
  if (viewer.institution === null || !isBank(viewer.institution) || alert.institution !== viewer.institution) return undefined
  return alert.disclosure === 'institution' && alert.mode === 'live' ? redacted(alert, viewer.institution) : undefined
}

/** `*` stands for what is between institutions, and is nobody's. */
export function isBank(institution: string): boolean {
  return institution !== '' && institution !== '*'
}

/** Viewers of one stream see the same alerts in the same order. One per institution, so that no counter tells of a neighbour's volume. */
export function streamOf(viewer: Viewer): string {
  return viewer.role === 'desk' ? `institution/${viewer.institution ?? ''}` : 'all'
}

/**
 * Is this event reference (`<source>|<id>`) one that the institution reported itself? The institution is a path segment of the source,
 * such as `/institutions/B0001/core`; where a segment is `institutions`, the one after it decides. In doubt it is another's.
 */
export function isOwn(event: string, institution: string): boolean {
  const segments = (event.split('|', 1)[0] ?? '').split('/')
  const named = segments.indexOf('institutions')
  return named >= 0 ? segments[named + 1] === institution : institution !== '' && segments.includes(institution)
}

/** Every field is named here, so that a field added to alerts later stays hidden from banks until somebody decides otherwise. */
function redacted(alert: PublishedAlert, institution: string): PublishedAlert {
  const { id, revision, state, mode, rule, subject, severity, band, at, window, threshold, law, disclosure } = alert
  const path = alert.path.map((step) => (step.event !== undefined && isOwn(step.event, institution) ? step : bare(step)))
  const own = [...alert.evidence.keys()].filter((k) => isOwn(alert.evidence[k] ?? '', institution))
  const evidence = own.flatMap((k) => alert.evidence[k] ?? [])
  const allOwn = own.length === alert.evidence.length && path.every((step) => step.event !== undefined)
  // Where there is a path there is more than one table behind it, and what is not shown of the evidence could be anybody's.
  const isWhole = allOwn && (path.length === 0 || alert.evidenceCount === evidence.length)
  const values = isWhole ? alert.values : toldValues(rule.code, alert.values)
  const isAllTold = Object.keys(values).length === Object.keys(alert.values).length
  const positions = ownPositions(alert, own)
  return {
    id,
    revision,
    state,
    mode,
    rule,
    institution,
    subject,
    severity,
    band,
    at,
    window,
    values,
    threshold,
    says: isAllTold ? alert.says : saysToBank(alert, values),
    law,
    path,
    evidence,
    disclosure,
    evidenceCount: isWhole ? alert.evidenceCount : evidence.length,
    ...(positions.length > 0 && { positions }),
  }
}

/** The sentence of a rule names all values; where some are kept back, the others stand side by side. */
function saysToBank({ institution, rule, subject, threshold }: PublishedAlert, values: Record<string, string>): PublishedAlert['says'] {
  const told = Object.entries({ ...values, ...(threshold !== null && { threshold }) }).map(([name, value]) => `${name} ${value}`)
  const facts = { institution, rule: rule.code, subject: subject.id, values: told.join(', ') }
  return { zh: say('desk.says.told', 'zh', facts), en: say('desk.says.told', 'en', facts) }
}

function bare({ kind, amount }: PathStep): PathStep {
  return { kind, ...(amount !== undefined && { amount }) }
}

/** Positions stand beside the evidence one by one; where their number differs it cannot be said whose they are, and none is shown. */
function ownPositions({ positions = [], evidence }: PublishedAlert, own: number[]): LogPosition[] {
  return positions.length === evidence.length ? own.flatMap((k) => positions[k] ?? []) : []
}
