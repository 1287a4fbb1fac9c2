/**
 * Client groups (集团客户, contract §6): parties joined by control, then by dependence. They merge and split as ties come and go; a group is named by its
 * smallest party, in text order. A new tie relabels the smaller of two groups; after a lost one both its ends are searched in turn until the searches meet
 * or one is exhausted, so that it costs about twice the smaller side, and no more than the group.
 */
import { grown } from './grown.ts'
import type { Ties } from './owners/ties.ts'

/** Who joined and who left the group of this name, in text order. One that is no more has only left; where its smallest member changes, all move to the new name. */
export type GroupChange = { group: string; joined: string[]; left: string[] }

export class ClientGroups {
  readonly #ties: Ties
  /** Parties known so far; per party its label, and its neighbours in the ring of its group's members. */
  #known = 0
  #label = new Int32Array(0)
  #next = new Int32Array(0)
  #previous = new Int32Array(0)
  /** Per label: members, and the smallest. Labels are as many as parties; that of a group that was merged away is free. */
  #size = new Int32Array(0)
  #smallest = new Int32Array(0)
  readonly #free: number[] = []
  /** Since the last call of `changed`: the smallest party that labels had, and that the groups of relabelled parties had. Fresh labels had none. */
  readonly #named = new Map<number, number | undefined>()
  readonly #moved = new Map<number, number>()

  constructor(ties: Ties) {
    this.#ties = ties
  }

  /** The group a party is in; a party nothing ties is one by itself. */
  groupOf(party: string): string {
    this.#settle()
    const id = this.#ties.parties.find(party)
    return id === undefined || id >= this.#known ? party : this.#ties.parties.text(this.#smallest[this.#label[id] as number] as number)
  }

  /** Whether nothing ties a party. */
  isAlone(party: string): boolean {
    this.#settle()
    const id = this.#ties.parties.find(party)
    return id === undefined || id >= this.#known || this.#size[this.#label[id] as number] === 1
  }

  /** The members of the group of this name, in text order; empty where there is none. */
  members(group: string): string[] {
    if (this.groupOf(group) !== group) return []
    const id = this.#ties.parties.find(group)
    return id === undefined ? [group] : this.#texts(this.#ring(id))
  }

