import { Lists } from '../lists.ts'
import type { Control, ControlChanges } from './control.ts'
import type { OwnershipEdges } from './edges.ts'

/** Pairs of parties, flat. */
export type TieChanges = { gained: number[]; lost: number[] }

/** What joins parties into a client group (contract §6): control, and dependence of either on the other. */
export class Ties {
  readonly #edges: OwnershipEdges
  readonly #control: Control
  readonly #settle: () => void
  readonly #dependence = new Lists()
  #changes: TieChanges = { gained: [], lost: [] }

  /** `settle` brings control up to date. */
  constructor(edges: OwnershipEdges, control: Control, settle: () => void) {
    this.#edges = edges
    this.#control = control
    this.#settle = settle
  }

  get parties(): OwnershipEdges['parties'] {
    return this.#edges.parties
  }

  /** Pairs tied or untied since the last call; where a pair is tied in two ways, it may be named lost and still be tied. */
  takeChanges(): TieChanges {
    this.#settle()
    const changes = this.#changes
    this.#changes = { gained: [], lost: [] }
    return changes
  }

  /** Whom a party is tied to. */
  of(party: number): Int32Array[] {
    return [this.#control.controlled.of(party), this.#control.controllers.of(party), this.#dependence.of(party)]
  }

  /** To how many; those tied in two ways count twice. */
  count(party: number): number {
    return this.#control.controlled.length(party) + this.#control.controllers.length(party) + this.#dependence.length(party)
  }

  /** After everything was loaded: who controls whom, and dependence wherever an edge says so. */
  load(control: ControlChanges): void {
    this.control(control)
    const { count, owner, owned, dependence } = this.#edges
    for (let edge = 0; edge < count; edge++) if (dependence[edge] === 1) this.dependence(owner[edge] as number, owned[edge] as number)
  }

  control({ gained, lost }: ControlChanges): void {
    for (const value of gained) this.#changes.gained.push(value)
    for (const value of lost) this.#changes.lost.push(value)
  }

  /** After a record of dependence between two came or went. */
  dependence(a: number, b: number): void {
    const tied = [this.#edges.find(a, b), this.#edges.find(b, a)].some((edge) => edge !== undefined && this.#edges.dependence[edge] === 1)
    if (tied === this.#dependence.of(a).includes(b)) return
    this.#changes[tied ? 'gained' : 'lost'].push(a, b)
    if (tied) {
      this.#dependence.add(a, b)
      this.#dependence.add(b, a)
    } else {
      this.#dependence.remove(a, b)
      this.#dependence.remove(b, a)
    }
  }
}
