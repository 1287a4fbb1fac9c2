import { grown } from '../grown.ts'
import type { OwnershipEdges, Weighing } from './edges.ts'

/**
 * Everyone above some parties: their owners, the owners' owners and so on, in strongly connected components (Tarjan 1972, without recursion).
 * A party has a local number, from 0 on as it was met: the first asked for is 0. Components come owners first: each lies before all that it owns a part of.
 * One object is used again and again; what it holds is good until the next `find`.
 */
export class Above {
  /** Parties found. */
  count = 0
  /** By local number: the party, its component, 1 where it owns itself. */
  party = new Int32Array(16)
  component = new Int32Array(16)
  selfOwned = new Uint8Array(16)
  /** Local numbers component by component; component c ends at `ends[c]`. */
  order = new Int32Array(16)
  ends = new Int32Array(16)
  components = 0
  readonly #edges: OwnershipEdges
  #run = 0
  #seenIn = new Int32Array(16)
  #local = new Int32Array(16)
  #low = new Int32Array(16)
  #cursor = new Int32Array(16)
  #path = new Int32Array(16)
  #open = new Int32Array(16)
  #openCount = 0
  #filled = 0

  constructor(edges: OwnershipEdges) {
    this.#edges = edges
  }

  /** The local number of a party that was found. */
  localOf(party: number): number {
    return this.#local[party] as number
  }

  /** Edges that weigh nothing are not there. */
  find(parties: Iterable<number>, weighing: Weighing): void {
    this.#run++
    this.count = this.components = this.#filled = this.#openCount = 0
    this.#seenIn = grown(this.#seenIn, this.#edges.parties.size)
    this.#local = grown(this.#local, this.#edges.parties.size)
    for (const party of parties) if (this.#seenIn[party] !== this.#run) this.#climb(party, weighing)
  }

  #climb(from: number, weighing: Weighing): void {
    const { into, owner } = this.#edges
    let depth = 0
    let met = this.#meet(from)
    this.#path[depth++] = met
    while (depth > 0) {
      const at = this.#path[depth - 1] as number
      const party = this.party[at] as number
      const next = this.#cursor[at] as number
      if (next === into.length(party)) {
        depth--
        if (this.#low[at] === at) this.#close(at)
        if (depth > 0) this.#lower(this.#path[depth - 1] as number, this.#low[at] as number)
        continue
      }
      this.#cursor[at] = next + 1
      const edge = into.slab[into.start(party) + next] as number
      if (!(weighing.of(edge) > 0)) continue
      const above = owner[edge] as number
      if (above === party) this.selfOwned[at] = 1
      if (this.#seenIn[above] !== this.#run) {
        met = this.#meet(above)
        this.#path[depth++] = met
      } else if ((this.component[this.#local[above] as number] as number) < 0) this.#lower(at, this.#local[above] as number)
    }
  }

  #meet(party: number): number {
    const at = this.count++
    if (at >= this.party.length) this.#reserve(at + 1)
    this.#seenIn[party] = this.#run
    this.#local[party] = at
    this.party[at] = party
    this.component[at] = -1
    this.selfOwned[at] = 0
    this.#low[at] = at
    this.#cursor[at] = 0
    this.#open[this.#openCount++] = at
    return at
  }

  #lower(at: number, low: number): void {
    if (low < (this.#low[at] as number)) this.#low[at] = low
  }

  #close(first: number): void {
    let at: number
    do {
      at = this.#open[--this.#openCount] as number
      this.component[at] = this.components
      this.order[this.#filled++] = at
    } while (at !== first)
    this.ends[this.components++] = this.#filled
  }

  #reserve(size: number): void {
    this.party = grown(this.party, size)
    const longer = this.party.length
    this.component = grown(this.component, longer)
    this.selfOwned = grown(this.selfOwned, longer)
    this.order = grown(this.order, longer)
    this.ends = grown(this.ends, longer)
    this.#low = grown(this.#low, longer)
    this.#cursor = grown(this.#cursor, longer)
    this.#path = grown(this.#path, longer)
    this.#open = grown(this.#open, longer)
  }
}
