/** Assets that back loans more than once: CR-28. Over all institutions: the second pledge may lie with another bank. */
import { refOf, type Locate } from '../evidence.ts'
import type { EvidenceRef } from '../../../contract/finding.ts'
import type { Change, Part } from './part.ts'
import { Rows } from './rows.ts'

type Pledge = { asset: string; institution: string; loans: readonly string[]; ref: EvidenceRef }

export class Pledges implements Part {
  readonly reads = { 'credit.mitigant': ['kind', 'assetId', 'loanIds'] }
  readonly recalls = { 'credit.mitigant': `kind = 'collateral' AND "assetId" IS NOT NULL` }
  readonly tables = { double_pledge: new Rows() }
  readonly #pledges = new Map<string, Pledge>()
  /** Mitigants by the asset they pledge. */
  readonly #of = new Map<string, Set<string>>()
  readonly #stale = new Set<string>()
  readonly #locate: Locate

  constructor(locate: Locate) {
    this.#locate = locate
  }

  apply({ is, after }: Change): void {
    const before = this.#pledges.get(after.key)
    if (before !== undefined) this.#remove(after.key, before)
    const asset = is?.['kind'] === 'collateral' ? is['assetId'] : undefined
    if (asset === undefined) return
    const loans = JSON.parse(String(is?.['loanIds'] ?? '[]')) as string[]
    this.#pledges.set(after.key, { asset: String(asset), institution: after.institution, loans, ref: refOf(after, 'credit.mitigant', this.#locate) })
    this.#of.set(String(asset), (this.#of.get(String(asset)) ?? new Set()).add(after.key))
    this.#stale.add(String(asset))
  }

  settle(): void {
    for (const asset of this.#stale) this.#write(asset)
    this.#stale.clear()
  }

  #remove(key: string, { asset }: Pledge): void {
    this.#pledges.delete(key)
    const of = this.#of.get(asset)
    of?.delete(key)
    if (of?.size === 0) this.#of.delete(asset)
    this.#stale.add(asset)
  }

  /** Mitigants of one and the same set of loans pledge the asset once. */
  #write(asset: string): void {
    const pledges = [...(this.#of.get(asset) ?? [])].sort().map((key) => this.#pledges.get(key) as Pledge)
    const institutions = [...new Set(pledges.map((p) => p.institution))].sort().join(',')
    const loans = new Set(pledges.map((p) => `${p.institution}|${[...p.loans].sort().join('|')}`))
    const refs = pledges.map((p) => p.ref)
    const subject = { kind: 'asset', id: asset }
    if (loans.size < 2) return this.tables.double_pledge.delete('*', subject)
    const cells = { pledges: pledges.length, institutions }
    this.tables.double_pledge.set({ institution: '*', subject, cells, capture: () => () => ({ refs, count: refs.length, path: [] }) })
  }
}
