/** Owners up: statements of ownership go into the graph; what is wrong with them (DQ-08), who owns what, and client groups come out. */
import type { EvidenceRef, PathStep } from '../../../contract/index.ts'
import { doubleColumn, booleanColumn, textColumn } from '../../../store/columns.ts'
import { type Database, quote } from '../../../store/database.ts'
import { ClientGroups, type GroupChange } from '../../../through/groups.ts'
import { OwnershipGraph } from '../../../through/ownership.ts'
import type { OwnershipKind } from '../../../through/owners/statement.ts'
import { type Locate, refOf } from '../evidence.ts'
import type { Capped } from './capped.ts'
import type { Change, Part } from './part.ts'
import { IN_COLUMNS, recallOwnerships } from './recalled-ownerships.ts'
import { captured, restingOn, type Rows } from './rows.ts'

const FIELDS = ['ownershipId', 'owner', 'owned', 'kind', 'share', 'shareMin', 'shareMax', 'isComponent', 'declared', 'from', 'to'] as const

export class Owners implements Part {
  readonly reads = { 'ref.ownership': FIELDS }
  readonly recalls = { 'ref.ownership': `NOT (${IN_COLUMNS})` }
  readonly tables = {}
  readonly graph = new OwnershipGraph()
  readonly groups = new ClientGroups(this.graph.ties)
  /** Since the last tick. */
  changedGroups: readonly GroupChange[] = []
  changedOwned: readonly string[] = []
  readonly #sanity: Rows | undefined
  readonly #locate: Locate
  readonly #reported = new Map<string, string>()
  readonly #unwritten = { owned: new Set<string>(), groups: new Set<string>() }

  /** `sanity`: the table findings go to, where a rule queries it. */
  constructor(locate: Locate, sanity: Rows | undefined) {
    this.#locate = locate
    this.#sanity = sanity
  }

  apply({ is, after }: Change): void {
    if (is === undefined) return this.graph.set(after.key, undefined)
    const text = (field: (typeof FIELDS)[number]) => (is[field] === undefined ? undefined : String(is[field]))
    const ref = { ...refOf(after, 'ref.ownership', this.#locate), institution: after.institution }
    this.graph.set(after.key, {
      owner: text('owner') ?? '',
      owned: text('owned') ?? '',
      kind: text('kind') as OwnershipKind,
      share: text('share'),
      shareMin: text('shareMin'),
      shareMax: text('shareMax'),
      isComponent: text('isComponent') === 'true',
      declared: text('declared') !== 'false',
      from: text('from'),
      to: text('to'),
      ref,
    })
  }

  async recall(db: Database, lastTick: number): Promise<void> {
    this.graph.at(lastTick)
    await recallOwnerships(db, this.graph, this.#locate)
  }

  capped(): Capped {
    const { simplePaths, unprovedCircles } = this.graph.capped
    return { 'simple-paths': simplePaths, 'ownership-circles': unprovedCircles }
  }

  settle(at: number): void {
    this.graph.at(at)
    const { owned, sanity } = this.graph.changed()
    this.changedOwned = owned
    this.changedGroups = this.groups.changed()
    for (const party of owned) this.#unwritten.owned.add(party)
    for (const { group } of this.changedGroups) this.#unwritten.groups.add(group)
    for (const party of sanity) this.#judge(party)
  }

  nextAt(): number {
    return this.graph.nextChangeAt() ?? Infinity
  }

  /** What ties the parties of a group to one another, the first steps of it. */
  tiesAmong(parties: readonly string[]): { path: PathStep[]; refs: EvidenceRef[] } {
    const among = new Set(parties)
    const stated = parties.flatMap((party) => this.graph.statementsInto(party).filter((s) => among.has(s.owner)))
    const path = stated.map(({ owner, owned, kind, share, ref }) => ({
      from: owner,
      to: owned,
      kind,
      ...(share > 0 && { share: String(share) }),
      event: ref.event,
    }))
    return { path, refs: stated.map((s) => s.ref) }
  }

  async write(db: Database): Promise<void> {
    const { owned, groups } = this.#unwritten
    if (owned.size > 0) await this.#writeOwned(db, [...owned])
    if (groups.size > 0) await this.#writeGroups(db, [...groups])
    this.forgetUnwritten()
  }

  forgetUnwritten(): void {
    this.#unwritten.owned.clear()
    this.#unwritten.groups.clear()
  }

  /** A finding is in the reports of the first, by name, of those who speak of the party's owners. */
  #judge(party: string): void {
    const found = this.graph.sanity(party)
    const subject = { kind: 'party', id: party }
    const before = this.#reported.get(party)
    const refs = this.graph.statementsInto(party).map((s) => s.ref)
    const institution = found === undefined ? undefined : [...new Set(refs.map((r) => r.institution ?? ''))].sort()[0]
    if (before !== undefined && before !== institution) {
      this.#sanity?.delete(before, subject)
      this.#reported.delete(party)
    }
    if (found === undefined || institution === undefined) return
    this.#reported.set(party, institution)
    const cells = { sum: found.sum, reason: found.reasons.join(',') }
    this.#sanity?.set({ institution, subject, cells, capture: () => captured(restingOn(refs)) })
  }

  async #writeOwned(db: Database, owned: readonly string[]): Promise<void> {
    const rows = owned.flatMap((party) => this.graph.rows(party))
    await db.run(`DELETE FROM engine.effective_ownership WHERE owned IN (${owned.map(quote).join(', ')})`)
    await db.append(
      'engine',
      'effective_ownership',
      [
        textColumn(rows.map((r) => r.owner)),
        textColumn(rows.map((r) => r.owned)),
        doubleColumn(rows.map((r) => r.economic ?? Number.NaN)),
        booleanColumn(rows.map((r) => r.controls)),
        doubleColumn(rows.map((r) => r.closeLink)),
      ],
      rows.length,
    )
  }

  async #writeGroups(db: Database, groups: readonly string[]): Promise<void> {
    const rows = groups.flatMap((group) => {
      const members = this.groups.members(group)
      return members.length < 2 ? [] : members.map((party) => ({ group, party }))
    })
    await db.run(`DELETE FROM engine.client_group WHERE group_id IN (${groups.map(quote).join(', ')})`)
    await db.append('engine', 'client_group', [textColumn(rows.map((r) => r.group)), textColumn(rows.map((r) => r.party))], rows.length)
  }
}
