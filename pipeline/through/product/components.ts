/**
 * Which products hold each other in a circle, and how many layers lie below each product: kept as holdings change. A changed holding can only
 * close a circle through its own product, and whoever leads to that has as many layers below as it or more; so the search stops at those with fewer.
 */
import { Lists } from '../lists.ts'
import { isPart } from './amount.ts'
import type { Composition, ProductBook } from './book.ts'
import { type Gain, LinearSystem, type Links } from './system.ts'
import { strongComponents } from './strong.ts'

export class Components {
  readonly #book: ProductBook
  /** What each product holds, and who holds it. */
  readonly #held: (readonly number[])[] = []
  readonly #holders = new Lists()
  readonly #weights: number[] = []
  /** Layers from the product down, itself included; for all members of a circle the same. */
  readonly #depth: number[] = []
  readonly #of: (Component | undefined)[] = []
  /** Layers below before the first change since `takeLayers`. */
  readonly #layersBefore = new Map<number, number>()
  /** Every circle there is. */
  readonly circles = new Set<Component>()

  constructor(book: ProductBook) {
    this.#book = book
  }

  /** The circle a product is in, if in any. */
  of(product: number): Component | undefined {
    return this.#of[product]
  }

  /** Longest chain of products below this one, public funds not counted; each product of a circle counts once. */
  layers(product: number): number {
    return (this.#depth[product] ?? 0) - (this.#weights[product] ?? 0)
  }

  takeLayers(): number[] {
    const changed = [...this.#layersBefore].filter(([product, before]) => this.layers(product) !== before).map(([product]) => product)
    this.#layersBefore.clear()
    return changed
  }

  /** Takes in what these products hold now. Returns those that have come into a circle, left one, or whose circle is solvable now or no more. */
  update(products: readonly number[]): Set<number> {
    const moved = new Set<number>()
    while (this.#held.length < this.#book.products.size) this.#meet()
    if (products.length > 1 && products.length * ALL_FROM > this.#held.length) this.#all(products, moved)
    else for (const product of products) this.#one(product, moved)
    for (const component of new Set([...products, ...moved].map((p) => this.#of[p]))) if (component !== undefined) this.#weigh(component, moved)
    return moved
  }

  #meet(): void {
    this.#held.push([])
    this.#weights.push(1)
    this.#depth.push(1)
    this.#of.push(undefined)
  }

  #all(products: readonly number[], moved: Set<number>): void {
    for (const product of products) this.#hold(product)
    this.#settle(
      strongComponents(this.#held.keys(), (p) => this.#held[p] ?? []),
      moved,
    )
  }

  #one(product: number, moved: Set<number>): void {
    const depth = this.#depth[product] as number
    const circle = this.#of[product]?.members ?? []
    this.#hold(product)
    const region = new Set([...circle, product])
    // Members of a circle taken apart lead to nobody new; only what the product holds does.
    const next = [...(this.#held[product] as readonly number[])]
    for (let id = next.pop(); id !== undefined; id = next.pop()) {
      if (region.has(id) || (this.#depth[id] as number) < depth) continue
      region.add(id)
      for (const below of this.#held[id] as readonly number[]) next.push(below)
    }
    const found = strongComponents(region, (p) => this.#held[p] as readonly number[])
    this.#rise(this.#settle(found, moved))
  }

  /** Notes what a product holds now. */
  #hold(product: number): void {
    this.#noteLayers(product)
    for (const id of this.#held[product] as readonly number[]) this.#holders.remove(id, product)
    const composition = this.#book.compositions[product]
    const held = composition === undefined ? [] : heldBy(this.#book, composition)
    this.#held[product] = held
    this.#weights[product] = composition?.isPublic === true ? 0 : 1
    for (const id of held) this.#holders.add(id, product)
  }

  /** Takes in components, each after all that it leads to. Returns the products above them. */
  #settle(found: number[][], moved: Set<number>): Set<number> {
    const above = new Set<number>()
    for (const members of found) {
      const [first = 0] = members
      const before = this.#of[first]
      const isCircle = members.length > 1 || this.#held[first]?.includes(first) === true
      const isSame = before === undefined ? !isCircle : isCircle && before.members.length === members.length && members.every((m) => this.#of[m] === before)
      if (!isSame) this.#join(members, isCircle, moved)
      this.#deepen(members, above)
    }
    return above
  }

  #join(members: number[], isCircle: boolean, moved: Set<number>): void {
    const component = isCircle ? { members: this.#sorted(members), slots: [], system: NO_SYSTEM, gain: NOT_WEIGHED } : undefined
    for (const member of members) {
      const before = this.#of[member]
      if (before !== undefined) this.circles.delete(before)
      this.#of[member] = component
      moved.add(member)
    }
    if (component !== undefined) this.circles.add(component)
  }

  /** Depths of one component anew; who holds its members goes into `above` where they changed. */
  #deepen(members: readonly number[], above: Set<number>): void {
    const component = this.#of[members[0] as number]
    let [depth, own] = [0, 0]
    for (const member of members) {
      own += this.#weights[member] as number
      for (const id of this.#held[member] as readonly number[])
        if (component === undefined ? id !== member : this.#of[id] !== component) depth = Math.max(depth, this.#depth[id] as number)
    }
    for (const member of members) {
      if (this.#depth[member] === depth + own) continue
      this.#noteLayers(member)
      this.#depth[member] = depth + own
      for (const holder of this.#holders.of(member)) above.add(holder)
    }
  }

  /** Carries changed depths up to whoever they matter to. */
  #rise(above: Set<number>): void {
    for (let round = above; round.size > 0; ) {
      const next = new Set<number>()
      for (const first of new Set([...round].map((p) => this.#of[p]?.members[0] ?? p))) this.#deepen(this.#of[first]?.members ?? [first], next)
      round = next
    }
  }

  #noteLayers(product: number): void {
    if (!this.#layersBefore.has(product)) this.#layersBefore.set(product, this.layers(product))
  }

  /** The gain of a circle, from the lines within it. */
  #weigh(component: Component, moved: Set<number>): void {
    component.slots = this.#slotsWithin(component)
    component.system = new LinearSystem(component.slots.length, linksWithin(this.#book, component.slots))
    const gain = component.system.gain()
    if (gain.isSolvable !== component.gain.isSolvable) for (const member of component.members) moved.add(member)
    component.gain = gain
  }

  /** Slots of members that members hold and that can be looked through. */
  #slotsWithin(component: Component): number[] {
    const slots = new Set<number>()
    for (const member of component.members) {
      const composition = this.#book.compositions[member]
      if (composition === undefined) continue
      for (let line = composition.ends; line < composition.size; line++) {
        const slot = this.#book.target(composition, line)
        if (this.#of[this.#book.slotProduct[slot] as number] === component && this.#book.isDescribed(slot)) slots.add(slot)
      }
    }
    return inTextOrder(this.#book, slots)
  }

  #sorted(products: number[]): number[] {
    return [...products].sort((a, b) => (this.#book.products.text(a) < this.#book.products.text(b) ? -1 : 1))
  }
}

/** Products that hold each other in a circle, by id; one alone holds itself. `slots`: those of members that members hold, as `system` has them. */
export type Component = { members: readonly number[]; slots: readonly number[]; system: LinearSystem; gain: Gain }

const NO_SYSTEM = new LinearSystem(0, { from: [], to: [], factor: [] })
const NOT_WEIGHED: Gain = { bound: 0, isSolvable: true, isCapped: false }

/** From this part of all products on, 1 ÷ this, everything is found anew. */
const ALL_FROM = 64

/** The links between these slots: what each holds of the others. A line whose part is unknown is no link. */
function linksWithin(book: ProductBook, slots: readonly number[]): Links {
  const places = new Map(slots.map((slot, i) => [slot, i]))
  const links: Links = { from: [], to: [], factor: [] }
  slots.forEach((slot, from) => {
    const composition = book.compositions[book.slotProduct[slot] as number]
    if (composition === undefined || !book.isDescribed(slot)) return
    const cap = book.cap(slot)
    for (let line = composition.ends; line < composition.size; line++) {
      const held = book.target(composition, line)
      const to = places.get(held)
      const factor = to === undefined || !book.isDescribed(held) ? Number.NaN : book.partThrough(1, cap, composition, line)
      if (to === undefined || !isPart(factor)) continue
      links.from.push(from)
      links.to.push(to)
      links.factor.push(factor)
    }
  })
  return links
}

export function inTextOrder(book: ProductBook, slots: Iterable<number>): number[] {
  return [...slots]
    .map((slot): [number, string] => [slot, book.slotText(slot)])
    .sort(([, a], [, b]) => (a < b ? -1 : 1))
    .map(([slot]) => slot)
}

/** The products a composition has lines in, each once. */
function heldBy(book: ProductBook, composition: Composition): number[] {
  const held: number[] = []
  for (let line = composition.ends; line < composition.size; line++) held.push(book.slotProduct[book.target(composition, line)] as number)
  return held.length > 1 ? [...new Set(held)] : held
}
