import { grown } from '../grown.ts'
import { Ids } from '../ids.ts'
import { Lists } from '../lists.ts'
import { TextIndex } from '../text-index.ts'
import { Calendar } from './calendar.ts'
import { pairUp } from './pair-up.ts'
import { Refs, type StatementRef } from './refs.ts'
import { type Share, shareExact, shareNumber } from './share.ts'
import { boundsOf, OWNERSHIP_KINDS, type OwnershipColumns, type OwnershipKind, type OwnershipStatement, term } from './statement.ts'

/** What changed about a pair, as bits. */
export const EQUITY = 1
export const VOTES = 2
export const CONTROL = 4
export const DEPENDENCE = 8

/** What a change of a statement changes about its pair: equity also counts as votes. */
const CHANGES = [EQUITY | VOTES, VOTES, CONTROL, DEPENDENCE]

/** Pairs that changed, flat: owner, owned, what changed. One may come more than once. */
export type Changes = Int32Array

/** A statement as part of a pair. */
export type Stated = { id: string; kind: OwnershipKind; ref: StatementRef }

/** What of a pair is weighed: as a number, and exactly, in units of 10^-20. */
export type Weighing = { of(edge: number): number; exact(edge: number): bigint }

const COMPONENT = 1
const UNDECLARED = 2
const IN_FORCE = 4

/**
 * The statements in force as one edge per (owner, owned): the sum of its equity shares, its votes, whether it is control or dependence. Sums are of lower
 * bounds; what they may at most be is added up when asked for. Components are kept and enter no sum (contract §6).
 */
export class OwnershipEdges {
  readonly parties = new Ids()
  /** Edges by owned and by owner. */
  into = new Lists()
  outOf = new Lists()
  readonly calendar = new Calendar()
  /** Per edge. Shares in units of 10^-10 (share.ts). */
  owner = new Int32Array(16)
  owned = new Int32Array(16)
  equity = new Float64Array(16)
  /** Votes records where the pair has any in force, else its equity. */
  votes = new Float64Array(16)
  /** 1 where a record says so. */
  control = new Uint8Array(16)
  dependence = new Uint8Array(16)
  /** What goes beyond 10 decimals, where anything does. */
  readonly equityRest = new Map<number, number>()
  readonly votesRest = new Map<number, number>()
  /** Statements in force whose share is a range, and those that were not declared. */
  ranges = 0
  undeclared = 0
  #edges = 0
  readonly #freeEdges: number[] = []
  #first = new Int32Array(16)
  /** Per statement. */
  readonly #slots = new TextIndex()
  readonly #freeSlots: number[] = []
  #statements = 0
  readonly #refs = new Refs()
  readonly #terms = new Map<number, [from: number, to: number]>()
  readonly #rests = new Map<number, { min: number; max: number }>()
  #edge = new Int32Array(16)
  #next = new Int32Array(16)
  #kind = new Uint8Array(16)
  #flags = new Uint8Array(16)
  #min = new Float64Array(16)
  #max = new Float64Array(16)
  #changes = new Int32Array(16)
  #changed = 0
  /** Between whom statements are, by slot, until all are loaded. */
  #loading = NOTHING_LOADED()

  set(id: string, statement: OwnershipStatement | undefined): void {
    const slot = this.#slots.find(id)
    if (slot !== 0) this.#drop(slot)
    if (statement !== undefined) this.#add(slot === 0 ? this.#named(id) : slot, statement)
    else if (slot !== 0) this.#forget(slot)
  }

  /** Takes statements in, each id once, while nothing has been set; when all are in, `loaded`. */
  load({ count, id, owner, owned, kind, isComponent, isUndeclared, min, max, from, to, ref }: OwnershipColumns): void {
    const first = this.#statements + 1
    this.#reserveStatement(first + count)
    this.#slots.addAll(first, id)
    this.#refs.load(first, count, ref)
    const loading = this.#loading
    loading.owner = grown(loading.owner, first + count)
    loading.owned = grown(loading.owned, first + count)
    loading.owner.set(this.parties.ofAll(owner), first)
    loading.owned.set(this.parties.ofAll(owned), first)
    this.#min.set(min, first)
    this.#max.set(max, first)
    this.#kind.set(kind, first)
    for (let row = 0; row < count; row++) {
      if (isComponent[row] === 1 || isUndeclared[row] === 1)
        this.#flags[first + row] = (isComponent[row] === 1 ? COMPONENT : 0) | (isUndeclared[row] === 1 ? UNDECLARED : 0)
      if (from[row] !== Number.NEGATIVE_INFINITY || to[row] !== Number.POSITIVE_INFINITY) this.#setTerm(first + row, [from[row] as number, to[row] as number])
    }
    this.#statements += count
  }

