/**
 * What flows down from some slots when no path is kept: the part of every slot below, in topological order, each circle of products solved as a
 * linear system where it is met. The order of every sum depends on what is held alone, so equal states give equal bits.
 */
import { isPart } from './amount.ts'
import type { ProductBook } from './book.ts'
import type { Component, Components } from './components.ts'

export class Flow {
  readonly #book: ProductBook
  readonly #components: Components
  /** By slot: its part, what comes to it without being carried further, and how many paths lead on there before any circle; `#ends`: how many lead no further. */
  readonly #parts = new Map<number, number>()
  readonly #unknown = new Map<number, number>()
  readonly #ways = new Map<number, number>()
  #ends = 0
  /** Slots met, by product, in the order in which they were met. */
  readonly #slots = new Map<number, number[]>()

  constructor(book: ProductBook, components: Components) {
    this.#book = book
    this.#components = components
  }

  /** Brings in what an institution has of a slot; all of one slot at once. */
  enter({ slot, parts, unknown }: Inflow): void {
    this.#meet(slot)
    if (parts.length > 0) this.#parts.set(slot, inOrder(parts))
    if (unknown.length > 0) this.#unknown.set(slot, inOrder(unknown))
    this.#ways.set(slot, parts.length)
    this.#ends += unknown.length
  }

  /** Lets it flow. Each slot reached, those of a product side by side; `ways`: how many nodes a tree of all paths would have. */
  run(): { reached: Flowed[]; ways: number } {
    const order = this.#order()
    for (let i = order.length - 1; i >= 0; i--) {
      const product = order[i] as number
      const component = this.#circle(product)
      if (component === undefined) for (const slot of this.#slots.get(product) ?? []) this.#pass(slot, undefined, this.#ways.get(slot) as number)
      else {
        this.#solve(component)
        for (const slot of component.slots) this.#pass(slot, component, 0)
      }
    }
    const reached = [...this.#slots.values()].flat().map((slot) => ({ slot, part: this.#parts.get(slot) ?? 0, unknown: this.#unknown.get(slot) ?? 0 }))
    return { reached, ways: [...this.#ways.values()].reduce((sum, n) => sum + n, this.#ends) }
  }

  /** The circle to be solved that a product is in. */
  #circle(product: number): Component | undefined {
    const component = this.#components.of(product)
    return component?.gain.isSolvable === true ? component : undefined
  }

  /** Whether what comes to a slot is carried further. */
  isOpen(slot: number): boolean {
    const component = this.#components.of(this.#book.slotProduct[slot] as number)
    return this.#book.isDescribed(slot) && component?.gain.isSolvable !== false
  }

  /** First members of circles and products below what was entered, each after all below it. */
  #order(): number[] {
    const seen = new Set<number>()
    const order: number[] = []
    const unit = (product: number) => this.#circle(product)?.members[0] ?? product
    const frames: { unit: number; below: number[] }[] = []
    const visit = (product: number) => {
      const first = unit(product)
      if (seen.has(first)) return
      seen.add(first)
      frames.push({ unit: first, below: this.#below(first).reverse() })
    }
    for (const start of this.#slots.keys()) {
      visit(start)
      for (let top = frames.at(-1); top !== undefined; top = frames.at(-1)) {
        const next = top.below.pop()
        if (next !== undefined) visit(next)
        else order.push((frames.pop() as { unit: number }).unit)
      }
    }
    return order
  }

  #below(first: number): number[] {
    const below: number[] = []
    const circle = this.#circle(first)
    for (const member of circle?.members ?? [first]) {
      if (this.#components.of(member)?.gain.isSolvable === false) continue
      const composition = this.#book.compositions[member]
      if (composition === undefined) continue
      for (let line = composition.ends; line < composition.size; line++) {
        const product = this.#book.slotProduct[this.#book.target(composition, line)] as number
        if (circle === undefined || this.#components.of(product) !== circle) below.push(product)
      }
    }
    return below
  }

  /** Replaces what comes into a circle by what each of its slots has in the end; first goes what comes in by a slot that nobody in it holds. */
  #solve({ members, slots, system }: Component): void {
    const within = new Set(slots)
    for (const member of members) for (const slot of this.#slots.get(member) ?? []) if (!within.has(slot)) this.#pass(slot, undefined, 0)
    const solved = system.solve(Float64Array.from(slots, (slot) => this.#parts.get(slot) ?? 0))
    slots.forEach((slot, i) => {
      this.#meet(slot)
      this.#parts.set(slot, solved[i] as number)
    })
  }

  /** Passes the part of a slot on to what it holds, but for what is solved `within` a circle; `ways` lead on from it. */
  #pass(slot: number, within: Component | undefined, ways: number): void {
    const part = this.#parts.get(slot)
    const composition = this.#book.compositions[this.#book.slotProduct[slot] as number]
    if (part === undefined || composition === undefined || !this.isOpen(slot)) return
    const cap = this.#book.cap(slot)
    for (let line = composition.ends; line < composition.size; line++) {
      const held = this.#book.target(composition, line)
      const through = this.#book.partThrough(part, cap, composition, line)
      this.#meet(held)
      if (!this.isOpen(held) || !isPart(through)) {
        add(this.#unknown, held, part * Math.min(this.#book.value(composition, line), cap))
        this.#ends += ways
      } else if (within === undefined || this.#components.of(this.#book.slotProduct[held] as number) !== within) {
        add(this.#parts, held, through)
        add(this.#ways, held, ways)
      }
    }
  }

  #meet(slot: number): void {
    if (this.#parts.has(slot) || this.#unknown.has(slot) || this.#ways.has(slot)) return
    const product = this.#book.slotProduct[slot] as number
    const slots = this.#slots.get(product)
    if (slots === undefined) this.#slots.set(product, [slot])
    else slots.push(slot)
    this.#ways.set(slot, 0)
  }
}

/** `parts` of a slot that come in, and amounts for which the part is not known. */
export type Inflow = { slot: number; parts: number[]; unknown: number[] }
export type Flowed = { slot: number; part: number; unknown: number }

function add(to: Map<number, number>, slot: number, amount: number): void {
  to.set(slot, (to.get(slot) ?? 0) + amount)
}

/** The sum from the least to the greatest: the same whatever order they came in. */
function inOrder(parts: number[]): number {
  return Float64Array.from(parts)
    .sort()
    .reduce((sum, part) => sum + part, 0)
}
