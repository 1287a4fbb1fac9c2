/**
 * Owners up: who has which economic interest in a party, who controls it, who is closely linked to it, and what is wrong with what is said about it.
 * Statements of `ref.ownership` come in one by one; a change touches the parties below it and, for control, those above. Economic interest, votes and what
 * was declared stay three numbers. Definitions: contract §6, catalogue DQ-08, OP-13, CR-21; why it is computed so: docs/decisions/0019-owners-and-groups.md.
 * Pure: no I/O, no clock; what it says depends on the statements in force alone.
 */
import type { Ids } from './ids.ts'
import { Above } from './owners/above.ts'
import { type Chain, controlChain, largestShares } from './owners/chains.ts'
import { type Column, Columns } from './owners/columns.ts'
import { Control, type ControlChanges } from './owners/control.ts'
import { Cycles } from './owners/cycles.ts'
import { type Changes, DEPENDENCE, EQUITY, OwnershipEdges, type Stated, type Weighing } from './owners/edges.ts'
import { type Sanity, SanityBook } from './owners/sanity.ts'
import type { OwnershipColumns, OwnershipStatement } from './owners/statement.ts'
import { Ties } from './owners/ties.ts'

/**
 * A row of `lt.effective_ownership`. `economic`: the lower bound of the integrated share; undefined where it rests on a circle of gain ≥ 1.
 * `closeLink`: the sum over simple paths (of lower bounds).
 */
export type OwnershipRow = { owner: string; owned: string; economic: number | undefined; controls: boolean; closeLink: number }

/** What a party has in another. Shares are numbers, 12 decimals; undefined where they rest on a circle of gain ≥ 1. `votes`: own and of what it controls. */
export type Interest = {
  economic: { min: number | undefined; max: number | undefined }
  declared: number | undefined
  votes: string
  controls: boolean
  closeLink: number
}

/** Someone with a large enough interest in a party, or control of it. The chain is that of the largest share, else that of control. */
export type Owner = Chain & { owner: string; economic: { min: number | undefined; max: number | undefined }; controls: boolean }

/** A statement in force, whom it is about, and the lower bound of the pair's equity. */
export type StatedPair = Stated & { owner: string; owned: string; share: number }

/** Since the last call, in text order: parties whose rows as `owned` may differ, and parties of whom DQ-08 says something else. */
export type OwnershipChange = { owned: string[]; sanity: string[] }

/** From this many owners of one party on, only rows that matter are shown: a share of `LEAST_SHOWN` or more, or control. */
export const MANY_OWNERS = 1000
export const LEAST_SHOWN = 0.0001
/** Parties whose owners are kept. */
const OWNERS_KEPT = 10_000

export class OwnershipGraph {
  /** What joins parties into client groups. */
  readonly ties: Ties
  readonly #edges = new OwnershipEdges()
  readonly #above = new Above(this.#edges)
  readonly #cycles = new Cycles(this.#edges, this.#above)
  readonly #columns = new Columns(this.#edges, this.#above, this.#cycles)
  readonly #control = new Control(this.#edges)
  readonly #sanity = new SanityBook(this.#edges, this.#cycles)
  /** Parties whose own column changed and, by equity, those of all below them; and whose controllers changed. */
  readonly #columnsFrom = new Set<number>()
  readonly #controlOf = new Set<number>()
  readonly #judged = new Set<number>()
  /** Owners found of parties that were asked about, until something above them changes. */
  readonly #owners = new Map<number, { share: number; owners: Owner[] }>()
  #hidden = 0

