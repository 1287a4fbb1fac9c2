/** What a user may see of an exposure's paths: a bank its own exposures, and of other institutions' records in them kind and amount (contract §3). */
import type { Lookthrough, LookthroughStep } from '../../contract/lookthrough.ts'
import { isOwn, type Viewer } from './see.ts'

export function mayAskAbout({ role, institution }: Viewer, about: string): boolean {
  return role !== 'desk' || (institution !== null && institution !== '' && institution === about)
}

export function lookthroughFor(viewer: Viewer, told: Lookthrough): Lookthrough {
  if (viewer.role !== 'desk') return told
  const { institution, obligor, at, total, direct, indirect, rest, paths } = told
  return { institution, obligor, at, total, direct, indirect, rest, paths: paths.map((step) => seenBy(institution, step)) }
}

/** Every field is named here, so that a field added later stays hidden from banks until somebody decides otherwise. */
function seenBy(institution: string, { to, kind, share, effective, event, amount, on }: LookthroughStep): LookthroughStep {
  const below = on.map((step) => seenBy(institution, step))
  if (event === undefined || event === null || !isOwn(event, institution)) return { kind, amount, on: below }
  return {
    ...(to !== undefined && { to }),
    kind,
    ...(share !== undefined && { share }),
    ...(effective !== undefined && { effective }),
    event,
    amount,
    on: below,
  }
}
