import type { Cycles } from './cycles.ts'
import type { OwnershipEdges } from './edges.ts'
import { exceeds, shareText, WHOLE } from './share.ts'

export type SanityReason = 'cycle-gain' | 'over-owned' | 'self-owned'

/** What is wrong with what is said about who owns a party (DQ-08): the sum of the equity shares stated directly in it, exact, and the reasons, sorted. */
export type Sanity = { sum: string; reasons: SanityReason[] }

/**
 * DQ-08 party by party: over-owned by lower bounds, so that a range alone accuses nobody; self-owned by any share above 0; cycle-gain for the smallest party
 * of a circle whose gain is not proved to be below 1.
 */
export class SanityBook {
  readonly #edges: OwnershipEdges
  readonly #cycles: Cycles
  readonly #found = new Map<number, Sanity>()

  constructor(edges: OwnershipEdges, cycles: Cycles) {
    this.#edges = edges
    this.#cycles = cycles
  }

  of(party: number): Sanity | undefined {
    return this.#found.get(party)
  }

  parties(): Iterable<number> {
    return this.#found.keys()
  }

  /** Looks at a party again; whether what was found changed. */
  update(party: number): boolean {
    const [before, now] = [this.#found.get(party), this.#judge(party)]
    if (now === undefined) return this.#found.delete(party)
    this.#found.set(party, now)
    return before?.sum !== now.sum || before.reasons.join() !== now.reasons.join()
  }

  #judge(party: number): Sanity | undefined {
    const { into, owner, equity, equityRest, most } = this.#edges
    const reasons: SanityReason[] = []
    let [units, rest] = [0, 0]
    let self = false
    for (const edge of into.of(party)) {
      units += equity[edge] as number
      if (equityRest.size > 0) rest += equityRest.get(edge) ?? 0
      if (owner[edge] === party && most.of(edge) > 0) self = true
    }
    const circle = this.#cycles.of(party)
    if (circle !== undefined && circle.members[0] === party && circle.gain !== 'below') reasons.push('cycle-gain')
    if (exceeds(units, rest, WHOLE)) reasons.push('over-owned')
    if (self) reasons.push('self-owned')
    return reasons.length === 0 ? undefined : { sum: shareText(units, rest), reasons }
  }
}
