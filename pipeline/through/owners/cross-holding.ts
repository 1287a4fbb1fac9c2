import type { OwnershipEdges, Weighing } from './edges.ts'
import { Elimination } from './elimination.ts'
import { type Gain, gainOf } from './gain.ts'
import { simplePathsTo } from './simple-paths.ts'

/** Shares within a component: `owned[i]` lists whom member i owns and `owners[i]` who owns it, members in text order, with the shares. */
export type Shares = { owned: { at: number; share: number; exact: bigint }[][]; owners: { at: number; share: number }[][] }

/**
 * Parties that own each other in a circle (a strongly connected component, or one that owns itself), members in text order, A their shares.
 * What circulates is solved as a linear system, never unrolled: N = (I − A)⁻¹, which is there while the gain (spectral radius) is below 1.
 */
export class CrossHolding {
  readonly members: Int32Array
  readonly gain: Gain
  /** Targets whose simple paths were more than are followed. */
  capped = 0
  readonly #place: Map<number, number>
  readonly #shares: Shares
  readonly #elimination: Elimination
  #diagonal: Float64Array | undefined
  readonly #simple = new Map<number, Float64Array>()

  constructor(parties: Iterable<number>, edges: OwnershipEdges, weighing: Weighing) {
    this.members = inTextOrder(parties, edges)
    this.#place = new Map(Array.from(this.members, (party, i) => [party, i]))
    const shares = sharesAmong(this.members, this.#place, edges, weighing)
    this.#shares = shares
    this.#elimination = new Elimination(shares)
    this.gain = gainOf(shares, this.#elimination)
  }

  /** Where among the members a party is. */
  placeOf(member: number): number {
    return this.#place.get(member) as number
  }

  /** N · b. NaN where the gain is not below 1. */
  whole(b: Float64Array): Float64Array {
    return this.gain === 'below' ? this.#elimination.solve(b) : new Float64Array(b.length).fill(Number.NaN)
  }

  /** diag(N): what own-share loops multiply each member's holdings by. NaN where the gain is not below 1. */
  get diagonal(): Float64Array {
    return (this.#diagonal ??= this.#solveDiagonal())
  }

  /** S · b, S[i, j] being the sum over simple paths from i to j, 1 from a member to itself. */
  simple(b: Float64Array): Float64Array {
    const sums = new Float64Array(b.length)
    b.forEach((carried, target) => {
      if (carried !== 0) this.#simpleTo(target).forEach((share, i) => (sums[i] = (sums[i] as number) + share * carried))
    })
    return sums
  }

  #solveDiagonal(): Float64Array {
    const size = this.members.length
    if (this.gain !== 'below') return new Float64Array(size).fill(Number.NaN)
    const unit = new Float64Array(size)
    return Float64Array.from({ length: size }, (_, i) => {
      unit.fill(0)
      unit[i] = 1
      return this.#elimination.solve(unit)[i] as number
    })
  }

  #simpleTo(target: number): Float64Array {
    const known = this.#simple.get(target)
    if (known !== undefined) return known
    const { sums, capped } = simplePathsTo(target, this.#shares.owners)
    if (capped) this.capped++
    this.#simple.set(target, sums)
    return sums
  }
}

function inTextOrder(members: Iterable<number>, { parties }: OwnershipEdges): Int32Array {
  return Int32Array.from([...members].sort((a, b) => (parties.text(a) < parties.text(b) ? -1 : 1)))
}

function sharesAmong(members: Int32Array, place: Map<number, number>, { into, owner }: OwnershipEdges, weighing: Weighing): Shares {
  const owned: Shares['owned'] = Array.from(members, () => [])
  const owners: Shares['owners'] = Array.from(members, () => [])
  members.forEach((party, i) => {
    for (const edge of into.of(party)) {
      const above = place.get(owner[edge] as number)
      const share = weighing.of(edge)
      if (above === undefined || !(share > 0)) continue
      owned[above]?.push({ at: i, share, exact: weighing.exact(edge) })
      owners[i]?.push({ at: above, share })
    }
  })
  for (const row of owners) row.sort((a, b) => a.at - b.at)
  return { owned, owners }
}
