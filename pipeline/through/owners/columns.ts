import { grown } from '../grown.ts'
import type { Above } from './above.ts'
import { CrossHolding } from './cross-holding.ts'
import type { Cycles } from './cycles.ts'
import type { OwnershipEdges, Weighing } from './edges.ts'

/** Whoever has an economic interest in one party: the owners and, by place, their integrated share and the sum over simple paths. NaN: the gain is not below 1. */
export type Column = { owners: Int32Array; economic: Float64Array; closeLink: Float64Array }

/**
 * Integrated ownership W = A + A·W (contract §6), one owned party at a time: what lies above it is walked once from the party up, circles as linear systems.
 * W_ij = N_ij − δ_ij with N = (I − A)⁻¹; off the diagonal it is divided by N_ii, which takes out what an owner holds of itself through others.
 * Terms are added in the order of their size: the sum of a set, whatever order it was reached in. Cost: linear in the edges above, plus the circles.
 */
export class Columns {
  /** Parties met whose simple paths were more than are followed. */
  cut = 0
  readonly #edges: OwnershipEdges
  readonly #above: Above
  readonly #cycles: Cycles
  #circles: (CrossHolding | undefined)[] = []
  #first = new Int32Array(16)
  #next = new Int32Array(16)
  #term = new Float64Array(16)
  #terms = 0
  #whole = new Float64Array(16)
  #simple = new Float64Array(16)

  constructor(edges: OwnershipEdges, above: Above, cycles: Cycles) {
    this.#edges = edges
    this.#above = above
    this.#cycles = cycles
  }

  /** Column of `owned`, owners in no order; the party itself is among them where it owns a part of itself. */
  of(owned: number, weighing: Weighing): Column {
    const above = this.#above
    above.find([owned], weighing)
    this.#findCircles(weighing)
    this.#whole = grown(this.#whole, above.count)
    this.#simple = grown(this.#simple, above.count)
    this.#carry(weighing, this.#whole, (circle, b) => circle.whole(b))
    const circular = this.#circles.length > 0
    if (circular)
      this.#carry(weighing, this.#simple, (circle, b) => {
        const before = circle.capped
        const sums = circle.simple(b)
        this.cut += circle.capped - before
        return sums
      })
    return this.#column(circular)
  }

  #column(circular: boolean): Column {
    const { count, party, component } = this.#above
    const own = circular && this.#circles[component[0] as number] !== undefined ? 0 : 1
    const economic = new Float64Array(count - own)
    const closeLink = circular ? new Float64Array(count - own) : economic
    for (let at = own; at < count; at++) {
      const circle = circular ? this.#circles[component[at] as number] : undefined
      const loops = circle === undefined ? 1 : (circle.diagonal[circle.placeOf(party[at] as number)] as number)
      const whole = this.#whole[at] as number
      economic[at - own] = at === 0 ? whole - 1 : whole / loops
      if (circular) closeLink[at - own] = at === 0 ? 0 : (this.#simple[at] as number)
    }
    return { owners: party.slice(own, count), economic, closeLink }
  }

  /** From the owned party up: each component's values from what it owns, then a term to each owner. */
  #carry(weighing: Weighing, values: Float64Array, within: (circle: CrossHolding, b: Float64Array) => Float64Array): void {
    const { count, components, ends, order, party } = this.#above
    this.#first = grown(this.#first, count)
    this.#first.fill(-1, 0, count)
    this.#terms = 0
    for (let c = components - 1; c >= 0; c--) {
      const start = c === 0 ? 0 : (ends[c - 1] as number)
      const circle = this.#circles.length === 0 ? undefined : this.#circles[c]
      if (circle === undefined) {
        const at = order[start] as number
        values[at] = at === 0 ? 1 : this.#sum(at)
      } else {
        const places = Array.from(circle.members, (member) => this.#above.localOf(member))
        const result = within(
          circle,
          Float64Array.from(places, (at) => (at === 0 ? 1 : this.#sum(at))),
        )
        places.forEach((at, i) => (values[at] = result[i] as number))
      }
      for (let i = start; i < (ends[c] as number); i++) this.#pass(party[order[i] as number] as number, values[order[i] as number] as number, c, weighing)
    }
  }

  #pass(owned: number, value: number, component: number, weighing: Weighing): void {
    if (value === 0) return
    const { into, owner } = this.#edges
    const start = into.start(owned)
    for (let i = 0, n = into.length(owned); i < n; i++) {
      const edge = into.slab[start + i] as number
      const share = weighing.of(edge)
      if (!(share > 0)) continue
      const at = this.#above.localOf(owner[edge] as number)
      if (this.#above.component[at] === component) continue
      const term = this.#terms++
      if (term >= this.#term.length) {
        this.#term = grown(this.#term, term + 1)
        this.#next = grown(this.#next, term + 1)
      }
      this.#term[term] = share * value
      this.#next[term] = this.#first[at] as number
      this.#first[at] = term
    }
  }

  #sum(at: number): number {
    const first = this.#first[at] as number
    if (first < 0) return 0
    const second = this.#next[first] as number
    if (second < 0) return this.#term[first] as number
    const third = this.#next[second] as number
    if (third < 0) return (this.#term[first] as number) + (this.#term[second] as number)
    const terms: number[] = []
    for (let term = first; term >= 0; term = this.#next[term] as number) terms.push(this.#term[term] as number)
    let sum = 0
    for (const term of Float64Array.from(terms).sort()) sum += term
    return sum
  }

  #findCircles(weighing: Weighing): void {
    const { components, ends, order, party, selfOwned } = this.#above
    this.#circles = []
    for (let c = 0, start = 0; c < components; start = ends[c++] as number) {
      const [first, end] = [order[start] as number, ends[c] as number]
      if (end - start === 1 && selfOwned[first] === 0) continue
      const kept = weighing === this.#edges.least ? this.#cycles.of(party[first] as number) : undefined
      this.#circles[c] =
        kept ??
        new CrossHolding(
          Array.from(order.subarray(start, end), (at) => party[at] as number),
          this.#edges,
          weighing,
        )
    }
  }
}
