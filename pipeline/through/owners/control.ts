import { grown } from '../grown.ts'
import { Lists } from '../lists.ts'
import { type Changes, CONTROL, type OwnershipEdges, VOTES } from './edges.ts'
import { exceeds, shareText, WHOLE } from './share.ts'

const HALF = WHOLE / 2
const NOBODY = new Int32Array(0)

/** Pairs of (controller, controlled), flat, that came and went. */
export type ControlChanges = { gained: number[]; lost: number[] }

/**
 * Who controls whom: per party the least fixpoint of "more than 50 % of the votes, own and of what one controls", or a record that says so (contract §6).
 * Votes are lower bounds, added exactly. A party may come to control itself, through a circle.
 */
export class Control {
  /** Whom a party controls, and who controls it. */
  readonly controlled = new Lists()
  readonly controllers = new Lists()
  readonly #edges: OwnershipEdges
  /** Per party, good where `#seen` is the run: votes so far, and steps from the controller, 0 while it is not controlled. */
  #run = 0
  #seen = new Int32Array(0)
  #votes = new Float64Array(0)
  #rest = new Float64Array(0)
  #level = new Int32Array(0)
  #queue = new Int32Array(16)
  #marked = new Uint8Array(0)

  constructor(edges: OwnershipEdges) {
    this.#edges = edges
  }

  has(controller: number, controlled: number): boolean {
    return this.controllers.of(controlled).includes(controller)
  }

  /**
   * After the votes in some pairs changed. A controller's fixpoint reads what it and those it controls own, so only theirs, as they were before,
   * are computed again.
   */
  update(pairs: Changes): ControlChanges {
    const changes: ControlChanges = { gained: [], lost: [] }
    for (const controller of this.#stale(pairs)) this.#renew(controller, changes)
    return changes
  }

  /** All there is. Who has more than half of nobody's votes by himself, and no record, controls nobody. */
  load(): ControlChanges {
    const { count, owner, control, votes, votesRest } = this.#edges
    const changes: ControlChanges = { gained: [], lost: [] }
    this.#marked = grown(this.#marked, this.#edges.parties.size)
    for (let edge = 0; edge < count; edge++) {
      const by = owner[edge] as number
      if (this.#marked[by] === 1 || (control[edge] === 0 && !exceeds(votes[edge] as number, votesRest.get(edge) ?? 0, HALF))) continue
      this.#marked[by] = 1
      this.#renew(by, changes)
    }
    this.#marked.fill(0)
    return changes
  }

  /** Each once. */
  #stale(pairs: Changes): number[] {
    const stale: number[] = []
    this.#marked = grown(this.#marked, this.#edges.parties.size)
    const mark = (party: number) => {
      if (this.#marked[party] === 1) return
      this.#marked[party] = 1
      stale.push(party)
    }
    for (let i = 0; i < pairs.length; i += 3) {
      const owner = pairs[i] as number
      if (((pairs[i + 2] as number) & (VOTES | CONTROL)) === 0) continue
      mark(owner)
      if (this.controllers.length(owner) > 0) for (const controller of this.controllers.of(owner)) mark(controller)
    }
    for (const party of stale) this.#marked[party] = 0
    return stale
  }

  /** The votes a party has in another, own and of what it controls; a decimal text. */
  votesText(holder: number, owned: number): string {
    const { into, owner, votes, votesRest } = this.#edges
    let [units, rest] = [0, 0]
    for (const edge of into.of(owned)) {
      const by = owner[edge] as number
      if (by !== holder && !this.has(holder, by)) continue
      units += votes[edge] as number
      rest += votesRest.get(edge) ?? 0
    }
    return shareText(units, rest)
  }

  /** How many steps from the controller each of those it controls is; they rest on fewer steps only. */
  levels(controller: number): Map<number, number> {
    const count = this.#reach(controller)
    return new Map(Array.from(this.#queue.subarray(1, count), (party) => [party, this.#level[party] as number]))
  }

  #renew(controller: number, { gained, lost }: ControlChanges): void {
    const count = this.#reach(controller)
    const before = this.controlled.length(controller) === 0 ? NOBODY : this.controlled.of(controller).slice()
    for (const party of before) {
      if (this.#seen[party] === this.#run && (this.#level[party] as number) > 0) this.#level[party] = -1
      else {
        lost.push(controller, party)
        this.controlled.remove(controller, party)
        this.controllers.remove(party, controller)
      }
    }
    for (let i = 1; i < count; i++) {
      const party = this.#queue[i] as number
      if (this.#level[party] === -1) continue
      gained.push(controller, party)
      this.controlled.add(controller, party)
      this.controllers.add(party, controller)
    }
  }

  /** Fills the queue with the controller and those it controls, in steps; returns how many. */
  #reach(controller: number): number {
    const { parties, outOf } = this.#edges
    this.#reserve(parties.size)
    this.#run++
    let count = 0
    this.#queue[count++] = controller
    for (let i = 0; i < count; i++) {
      const party = this.#queue[i] as number
      if (i > 0 && party === controller) continue
      const level = i === 0 ? 1 : (this.#level[party] as number) + 1
      const start = outOf.start(party)
      for (let k = 0, n = outOf.length(party); k < n; k++) {
        const owned = this.#add(outOf.slab[start + k] as number, level)
        if (owned < 0) continue
        this.#queue = grown(this.#queue, count + 1)
        this.#queue[count++] = owned
      }
    }
    return count
  }

  /** Adds an edge's votes to what its owned party has got; the party when that made it controlled, else −1. */
  #add(edge: number, level: number): number {
    const { owned, votes, votesRest, control } = this.#edges
    const units = votes[edge] as number
    const direct = control[edge] === 1
    const party = owned[edge] as number
    if (this.#seen[party] !== this.#run) {
      this.#seen[party] = this.#run
      this.#votes[party] = this.#rest[party] = this.#level[party] = 0
    }
    if ((this.#level[party] as number) > 0) return -1
    this.#votes[party] = (this.#votes[party] as number) + units
    if (votesRest.size > 0) this.#rest[party] = (this.#rest[party] as number) + (votesRest.get(edge) ?? 0)
    if (!direct && !exceeds(this.#votes[party] as number, this.#rest[party] as number, HALF)) return -1
    this.#level[party] = level
    return party
  }

  #reserve(size: number): void {
    this.#seen = grown(this.#seen, size)
    this.#votes = grown(this.#votes, size)
    this.#rest = grown(this.#rest, size)
    this.#level = grown(this.#level, size)
  }
}