  /** Groups whose members changed since the last call, by name. A party alone is a group of one. */
  changed(): GroupChange[] {
    this.#settle()
    const changes = new Map<number, GroupChange>()
    const of = (smallest: number): GroupChange => {
      let change = changes.get(smallest)
      if (change === undefined) changes.set(smallest, (change = { group: this.#ties.parties.text(smallest), joined: [], left: [] }))
      return change
    }
    const move = (party: number, from: number) => {
      const to = this.#smallest[this.#label[party] as number] as number
      if (from === to) return
      of(to).joined.push(this.#ties.parties.text(party))
      of(from).left.push(this.#ties.parties.text(party))
    }
    for (const [party, from] of this.#moved) move(party, from)
    for (const [label, from] of this.#named) {
      if (from === undefined || this.#size[label] === 0 || from === this.#smallest[label]) continue
      for (const party of this.#ring(this.#smallest[label] as number)) if (!this.#moved.has(party)) move(party, from)
    }
    this.#named.clear()
    this.#moved.clear()
    for (const { joined, left } of changes.values()) for (const parties of [joined, left]) parties.sort()
    return [...changes.values()].sort((a, b) => (a.group < b.group ? -1 : 1))
  }

  #settle(): void {
    const { gained, lost } = this.#ties.takeChanges()
    this.#meetNew()
    for (let i = 0; i < gained.length; i += 2) this.#join(gained[i] as number, gained[i + 1] as number)
    const ends = new Map<number, Set<number>>()
    for (const party of lost) {
      const label = this.#label[party] as number
      const loose = ends.get(label)
      if (loose === undefined) ends.set(label, new Set([party]))
      else loose.add(party)
    }
    for (const loose of ends.values()) this.#part([...loose])
  }

  #meetNew(): void {
    const { size } = this.#ties.parties
    this.#label = grown(this.#label, size)
    this.#next = grown(this.#next, size)
    this.#previous = grown(this.#previous, size)
    this.#size = grown(this.#size, size)
    this.#smallest = grown(this.#smallest, size)
    for (; this.#known < size; this.#known++) {
      const party = this.#known
      this.#label[party] = this.#next[party] = this.#previous[party] = this.#smallest[party] = party
      this.#size[party] = 1
    }
  }

  #join(a: number, b: number): void {
    const [one, other] = [this.#label[a] as number, this.#label[b] as number]
    if (one === other) return
    const [large, small] = (this.#size[one] as number) >= (this.#size[other] as number) ? [one, other] : [other, one]
    const [first, second] = [this.#smallest[large] as number, this.#smallest[small] as number]
    this.#remember(large)
    for (const member of this.#ring(second)) this.#relabel(member, large)
    this.#splice(first, second)
    this.#size[large] = (this.#size[large] as number) + (this.#size[small] as number)
    if (this.#isBefore(second, first)) this.#smallest[large] = second
    this.#size[small] = 0
    this.#free.push(small)
  }

  /** Splits a group after ties were lost at these of its members: whatever no longer hangs together has lost one. */
  #part([first, ...others]: number[]): void {
    let anchor = first as number
    for (const end of others) {
      if (this.#label[end] !== this.#label[anchor]) continue
      const side = this.#side(anchor, end)
      if (side === undefined) continue
      const left = side.from === anchor ? end : anchor
      this.#split(side, left)
      anchor = left
    }
  }

  /** The side becomes a group of its own; `left` stays behind. */
  #split({ found, from }: Search, left: number): void {
    const label = this.#label[left] as number
    const fresh = this.#free.pop() as number
    this.#remember(label)
    for (const member of found) {
      this.#relabel(member, fresh)
      this.#unlink(member)
      if (member !== from) this.#splice(from, member)
    }
    this.#size[fresh] = found.size
    this.#smallest[fresh] = this.#smallestOf(found)
    this.#size[label] = (this.#size[label] as number) - found.size
    if (found.has(this.#smallest[label] as number)) this.#smallest[label] = this.#smallestOf(this.#ring(left))
  }

  /** All that hangs together with one of two and not with the other, whichever is found sooner; undefined where both still hang together. */
  #side(a: number, b: number): Search | undefined {
    const [one, other] = [new Search(a, this.#ties), new Search(b, this.#ties)]
    for (;;) {
      const [way, against] = one.workAfter <= other.workAfter ? [one, other] : [other, one]
      if (way.step(against.found)) return undefined
      if (way.exhausted) return way
    }
  }

  #relabel(party: number, label: number): void {
    const before = this.#label[party] as number
    this.#remember(before)
    const name = this.#named.get(before)
    if (name !== undefined && !this.#moved.has(party)) this.#moved.set(party, name)
    this.#label[party] = label
    if (!this.#named.has(label)) this.#named.set(label, undefined)
  }

  /** Keeps the name a label had when `changed` was last called. */
  #remember(label: number): void {
    if (!this.#named.has(label)) this.#named.set(label, this.#smallest[label] as number)
  }

  #smallestOf(parties: Iterable<number>): number {
    let smallest = -1
    for (const party of parties) if (smallest < 0 || this.#isBefore(party, smallest)) smallest = party
    return smallest
  }

  *#ring(from: number): Generator<number> {
    let at = from
    do {
      const next = this.#next[at] as number
      yield at
      at = next
    } while (at !== from)
  }

  /** Two rings become one. */
  #splice(a: number, b: number): void {
    const [afterA, beforeB] = [this.#next[a] as number, this.#previous[b] as number]
    this.#next[a] = b
    this.#previous[b] = a
    this.#next[beforeB] = afterA
    this.#previous[afterA] = beforeB
  }

  #unlink(member: number): void {
    const [previous, next] = [this.#previous[member] as number, this.#next[member] as number]
    this.#next[previous] = next
    this.#previous[next] = previous
    this.#next[member] = this.#previous[member] = member
  }

  #isBefore(a: number, b: number): boolean {
    return this.#ties.parties.text(a) < this.#ties.parties.text(b)
  }

  #texts(members: Iterable<number>): string[] {
    return Array.from(members, (member) => this.#ties.parties.text(member)).sort()
  }
}

/** A walk along ties from one party, a party at a time. */
class Search {
  readonly from: number
  readonly found: Set<number>
  /** Ties looked at. */
  #work = 0
  readonly #ties: Ties
  readonly #waiting: number[]

  constructor(from: number, ties: Ties) {
    this.from = from
    this.found = new Set([from])
    this.#waiting = [from]
    this.#ties = ties
  }

  get exhausted(): boolean {
    return this.#waiting.length === 0
  }

  /** Ties looked at once those of the next party are: whoever is tied to many is left for last. */
  get workAfter(): number {
    const next = this.#waiting.at(-1)
    return this.#work + (next === undefined ? 0 : this.#ties.count(next))
  }

  /** Looks at the ties of the next party; true when it met one of `others`. */
  step(others: ReadonlySet<number>): boolean {
    const party = this.#waiting.pop()
    if (party === undefined) return false
    this.#work++
    for (const tied of this.#ties.of(party)) {
      this.#work += tied.length
      for (const next of tied) {
        if (others.has(next)) return true
        if (this.found.has(next)) continue
        this.found.add(next)
        this.#waiting.push(next)
      }
    }
    return false
  }
}
