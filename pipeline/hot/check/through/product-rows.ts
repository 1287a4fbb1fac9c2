/** What is found in products beside exposures: how deep they nest (CR-08), circles that cannot be solved (DQ-08), and how much is looked through (DQ-11). */
import type { EvidenceRef, PathStep } from '../../../contract/index.ts'
import { type Locate, refOf } from '../evidence.ts'
import type { LookthroughStage } from '../lookthrough.ts'
import { readLines } from '../product-statements.ts'
import type { Change, Part } from './part.ts'
import { captured, restingOn, Rows } from './rows.ts'

/** Who stated a product first, the products it holds, and the statement that stands. */
type Stated = { institution: string; below: readonly string[]; ref: EvidenceRef }

/** A chain shown is no longer than this: deeper ones are cycles. */
const LONGEST_SHOWN = 64

export class ProductRows implements Part {
  readonly reads = { 'product.holding': ['lines'] }
  readonly recalls = { 'product.holding': 'true' }
  readonly alsoWrites = ['sanity'] as const
  readonly tables = { nesting: new Rows(), coverage: new Rows() }
  readonly #lookthrough: LookthroughStage
  readonly #sanity: Rows
  readonly #locate: Locate
  readonly #stated = new Map<string, Stated>()
  /** Where a circle was found, by its smallest product. */
  readonly #reported = new Map<string, string>()
  readonly #stale = new Set<string>()

  /** `sanity`: the table circles go to. */
  constructor(lookthrough: LookthroughStage, sanity: Rows, locate: Locate) {
    this.#lookthrough = lookthrough
    this.#sanity = sanity
    this.#locate = locate
  }

  apply({ is, after }: Change): void {
    const before = this.#stated.get(after.key)
    if (before !== undefined) this.tables.nesting.delete(before.institution, { kind: 'product', id: after.key })
    this.#stale.add(after.key)
    if (is === undefined) return void this.#stated.delete(after.key)
    const below = [...new Set(readLines(String(is['lines'] ?? '[]')).flatMap((line) => line.product ?? []))].sort()
    this.#stated.set(after.key, { institution: after.institution, below, ref: refOf(after, 'product.holding', this.#locate) })
  }

  settle(): void {
    const { layers, gains, coverage } = this.#lookthrough.takeProductChanges()
    for (const product of new Set([...this.#stale, ...layers])) this.#nest(product)
    this.#stale.clear()
    for (const product of gains) this.#circle(product)
    for (const institution of coverage) this.#cover(institution)
  }

  #nest(product: string): void {
    const stated = this.#stated.get(product)
    if (stated === undefined) return
    const subject = { kind: 'product', id: product }
    const layers = this.#lookthrough.products.layers(product)
    if (layers === 0) return this.tables.nesting.delete(stated.institution, subject)
    this.tables.nesting.set({ institution: stated.institution, subject, cells: { layers }, capture: () => captured(this.#chainOf(product)) })
  }

  /** The longest chain below a product, and the statements it rests on. */
  #chainOf(product: string) {
    const path: PathStep[] = []
    const refs: EvidenceRef[] = []
    let at = product
    for (let stated = this.#stated.get(at); stated !== undefined && path.length < LONGEST_SHOWN; stated = this.#stated.get(at)) {
      refs.push(stated.ref)
      const deepest = stated.below.reduce<string | undefined>((best, p) => (best === undefined || this.#depth(p) > this.#depth(best) ? p : best), undefined)
      if (deepest === undefined) break
      path.push({ from: at, to: deepest, kind: 'holding', event: stated.ref.event })
      at = deepest
    }
    return restingOn(refs, path)
  }

  #depth(product: string): number {
    return this.#lookthrough.products.layers(product)
  }

  #circle(product: string): void {
    const gain = this.#lookthrough.products.gains().find((g) => g.product === product)
    const subject = { kind: 'product', id: product }
    const before = this.#reported.get(product)
    const institution = gain === undefined ? undefined : this.#stated.get(product)?.institution
    if (before !== undefined && before !== institution) this.#sanity.delete(before, subject)
    if (gain === undefined || institution === undefined) return void this.#reported.delete(product)
    this.#reported.set(product, institution)
    const refs = gain.members.flatMap((member) => this.#stated.get(member)?.ref ?? [])
    const path = gain.members.map((member, i) => ({ from: member, to: gain.members[(i + 1) % gain.members.length] ?? member, kind: 'cycle' }))
    const cells = { sum: gain.bound.toFixed(4), reason: 'holding-gain' }
    this.#sanity.set({ institution, subject, cells, capture: () => captured(restingOn(refs, path)) })
  }

  #cover(institution: string): void {
    const { identified, total } = this.#lookthrough.products.coverage(institution)
    const subject = { kind: 'institution', id: institution }
    if (total <= 0n) return this.tables.coverage.delete(institution, subject)
    this.tables.coverage.set({ institution, subject, cells: { identified, total }, capture: () => captured(this.#unknownOf(institution)) })
  }

  /** What cannot be identified: the largest paths to the unknown client. */
  #unknownOf(institution: string) {
    const { paths } = this.#lookthrough.products.paths(institution, 'unknown', '', 10)
    const refs = [...new Map(paths.flatMap((p) => p.refs).map((r) => [r.event, r])).values()]
    return restingOn(
      refs,
      paths.flatMap((p) => p.path),
    )
  }
}
