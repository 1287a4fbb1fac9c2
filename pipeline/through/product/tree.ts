/**
 * Every path from an institution's positions down its products, as nodes of a tree per institution: a node is one way to a slot and carries its part
 * of it. All nodes of one (institution, product) are a *pair*, in a list, so that a changed product finds exactly its nodes. Where a path ends in a
 * product that cannot be looked through, the node carries the amount instead. 42 bytes a node.
 */
import { grown } from '../grown.ts'
import { isPart, portion } from './amount.ts'
import type { Components } from './components.ts'
import type { Composition, ProductBook } from './book.ts'
import type { Holder, StakeRecord } from './holders.ts'

export class PathTree {
  /** The part of the slot, or, where it is unknown, the amount. */
  part = new Float64Array(FIRST_NODES)
  state = new Uint8Array(FIRST_NODES)
  slot = new Int32Array(FIRST_NODES)
  pair = new Int32Array(FIRST_NODES)
  /** The node above, NONE where an institution holds it directly. */
  parent = new Int32Array(FIRST_NODES)
  /** Which line of the product above it is, or which stake. */
  line = new Int32Array(FIRST_NODES)
  /** The other nodes of the pair; `next` also links the free nodes. */
  next = new Int32Array(FIRST_NODES)
  #previous = new Int32Array(FIRST_NODES)
  #child = new Int32Array(FIRST_NODES)
  #sibling = new Int32Array(FIRST_NODES)
  #used = 0
  #free = NONE

  readonly stakes: StakeRecord[] = []
  readonly #freeStakes: number[] = []

  /** Of a pair. */
  readonly holder: Holder[] = []
  product = new Int32Array(FIRST_NODES)
  first = new Int32Array(FIRST_NODES)
  #isOut = new Uint8Array(FIRST_NODES)
  /** The pairs of a product: its first, plus 1, and after each the next, plus 1. */
  #firstOf = new Int32Array(FIRST_NODES)
  #nextOf = new Int32Array(FIRST_NODES)
  /** Holders of which pairs were withdrawn. */
  out: Holder[] = []

  readonly #book: ProductBook
  readonly #components: Components
  readonly #nodesKept: number
  readonly #withdraw: (pair: number) => void
  /** Products whose nodes need their children anew. */
  #renewed: ReadonlySet<number> = new Set()

  /** `nodesKept`: of one institution, at most. `withdraw` is told before anything of a pair changes; once, until `takeOut`. */
  constructor(book: ProductBook, components: Components, nodesKept: number, withdraw: (pair: number) => void) {
    this.#book = book
    this.#components = components
    this.#nodesKept = nodesKept
    this.#withdraw = withdraw
  }

