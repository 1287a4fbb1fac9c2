import type { Above } from './above.ts'
import { CrossHolding } from './cross-holding.ts'
import { type Changes, EQUITY, type OwnershipEdges } from './edges.ts'

/** The circles of holdings as they stand, by the lower bounds of equity; kept from change to change. */
export class Cycles {
  /** Circles met of whose gain nothing could be proved. */
  unproved = 0
  readonly #edges: OwnershipEdges
  readonly #above: Above
  readonly #of = new Map<number, CrossHolding>()

  constructor(edges: OwnershipEdges, above: Above) {
    this.#edges = edges
    this.#above = above
  }

  /** The circle a party is in. */
  of(party: number): CrossHolding | undefined {
    return this.#of.get(party)
  }

  /**
   * Brings the circles up to date after the equity of some pairs changed; returns the parties that were or are in a circle that changed.
   * Whoever joins or leaves a circle does so by an edge whose owner is in it before or after, and its members are all above that owner: nothing else is walked.
   */
  update(changes: Changes): Set<number> {
    const { into, outOf } = this.#edges
    const owners = new Set<number>()
    for (let i = 0; i < changes.length; i += 3) {
      const [owner, owned, what] = [changes[i] as number, changes[i + 1] as number, changes[i + 2] as number]
      if ((what & EQUITY) !== 0 && (this.#of.has(owner) || (into.length(owner) > 0 && outOf.length(owned) > 0))) owners.add(owner)
    }
    const touched = new Set<number>()
    if (owners.size === 0) return touched
    const above = this.#above
    above.find(owners, this.#edges.least)
    for (let c = 0, start = 0; c < above.components; start = above.ends[c++] as number) this.#renew(start, above.ends[c] as number, owners, touched)
    return touched
  }

  /** All there are. */
  load(): void {
    const { count, owner, owned, into, outOf } = this.#edges
    const owners = new Set<number>()
    for (let edge = 0; edge < count; edge++) {
      const by = owner[edge] as number
      if (into.length(by) > 0 && outOf.length(owned[edge] as number) > 0) owners.add(by)
    }
    const above = this.#above
    above.find(owners, this.#edges.least)
    for (let c = 0, start = 0; c < above.components; start = above.ends[c++] as number) this.#renew(start, above.ends[c] as number, owners, new Set())
  }

  #renew(start: number, end: number, changed: Set<number>, touched: Set<number>): void {
    const { order, party, selfOwned } = this.#above
    const first = order[start] as number
    const members = Array.from(order.subarray(start, end), (at) => party[at] as number)
    const isCircle = members.length > 1 || selfOwned[first] === 1
    const before = this.#of.get(party[first] as number)
    if (before === undefined && !isCircle) return
    if (before !== undefined && before.members.length === members.length && isCircle && !members.some((m) => changed.has(m) || this.#of.get(m) !== before))
      return
    for (const member of members) {
      this.#of.get(member)?.members.forEach((m) => touched.add(m))
      touched.add(member)
      this.#of.delete(member)
    }
    if (!isCircle) return
    const circle = new CrossHolding(members, this.#edges, this.#edges.least)
    if (circle.gain === 'unproved') this.unproved++
    for (const member of members) this.#of.set(member, circle)
  }
}