  loaded(): void {
    const [first, end] = [1, this.#statements + 1]
    const found = pairUp(this.#loading.owner.subarray(first, end), this.#loading.owned.subarray(first, end), this.parties.size)
    this.#loading = NOTHING_LOADED()
    this.#edges = found.count
    this.#reserveEdge(found.count)
    this.owner.set(found.owner)
    this.owned.set(found.owned)
    this.into = Lists.byKey(found.owned, this.parties.size)
    this.outOf = Lists.byKey(found.owner, this.parties.size)
    this.#first.fill(-1)
    for (let slot = first; slot < end; slot++) {
      this.#link(found.pair[slot - first] as number, slot)
      this.#bring(slot)
    }
    for (let edge = 0; edge < found.count; edge++) this.#addUp(edge)
  }

  /** Edges are numbered below this; those taken out are among them. */
  get count(): number {
    return this.#edges
  }

  at(now: number): void {
    for (const slot of this.calendar.moveTo(now)) this.#weigh(slot)
  }

  /** Since the last call. */
  takeChanges(): Changes {
    const changes = this.#changes.subarray(0, this.#changed)
    this.#changes = new Int32Array(16)
    this.#changed = 0
    return changes
  }

  get hasChanges(): boolean {
    return this.#changed > 0
  }

  find(owner: number, owned: number): number | undefined {
    return this.outOf.length(owner) <= this.into.length(owned) ? among(this.outOf, owner, this.owned, owned) : among(this.into, owned, this.owner, owner)
  }

  /** The lower bounds of all equity. */
  readonly least: Weighing = {
    of: (edge) => shareNumber(this.equity[edge] as number, this.equityRest.size === 0 ? 0 : (this.equityRest.get(edge) ?? 0)),
    exact: (edge) => shareExact(this.equity[edge] as number, this.equityRest.get(edge) ?? 0),
  }
  /** The upper bounds of all equity. */
  readonly most: Weighing = weighing((edge) => this.#addEquity(edge, 'max', 0))
  /** The lower bounds of what was declared. */
  readonly leastDeclared: Weighing = weighing((edge) => this.#addEquity(edge, 'min', UNDECLARED))

  /** The statements in force about a pair, by id. */
  stated(edge: number): Stated[] {
    return [...this.#inForce(edge)]
      .map((slot) => ({
        id: this.#slots.text(slot),
        kind: OWNERSHIP_KINDS[this.#kind[slot] as number] as OwnershipKind,
        ref: this.#refs.of(slot),
      }))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  #named(id: string): number {
    return this.#slots.numberOfText(id, this.#freeSlots.pop() ?? ++this.#statements)
  }

  #forget(slot: number): void {
    this.#slots.delete(slot)
    this.#refs.delete(slot)
    this.#freeSlots.push(slot)
  }

  #add(slot: number, statement: OwnershipStatement): void {
    this.#reserveStatement(slot)
    this.#refs.set(slot, statement.ref)
    const kind = OWNERSHIP_KINDS.indexOf(statement.kind)
    const { min, max } = boundsOf(statement)
    this.#min[slot] = min.units
    this.#max[slot] = max.units
    if (min.rest !== 0 || max.rest !== 0) this.#rests.set(slot, { min: min.rest, max: max.rest })
    this.#kind[slot] = kind
    this.#flags[slot] = (statement.isComponent === true ? COMPONENT : 0) | (statement.declared === false ? UNDECLARED : 0)
    if (statement.from !== undefined || statement.to !== undefined) this.#setTerm(slot, term(statement))
    this.#link(this.#edgeOf(this.parties.of(statement.owner), this.parties.of(statement.owned)), slot)
    this.#weigh(slot)
  }

  #setTerm(slot: number, moments: [from: number, to: number]): void {
    this.#terms.set(slot, moments)
    this.calendar.add(slot, moments)
  }

  #link(edge: number, slot: number): void {
    this.#edge[slot] = edge
    this.#next[slot] = this.#first[edge] as number
    this.#first[edge] = slot
  }

  #drop(slot: number): void {
    const moments = this.#terms.get(slot)
    if (moments !== undefined) this.calendar.remove(slot, moments)
    this.#terms.delete(slot)
    const edge = this.#edge[slot] as number
    this.#unlink(edge, slot)
    if (((this.#flags[slot] as number) & IN_FORCE) !== 0) {
      this.#count(slot, -1)
      this.#change(slot)
    }
    this.#flags[slot] = 0
    this.#rests.delete(slot)
    if ((this.#first[edge] as number) < 0) this.#dropEdge(edge)
  }

  #weigh(slot: number): void {
    if (this.#bring(slot)) this.#change(slot)
  }

  /** Brings a statement into force or out of it, as its term says; whether anything changed. */
  #bring(slot: number): boolean {
    const [from, to] = this.#terms.size === 0 ? ALWAYS : (this.#terms.get(slot) ?? ALWAYS)
    const flags = this.#flags[slot] as number
    const holds = (flags & COMPONENT) === 0 && from <= this.calendar.now && this.calendar.now < to
    if (holds === ((flags & IN_FORCE) !== 0)) return false
    this.#flags[slot] = flags ^ IN_FORCE
    this.#count(slot, holds ? 1 : -1)
    return true
  }

  #count(slot: number, by: number): void {
    const rest = this.#rests.size === 0 ? undefined : this.#rests.get(slot)
    if (this.#min[slot] !== this.#max[slot] || rest?.min !== rest?.max) this.ranges += by
    if (((this.#flags[slot] as number) & UNDECLARED) !== 0) this.undeclared += by
  }

  #change(slot: number): void {
    const edge = this.#edge[slot] as number
    this.#addUp(edge)
    this.#note(edge, CHANGES[this.#kind[slot] as number] as number)
  }

  #note(edge: number, what: number): void {
    this.#changes = grown(this.#changes, this.#changed + 3)
    this.#changes[this.#changed++] = this.owner[edge] as number
    this.#changes[this.#changed++] = this.owned[edge] as number
    this.#changes[this.#changed++] = what
  }

  #addUp(edge: number): void {
    let [equity, equityRest, votes, votesRest, voting, control, dependence] = [0, 0, 0, 0, 0, 0, 0]
    for (let slot = this.#first[edge] as number; slot >= 0; slot = this.#next[slot] as number) {
      if (((this.#flags[slot] as number) & IN_FORCE) === 0) continue
      const kind = this.#kind[slot]
      const rest = this.#rests.size === 0 ? 0 : (this.#rests.get(slot)?.min ?? 0)
      if (kind === 0) {
        equity += this.#min[slot] as number
        equityRest += rest
      } else if (kind === 1) {
        voting = 1
        votes += this.#min[slot] as number
        votesRest += rest
      } else if (kind === 2) control = 1
      else dependence = 1
    }
    this.equity[edge] = equity
    this.votes[edge] = voting === 1 ? votes : equity
    keep(this.equityRest, edge, equityRest)
    keep(this.votesRest, edge, voting === 1 ? votesRest : equityRest)
    this.control[edge] = control
    this.dependence[edge] = dependence
  }

  *#inForce(edge: number): Generator<number> {
    for (let slot = this.#first[edge] as number; slot >= 0; slot = this.#next[slot] as number) if (((this.#flags[slot] as number) & IN_FORCE) !== 0) yield slot
  }

  #addEquity(edge: number, bound: 'min' | 'max', without: number): Share {
    const bounds = bound === 'min' ? this.#min : this.#max
    let [units, rest] = [0, 0]
    for (const slot of this.#inForce(edge)) {
      if (this.#kind[slot] !== 0 || ((this.#flags[slot] as number) & without) !== 0) continue
      units += bounds[slot] as number
      rest += this.#rests.get(slot)?.[bound] ?? 0
    }
    return { units, rest }
  }

  #unlink(edge: number, slot: number): void {
    const next = this.#next[slot] as number
    let before = this.#first[edge] as number
    if (before === slot) {
      this.#first[edge] = next
      return
    }
    while (this.#next[before] !== slot) before = this.#next[before] as number
    this.#next[before] = next
  }

  #edgeOf(owner: number, owned: number): number {
    const found = this.find(owner, owned)
    if (found !== undefined) return found
    const edge = this.#freeEdges.pop() ?? this.#edges++
    this.#reserveEdge(edge)
    this.owner[edge] = owner
    this.owned[edge] = owned
    this.#first[edge] = -1
    this.outOf.add(owner, edge)
    this.into.add(owned, edge)
    return edge
  }

  #dropEdge(edge: number): void {
    this.outOf.remove(this.owner[edge] as number, edge)
    this.into.remove(this.owned[edge] as number, edge)
    this.#freeEdges.push(edge)
  }

  #reserveEdge(edge: number): void {
    if (edge < this.owner.length) return
    this.owner = grown(this.owner, edge + 1)
    this.owned = grown(this.owned, edge + 1)
    this.equity = grown(this.equity, edge + 1)
    this.votes = grown(this.votes, edge + 1)
    this.control = grown(this.control, edge + 1)
    this.dependence = grown(this.dependence, edge + 1)
    this.#first = grown(this.#first, edge + 1)
  }

  #reserveStatement(slot: number): void {
    if (slot < this.#edge.length) return
    this.#edge = grown(this.#edge, slot + 1)
    this.#next = grown(this.#next, slot + 1)
    this.#kind = grown(this.#kind, slot + 1)
    this.#flags = grown(this.#flags, slot + 1)
    this.#min = grown(this.#min, slot + 1)
    this.#max = grown(this.#max, slot + 1)
  }
}

const NOTHING_LOADED = () => ({ owner: new Int32Array(0), owned: new Int32Array(0) })
const ALWAYS = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const

function weighing(shareOf: (edge: number) => Share): Weighing {
  return {
    of(edge) {
      const { units, rest } = shareOf(edge)
      return shareNumber(units, rest)
    },
    exact(edge) {
      const { units, rest } = shareOf(edge)
      return shareExact(units, rest)
    },
  }
}

/** The edge in the list of `key` whose other end is `wanted`. */
function among(lists: Lists, key: number, ends: Int32Array, wanted: number): number | undefined {
  const start = lists.start(key)
  for (let i = 0, n = lists.length(key); i < n; i++) {
    const edge = lists.slab[start + i] as number
    if (ends[edge] === wanted) return edge
  }
  return undefined
}

function keep(rests: Map<number, number>, edge: number, rest: number): void {
  if (rest !== 0) rests.set(edge, rest)
  else if (rests.size > 0) rests.delete(edge)
}
