/**
 * What a user may see of an alert. The authority's people see all of it. A bank's desk sees its own disclosed alerts; of other institutions'
 * records it sees kind and amount, never an id, a name, a share or a position (contract §3).
 */
import type { PathStep, PublishedAlert } from '../../contract/index.ts'
import type { DeskUser } from './users.ts'

/** The alert as this user sees it, or undefined: for this user it does not exist. */
export function viewFor(user: Pick<DeskUser, 'role' | 'institution'>, alert: PublishedAlert): PublishedAlert | undefined {
  if (user.role !== 'desk') return alert
  if (user.institution === null || alert.institution !== user.institution || alert.disclosure !== 'institution') return undefined
  return redacted(alert, user.institution)
}

/** The stream whose order a user follows: one per institution, so that no counter tells of a neighbour's volume. */
export function streamOf(user: Pick<DeskUser, 'role' | 'institution'>): string {
  return user.role === 'desk' ? `institution/${user.institution ?? ''}` : 'all'
}

/** Is this event reference (`<source>|<id>`) one that the institution itself reported? */
export function isOwn(event: string, institution: string): boolean {
  const source = event.slice(0, event.lastIndexOf('|'))
  return source.split('/').includes(institution)
}

function redacted(alert: PublishedAlert, institution: string): PublishedAlert {
  const { positions, ...rest } = alert
  const path = alert.path.map((step) => (step.event !== undefined && isOwn(step.event, institution) ? step : bare(step)))
  const evidence = alert.evidence.filter((event) => isOwn(event, institution))
  const allOwn = evidence.length === alert.evidence.length && path.every((step) => step.event !== undefined)
  return { ...rest, path, evidence, evidenceCount: allOwn ? alert.evidenceCount : evidence.length, ...(allOwn && positions !== undefined && { positions }) }
}

function bare({ kind, amount }: PathStep): PathStep {
  return { kind, ...(amount !== undefined && { amount }) }
}
