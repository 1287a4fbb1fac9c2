/** What reaches obligors of a holder through circles of products, and all of it where the holder has too many paths: computed as a whole, by flow. */
import { roundHalfEven } from '../rounding.ts'
import { isPart } from './amount.ts'
import type { ProductBook } from './book.ts'
import { type Components, inTextOrder } from './components.ts'
import { Flow, type Flowed, type Inflow } from './flow.ts'
import { ALL_CODE, type Holder, type Pool, type Pooled } from './holders.ts'
import type { Ledger } from './ledger.ts'
import type { PathTree } from './tree.ts'

export class Pools {
  readonly #book: ProductBook
  readonly #components: Components
  readonly #tree: PathTree
  readonly #ledger: Ledger
  readonly #nodesKept: number

  constructor(book: ProductBook, components: Components, tree: PathTree, ledger: Ledger, nodesKept: number) {
    this.#book = book
    this.#components = components
    this.#tree = tree
    this.#ledger = ledger
    this.#nodesKept = nodesKept
  }

  /** Whether a change of this pair changes what flows. */
  concerns(pair: number): boolean {
    const holder = this.#tree.holder[pair] as Holder
    return holder.isCapped || (holder.pooled.size > 0 && holder.pooled.has(pair)) || this.#components.of(this.#tree.product[pair] as number) !== undefined
  }

  /** Lets it flow anew; the pairs concerned are withdrawn. A holder that has become too large loses its tree, one that no longer is gets it back. */
  refresh(holder: Holder): void {
    this.#empty(holder)
    if (holder.isCapped) for (const stake of holder.stakes.values()) this.#tree.uproot(stake)
    const pooled = new Map<number, Pooled[]>()
    holder.pools = []
    if (holder.isCapped && !this.#flowAll(holder, pooled)) {
      holder.isCapped = false
      for (const stake of holder.stakes.values()) this.#tree.plant(stake)
    }
    if (!holder.isCapped) this.#flowThroughCircles(holder, pooled)
    for (const pair of pooled.keys()) this.#tree.withdraw(pair)
    holder.pooled = pooled
  }

  /** Puts the rows into the sums, once every pair concerned is counted. */
  fill(holder: Holder): void {
    for (const pair of holder.pooled.keys()) this.#ledger.pour(pair)
    for (const pool of holder.pools) {
      pool.rows = rounded(pool.exact)
      pool.kinds = rounded(pool.exactKinds)
    }
    addRows(holder, 1)
  }

  /** Takes out what came through pools; their pairs are withdrawn with it. */
  #empty(holder: Holder): void {
    for (const pair of holder.pooled.keys()) this.#tree.withdraw(pair)
    addRows(holder, -1)
    holder.pooled = new Map()
  }

  /** False when the holder's paths are few enough to be kept. */
  #flowAll(holder: Holder, pooled: Map<number, Pooled[]>): boolean {
    const flow = new Flow(this.#book, this.#components)
    const inflows = new Map<number, Inflow>()
    for (const { slot, value, share } of holder.stakes.values()) {
      const part = this.#book.partOf(slot, value, share)
      const isCarried = flow.isOpen(slot) && isPart(part)
      note(inflows, slot, isCarried ? { parts: [part], unknown: [] } : { parts: [], unknown: [value] })
    }
    const { reached, ways } = this.#run(flow, inflows)
    if (ways <= this.#nodesKept) return false
    this.#keep(holder, pooled, newPool(undefined, []), reached)
    return true
  }

  #flowThroughCircles(holder: Holder, pooled: Map<number, Pooled[]>): void {
    const byCircle = new Map<number, number[]>()
    for (const node of holder.entries) {
      const first = this.#components.of(this.#tree.productAt(node))?.members[0] as number
      const entries = byCircle.get(first)
      if (entries === undefined) byCircle.set(first, [node])
      else entries.push(node)
    }
    const name = (product: number) => this.#book.products.text(product)
    for (const [smallest, entries] of [...byCircle].sort(([a], [b]) => (name(a) < name(b) ? -1 : 1))) {
      const inflows = new Map<number, Inflow>()
      for (const node of entries) note(inflows, this.#tree.slot[node] as number, { parts: [this.#tree.part[node] as number], unknown: [] })
      this.#keep(holder, pooled, newPool(smallest, entries), this.#run(new Flow(this.#book, this.#components), inflows).reached)
    }
  }

  #run(flow: Flow, inflows: Map<number, Inflow>): { reached: Flowed[]; ways: number } {
    for (const slot of inTextOrder(this.#book, inflows.keys())) flow.enter(inflows.get(slot) as Inflow)
    return flow.run()
  }

  #keep(holder: Holder, pooled: Map<number, Pooled[]>, pool: Pool, reached: Flowed[]): void {
    holder.pools.push(pool)
    for (const { slot, part, unknown } of reached) {
      const pair = this.#tree.pairOf(holder, this.#book.slotProduct[slot] as number)
      const flowing = pooled.get(pair)
      if (flowing === undefined) pooled.set(pair, [{ pool, slot, part, unknown }])
      else flowing.push({ pool, slot, part, unknown })
    }
  }
}

function newPool(smallest: number | undefined, entries: number[]): Pool {
  return { smallest, entries, exact: new Map(), exactKinds: new Map(), rows: new Map(), kinds: new Map() }
}

function note(inflows: Map<number, Inflow>, slot: number, { parts, unknown }: Omit<Inflow, 'slot'>): void {
  const inflow = inflows.get(slot) ?? { slot, parts: [], unknown: [] }
  inflow.parts.push(...parts)
  inflow.unknown.push(...unknown)
  inflows.set(slot, inflow)
}

function rounded(exact: ReadonlyMap<number, number>): Map<number, number> {
  return new Map([...exact].map(([code, amount]): [number, number] => [code, roundHalfEven(amount)]).filter(([, amount]) => amount !== 0))
}

function addRows(holder: Holder, sign: 1 | -1): void {
  for (const { rows, kinds } of holder.pools) {
    for (const [code, amount] of rows) {
      holder.sums.add(code, sign * amount)
      holder.aside.add(ALL_CODE, sign * amount)
    }
    for (const [code, amount] of kinds) holder.aside.add(code, sign * amount)
  }
}