  pairsOf(product: number): number[] {
    const pairs: number[] = []
    for (let pair = (this.#firstOf[product] ?? 0) - 1; pair !== NONE; pair = (this.#nextOf[pair] as number) - 1) pairs.push(pair)
    return pairs
  }

  pairOf(holder: Holder, product: number): number {
    const known = holder.pairs.get(product)
    if (known !== undefined) return known
    const pair = this.holder.push(holder) - 1
    holder.pairs.set(product, pair)
    this.product = grown(this.product, pair + 1)
    this.first = grown(this.first, pair + 1)
    this.#isOut = grown(this.#isOut, pair + 1)
    this.product[pair] = product
    this.first[pair] = NONE
    this.#firstOf = grown(this.#firstOf, product + 1)
    this.#nextOf = grown(this.#nextOf, pair + 1)
    this.#nextOf[pair] = this.#firstOf[product] as number
    this.#firstOf[product] = pair + 1
    return pair
  }

  /** Says that something of a pair is about to change. */
  withdraw(pair: number): void {
    if (this.#isOut[pair] === 1) return
    this.#withdraw(pair)
    this.#isOut[pair] = 1
    const holder = this.holder[pair] as Holder
    if (holder.out.length === 0) this.out.push(holder)
    holder.out.push(pair)
  }

  /** The holders of which pairs were withdrawn since the last call; `takeOutOf` gives the pairs. */
  takeOut(): Holder[] {
    const { out } = this
    this.out = []
    return out
  }

  takeOutOf(holder: Holder): number[] {
    const { out } = holder
    holder.out = []
    for (const pair of out) this.#isOut[pair] = 0
    return out
  }

  /** Puts a stake at the root of its holder's tree, if that is kept. */
  plant(stake: StakeRecord): void {
    if (stake.holder.isCapped || stake.node !== NONE) return
    const line = this.#freeStakes.pop() ?? this.stakes.length
    this.stakes[line] = stake
    stake.node = this.#grow(stake.holder, stake.slot, NONE, line)
    this.#refresh(stake.node)
  }

  /** Puts a stake where another of the same slot was: all below stays in its place. */
  replace(before: StakeRecord, stake: StakeRecord): void {
    const { node } = before
    if (node === NONE) return this.plant(stake)
    this.stakes[this.line[node] as number] = stake
    stake.node = node
    before.node = NONE
    this.#withdrawBelow(node)
    this.#refresh(node)
  }

  /** What a stake rests on is shown in every path below it. */
  #withdrawBelow(start: number): void {
    const stack = [start]
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      this.withdraw(this.pair[node] as number)
      for (let child = this.#child[node] as number; child !== NONE; child = this.#sibling[child] as number) stack.push(child)
    }
  }

  /** Takes a stake out, and all below it. */
  uproot(stake: StakeRecord): void {
    if (stake.node === NONE) return
    this.#freeStakes.push(this.line[stake.node] as number)
    this.#drop(stake.node)
    stake.node = NONE
  }

  /** Follows changes of these products down all their nodes. */
  renew(products: ReadonlySet<number>): void {
    this.#renewed = products
    const nodes: number[] = []
    for (const product of products) {
      for (const pair of this.pairsOf(product)) {
        this.withdraw(pair)
        for (let node = this.first[pair] as number; node !== NONE; node = this.next[node] as number) {
          const parent = this.parent[node] as number
          // Below another of them it is reached from there.
          if (parent === NONE || !products.has(this.productAt(parent))) nodes.push(node)
        }
      }
    }
    for (const node of nodes) if (this.state[node] !== FREE) this.#refresh(node)
    this.#renewed = new Set()
  }

  productAt(node: number): number {
    return this.#book.slotProduct[this.slot[node] as number] as number
  }

  /** What a node carries anew, and all below it as far as something changes. */
  #refresh(start: number): void {
    const stack = [start]
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      const holder = this.holder[this.pair[node] as number] as Holder
      if (holder.isCapped) return
      const through = this.partOf(node)
      const state = this.#judge(node, through)
      const part = state === UNKNOWN ? this.amountOf(node) : through
      if (this.state[node] === state && Object.is(this.part[node], part) && !this.#renewed.has(this.productAt(node))) continue
      this.withdraw(this.pair[node] as number)
      this.state[node] = state
      this.part[node] = part
      if (state === ENTRY) holder.entries.add(node)
      else holder.entries.delete(node)
      this.#branch(node, holder)
      for (let child = this.#child[node] as number; child !== NONE; child = this.#sibling[child] as number) stack.push(child)
    }
  }

  /** What a node is, by its part of the slot, NaN where that is not known. */
  #judge(node: number, part: number): number {
    const slot = this.slot[node] as number
    if (!this.#book.isDescribed(slot) || !isPart(part)) return UNKNOWN
    const component = this.#components.of(this.#book.slotProduct[slot] as number)
    if (component === undefined) return EXPANDED
    return component.gain.isSolvable ? ENTRY : UNKNOWN
  }

  /** The part of the slot that comes to a node, from what is above it; NaN where it is not known. */
  partOf(node: number): number {
    const parent = this.parent[node] as number
    const line = this.line[node] as number
    if (parent === NONE) {
      const { slot, value, share } = this.stakes[line] as StakeRecord
      return this.#book.partOf(slot, value, share)
    }
    const composition = this.#book.compositions[this.productAt(parent)]
    if (composition === undefined || line >= composition.size) return Number.NaN
    return this.#book.partThrough(this.part[parent] as number, this.#book.cap(this.slot[parent] as number), composition, line)
  }

  /** The amount that comes to a node, rounded. */
  amountOf(node: number): number {
    const parent = this.parent[node] as number
    const line = this.line[node] as number
    if (parent === NONE) return (this.stakes[line] as StakeRecord).value
    const composition = this.#book.compositions[this.productAt(parent)]
    if (composition === undefined || line >= composition.size) return 0
    return portion(this.part[parent] as number, Math.min(this.#book.value(composition, line), this.#book.cap(this.slot[parent] as number)))
  }

  /** Makes the children of a node those that its product has lines in. */
  #branch(node: number, holder: Holder): void {
    const composition = this.state[node] === EXPANDED ? this.#book.compositions[this.productAt(node)] : undefined
    let old = this.#child[node] as number
    let last = NONE
    for (let line = composition?.ends ?? 0; line < (composition?.size ?? 0); line++) {
      const slot = this.#book.target(composition as Composition, line)
      let child = old
      if (old !== NONE) old = this.#sibling[old] as number
      if (child === NONE || this.slot[child] !== slot) {
        if (child !== NONE) this.#drop(child)
        child = this.#grow(holder, slot, node, line)
      }
      this.line[child] = line
      if (last === NONE) this.#child[node] = child
      else this.#sibling[last] = child
      last = child
    }
    if (last === NONE) this.#child[node] = NONE
    else this.#sibling[last] = NONE
    while (old !== NONE) {
      const next = this.#sibling[old] as number
      this.#drop(old)
      old = next
    }
  }

  #grow(holder: Holder, slot: number, parent: number, line: number): number {
    const node = this.#take()
    const pair = this.pairOf(holder, this.#book.slotProduct[slot] as number)
    this.withdraw(pair)
    this.slot[node] = slot
    this.pair[node] = pair
    this.parent[node] = parent
    this.line[node] = line
    this.state[node] = NEW
    this.#child[node] = NONE
    this.#sibling[node] = NONE
    const first = this.first[pair] as number
    this.next[node] = first
    this.#previous[node] = NONE
    if (first !== NONE) this.#previous[first] = node
    this.first[pair] = node
    if (++holder.nodes > this.#nodesKept) holder.isCapped = true
    return node
  }

  /** Takes a node and all below it out. */
  #drop(start: number): void {
    const stack = [start]
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      for (let child = this.#child[node] as number; child !== NONE; child = this.#sibling[child] as number) stack.push(child)
      const pair = this.pair[node] as number
      this.withdraw(pair)
      const [next, previous] = [this.next[node] as number, this.#previous[node] as number]
      if (previous === NONE) this.first[pair] = next
      else this.next[previous] = next
      if (next !== NONE) this.#previous[next] = previous
      const holder = this.holder[pair] as Holder
      holder.nodes--
      holder.entries.delete(node)
      this.state[node] = FREE
      this.next[node] = this.#free
      this.#free = node
    }
  }

  #take(): number {
    if (this.#free !== NONE) {
      const node = this.#free
      this.#free = this.next[node] as number
      return node
    }
    if (this.#used === this.part.length) this.#enlarge()
    return this.#used++
  }

  #enlarge(): void {
    const size = this.#used + 1
    this.part = grown(this.part, size)
    this.state = grown(this.state, size)
    for (const name of ['slot', 'pair', 'parent', 'line', 'next'] as const) this[name] = grown(this[name], size)
    this.#previous = grown(this.#previous, size)
    this.#child = grown(this.#child, size)
    this.#sibling = grown(this.#sibling, size)
  }
}

/** What a node is: looked through; unknown; the end of the tree where a circle begins; new; not in use. */
export const [EXPANDED, UNKNOWN, ENTRY] = [0, 1, 2]
const [NEW, FREE] = [3, 4]
export const NONE = -1
const FIRST_NODES = 1024