  constructor() {
    this.ties = new Ties(this.#edges, this.#control, () => this.#settle())
  }

  get parties(): Ids {
    return this.#edges.parties
  }

  /** What is stated under an id from now on; undefined takes it back. */
  set(id: string, statement: OwnershipStatement | undefined): void {
    this.#edges.set(id, statement)
  }

  /**
   * Takes in many statements at once, each id once, while nothing has been set; `loaded` follows when all are in. It is as if they had been set one by one,
   * but that their rows are known: `changed` speaks of findings only.
   */
  load(statements: OwnershipColumns): void {
    this.#edges.load(statements)
  }

  loaded(): void {
    const edges = this.#edges
    edges.loaded()
    this.#cycles.load()
    this.ties.load(this.#control.load())
    for (let party = 0; party < this.parties.size; party++) if (edges.into.length(party) > 0 && this.#sanity.update(party)) this.#judged.add(party)
  }

  /** Moves the clock, ms, never back: statements begin and end by their dates. Before the first call nothing that has a `from` is in force. */
  at(time: number): void {
    this.#edges.at(time)
  }

  /** When a statement next begins or ends by itself. */
  nextChangeAt(): number | undefined {
    return this.#edges.calendar.next()
  }

  changed(): OwnershipChange {
    this.#settle()
    const owned = this.#below(this.#columnsFrom)
    for (const party of this.#controlOf) owned.add(party)
    const sanity = [...this.#judged]
    for (const set of [this.#columnsFrom, this.#controlOf, this.#judged]) set.clear()
    return { owned: this.#texts(owned), sanity: this.#texts(sanity) }
  }

  /** What DQ-08 says of a party; undefined: nothing. */
  sanity(party: string): Sanity | undefined {
    this.#settle()
    const id = this.parties.find(party)
    return id === undefined ? undefined : this.#sanity.of(id)
  }

  /** All parties DQ-08 says something of, in text order. */
  unsound(): string[] {
    this.#settle()
    return this.#texts(this.#sanity.parties())
  }

  controls(controller: string, controlled: string): boolean {
    this.#settle()
    const [by, of] = [this.parties.find(controller), this.parties.find(controlled)]
    return by !== undefined && of !== undefined && this.#control.has(by, of)
  }

  /** The rows of one owned party, by owner in text order. */
  rows(owned: string): OwnershipRow[] {
    this.#settle()
    const id = this.parties.find(owned)
    if (id === undefined) return []
    const column = this.#columns.of(id, this.#edges.least)
    const controllers = new Set(this.#control.controllers.of(id))
    const rows: OwnershipRow[] = []
    const add = (owner: number, share: number, closeLink: number) =>
      rows.push({ owner: this.parties.text(owner), owned, economic: shown(share), controls: controllers.delete(owner), closeLink: round(closeLink) })
    const least = column.owners.length > MANY_OWNERS ? LEAST_SHOWN : 0
    column.owners.forEach((owner, i) => {
      const [share, closeLink] = [column.economic[i] as number, column.closeLink[i] as number]
      if (share >= least || closeLink >= least || controllers.has(owner) || (least === 0 && Number.isNaN(share))) add(owner, share, closeLink)
      else this.#hidden++
    })
    for (const owner of controllers) add(owner, 0, 0)
    return rows.sort((a, b) => (a.owner < b.owner ? -1 : 1))
  }

  /** What is stated of who owns, votes in or controls a party, or whom it depends on, by owner and id. */
  statementsInto(party: string): StatedPair[] {
    const id = this.parties.find(party)
    if (id === undefined) return []
    const { into, owner, least } = this.#edges
    return Array.from(into.of(id))
      .flatMap((edge) => this.#edges.stated(edge).map((s) => ({ ...s, owner: this.parties.text(owner[edge] as number), owned: party, share: least.of(edge) })))
      .sort((a, b) => (a.owner < b.owner ? -1 : a.owner > b.owner ? 1 : a.id < b.id ? -1 : 1))
  }

  /** All three numbers of a pair, and the range of the economic one. */
  interest(owner: string, owned: string): Interest {
    this.#settle()
    const [by, of] = [this.parties.find(owner), this.parties.find(owned)]
    if (by === undefined || of === undefined) return { economic: { min: 0, max: 0 }, declared: 0, votes: '0', controls: false, closeLink: 0 }
    const [min, max, declared] = this.#bounds(of).map((column) => shareOf(column, by))
    return {
      economic: { min: min?.share, max: max?.share },
      declared: declared?.share,
      votes: this.#control.votesText(by, of),
      controls: this.#control.has(by, of),
      closeLink: min?.closeLink ?? 0,
    }
  }

  /**
   * Who has at least `share` of the economic interest in a party for certain (lower bounds), or controls it; in text order, without the party itself.
   * A share within 5·10⁻¹³ of the limit reaches it.
   */
  ownersOf(party: string, share: number): Owner[] {
    this.#settle()
    const id = this.parties.find(party)
    if (id === undefined) return []
    const known = this.#owners.get(id)
    if (known?.share === share) return [...known.owners]
    const owners = this.#findOwners(id, share)
    if (this.#owners.size === OWNERS_KEPT) this.#owners.clear()
    this.#owners.set(id, { share, owners })
    return [...owners]
  }

  #findOwners(id: number, share: number): Owner[] {
    const [least, most] = this.#bounds(id)
    const large = new Set<number>()
    least.owners.forEach((owner, i) => {
      if (owner !== id && round(least.economic[i] as number) >= share) large.add(owner)
    })
    const chains = largestShares(id, large, this.#edges)
    for (const owner of this.#control.controllers.of(id))
      if (owner !== id && !large.has(owner)) chains.set(owner, controlChain(owner, id, this.#edges, this.#control))
    return [...chains]
      .map(([owner, chain]) => ({
        owner: this.parties.text(owner),
        economic: { min: shareOf(least, owner).share, max: shareOf(most, owner).share },
        controls: this.#control.has(owner, id),
        ...chain,
      }))
      .sort((a, b) => (a.owner < b.owner ? -1 : 1))
  }

  /** The persons among them (受益所有人): at least 25 % or control. */
  beneficialOwners(party: string, isPerson: (party: string) => boolean, share = 0.25): Owner[] {
    return this.ownersOf(party, share).filter(({ owner }) => isPerson(owner))
  }

  /** How often a bound was met since the start: circles without proof, parties whose simple paths were cut, rows too small to show. */
  get capped(): { unprovedCircles: number; simplePaths: number; hiddenRows: number } {
    return { unprovedCircles: this.#cycles.unproved, simplePaths: this.#columns.cut, hiddenRows: this.#hidden }
  }

  #bounds(owned: number): [least: Column, most: Column, declared: Column] {
    const { least, most, leastDeclared, ranges, undeclared } = this.#edges
    const column = this.#columns.of(owned, least)
    const other = (differs: boolean, weighing: Weighing) => (differs ? this.#columns.of(owned, weighing) : column)
    return [column, other(ranges > 0, most), other(undeclared > 0, leastDeclared)]
  }

  /** Brings control, circles and findings up to date with the statements. */
  #settle(): void {
    if (!this.#edges.hasChanges) return
    const changes = this.#edges.takeChanges()
    this.#forgetOwners(changes)
    const doubtful = this.#cycles.update(changes)
    for (let i = 0; i < changes.length; i += 3) {
      const [owner, owned, what] = [changes[i] as number, changes[i + 1] as number, changes[i + 2] as number]
      if ((what & DEPENDENCE) !== 0) this.ties.dependence(owner, owned)
      if ((what & EQUITY) === 0) continue
      this.#columnsFrom.add(owned)
      doubtful.add(owned)
    }
    this.#noteControl(this.#control.update(changes))
    for (const party of doubtful) if (this.#sanity.update(party)) this.#judged.add(party)
  }

  /** Of whomever a changed pair is above, by whatever it is said to own, vote or control. */
  #forgetOwners(changes: Changes): void {
    if (this.#owners.size === 0) return
    const { outOf, owned } = this.#edges
    const below = new Set<number>()
    for (let i = 1; i < changes.length; i += 3) below.add(changes[i] as number)
    for (const party of below) {
      this.#owners.delete(party)
      for (const edge of outOf.of(party)) below.add(owned[edge] as number)
    }
  }

  #noteControl(changes: ControlChanges): void {
    this.ties.control(changes)
    for (const pairs of [changes.gained, changes.lost]) for (let i = 1; i < pairs.length; i += 2) this.#controlOf.add(pairs[i] as number)
  }

  /** These and all they own a part of, directly or not. */
  #below(parties: Iterable<number>): Set<number> {
    const { outOf, owned, least } = this.#edges
    const below = new Set(parties)
    for (const party of below) for (const edge of outOf.of(party)) if (least.of(edge) > 0) below.add(owned[edge] as number)
    return below
  }

  #texts(parties: Iterable<number>): string[] {
    return Array.from(parties, (party) => this.parties.text(party)).sort()
  }
}

/** 12 decimals: far below any limit, far above what arithmetic loses. */
function round(share: number): number {
  return Math.round(share * 1e12) / 1e12
}

function shown(share: number): number | undefined {
  return Number.isNaN(share) ? undefined : round(share)
}

function shareOf({ owners, economic, closeLink }: Column, owner: number): { share: number | undefined; closeLink: number } {
  const at = owners.indexOf(owner)
  return at < 0 ? { share: 0, closeLink: 0 } : { share: shown(economic[at] as number), closeLink: round(closeLink[at] as number) }
}
