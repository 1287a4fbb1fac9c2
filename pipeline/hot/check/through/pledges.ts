/** Assets that back loans more than once: CR-28. Over all institutions: the second pledge may lie with another bank. */
import { refOf, type Locate } from '../evidence.ts'
import type { EvidenceRef } from '../../../contract/finding.ts'
import type { Change, Part } from './part.ts'
import { Grouped } from './grouped.ts'
import { captured, restingOn, Rows } from './rows.ts'

type Pledge = { institution: string; loans: readonly string[]; ref: EvidenceRef }

export class Pledges implements Part {
  readonly reads = { 'credit.mitigant': ['kind', 'assetId', 'loanIds'] }
  readonly recalls = { 'credit.mitigant': `kind = 'collateral' AND "assetId" IS NOT NULL` }
  readonly tables = { double_pledge: new Rows() }
  /** By the asset they pledge. */
  readonly #pledges = new Grouped<Pledge>()
  readonly #locate: Locate

  constructor(locate: Locate) {
    this.#locate = locate
  }

  apply({ is, after }: Change): void {
    const asset = is?.['kind'] === 'collateral' ? is['assetId'] : undefined
    if (asset === undefined) return this.#pledges.remove(after.key)
    const loans = JSON.parse(String(is?.['loanIds'] ?? '[]')) as string[]
    this.#pledges.set(after.key, String(asset), { institution: after.institution, loans, ref: refOf(after, 'credit.mitigant', this.#locate) })
  }

  settle(): void {
    for (const asset of this.#pledges.takeStale()) this.#write(asset)
  }

  /** Mitigants of one and the same set of loans pledge the asset once. */
  #write(asset: string): void {
    const pledges = this.#pledges.of(asset)
    const institutions = [...new Set(pledges.map((p) => p.institution))].sort().join(',')
    const loans = new Set(pledges.map((p) => `${p.institution}|${[...p.loans].sort().join('|')}`))
    const refs = pledges.map((p) => p.ref)
    const subject = { kind: 'asset', id: asset }
    if (loans.size < 2) return this.tables.double_pledge.delete('*', subject)
    const cells = { pledges: pledges.length, institutions }
    this.tables.double_pledge.set({ institution: '*', subject, cells, capture: () => captured(restingOn(refs)) })
  }
}
