/**
 * What a user may see of an alert. The authority's people see all of it. A bank's desk sees its own disclosed alerts of live rules;
 * of other institutions' records in them it sees kind and amount, never an id, a name, a share or a position (contract §3).
 */
import type { LogPosition, PathStep, PublishedAlert } from '../../contract/index.ts'
import type { DeskUser } from './users.ts'

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
  const { id, revision, state, mode, rule, subject, severity, band, at, window, values, threshold, says, law, disclosure } = alert
  const path = alert.path.map((step) => (step.event !== undefined && isOwn(step.event, institution) ? step : bare(step)))
  const own = [...alert.evidence.keys()].filter((k) => isOwn(alert.evidence[k] ?? '', institution))
  const evidence = own.flatMap((k) => alert.evidence[k] ?? [])
  const allOwn = own.length === alert.evidence.length && path.every((step) => step.event !== undefined)
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
    says,
    law,
    path,
    evidence,
    disclosure,
    evidenceCount: allOwn ? alert.evidenceCount : evidence.length,
    ...(positions.length > 0 && { positions }),
  }
}

function bare({ kind, amount }: PathStep): PathStep {
  return { kind, ...(amount !== undefined && { amount }) }
}

/** Positions stand beside the evidence one by one; where their number differs it cannot be said whose they are, and none is shown. */
function ownPositions({ positions = [], evidence }: PublishedAlert, own: number[]): LogPosition[] {
  return positions.length === evidence.length ? own.flatMap((k) => positions[k] ?? []) : []
}
