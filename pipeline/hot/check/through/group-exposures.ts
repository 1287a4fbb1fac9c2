/** What institutions have at risk with client groups: CR-03. The sum of the members' exposures, looked through; tested again when one of them or the group changes. */
import type { Evidence } from '../../../contract/finding.ts'
import type { ExposureEvidence } from '../exposure-evidence.ts'
import type { Exposure, LookthroughStage } from '../lookthrough.ts'
import type { Owners } from './owners.ts'
import type { Part } from './part.ts'
import { type Later, Rows } from './rows.ts'

/** How many members are named, and have their exposures shown as evidence. */
const MEMBERS_NAMED = 100
const MEMBERS_SHOWN = 20

export class GroupExposures implements Part {
  readonly reads = {}
  readonly recalls = {}
  readonly tables = { client_group_exposure: new Rows() }
  readonly #owners: Owners
  readonly #lookthrough: LookthroughStage
  readonly #evidence: ExposureEvidence

  constructor(owners: Owners, lookthrough: LookthroughStage, evidence: ExposureEvidence) {
    this.#owners = owners
    this.#lookthrough = lookthrough
    this.#evidence = evidence
  }

  apply(): void {}

  settle(at: number, exposures: ReadonlyMap<string, readonly Exposure[]>): void {
    for (const [group, institutions] of this.#stale(exposures)) {
      const members = this.#owners.groups.members(group)
      for (const institution of institutions) this.#write(institution, group, members, at)
    }
  }

  /** Groups whose members changed, in all institutions that know one of them, and groups of whoever is more or less at risk. */
  #stale(exposures: ReadonlyMap<string, readonly Exposure[]>): Map<string, Set<string>> {
    const stale = new Map<string, Set<string>>()
    const mark = (group: string, institution: string) => stale.set(group, (stale.get(group) ?? new Set()).add(institution))
    for (const { group, joined, left } of this.#owners.changedGroups)
      for (const party of [...joined, ...left, ...this.#owners.groups.members(group)])
        for (const institution of this.#lookthrough.institutionsOf(party)) mark(group, institution)
    // A party alone has no row, unless its group has only now become one.
    const { groups, changedGroups } = this.#owners
    const mayBeAlone = changedGroups.length > 0
    for (const [institution, changed] of exposures)
      for (const { kind, obligor } of changed) if (kind === 'party' && (mayBeAlone || !groups.isAlone(obligor))) mark(groups.groupOf(obligor), institution)
    return stale
  }

  #write(institution: string, group: string, members: readonly string[], at: number): void {
    const subject = { kind: 'group', id: group }
    const of = members.length < 2 ? [] : members.map((party) => this.#lookthrough.exposure(institution, 'party', party, at)).filter((e) => e.total !== 0n)
    if (of.length === 0) return this.tables.client_group_exposure.delete(institution, subject)
    const cells = { exposure: of.reduce((sum, e) => sum + e.total, 0n), members: named(members), parties: members.length }
    this.tables.client_group_exposure.set({ institution, subject, cells, capture: (tick) => this.#capture(institution, members, of, tick) })
  }

  /** The largest members' exposures, and what ties them. */
  #capture(institution: string, members: readonly string[], exposures: readonly Exposure[], at: number): Later {
    const largest = [...exposures].sort((a, b) => (a.total < b.total ? 1 : a.total > b.total ? -1 : 0)).slice(0, MEMBERS_SHOWN)
    const behind = largest.map((exposure) => this.#evidence.capture(institution, exposure, at))
    const ties = this.#owners.tiesAmong(members.slice(0, MEMBERS_NAMED))
    return async () => together(await Promise.all(behind.map((later) => later())), ties)
  }
}

function together(found: readonly Evidence[], ties: ReturnType<Owners['tiesAmong']>): Evidence {
  return {
    refs: [...found.flatMap((f) => f.refs), ...ties.refs],
    count: found.reduce((sum, f) => sum + f.count, ties.refs.length),
    path: [...found.flatMap((f) => f.path), ...ties.path],
  }
}

/** Members as an alert names them: the first, and how many more. */
export function named(members: readonly string[]): string {
  const rest = members.length - MEMBERS_NAMED
  return members.slice(0, MEMBERS_NAMED).join(',') + (rest > 0 ? `,+${rest}` : '')
}
