/**
 * Products down: what institutions hold through funds, trusts, wealth and insurance products and ABS, down to the final obligor, kept as positions
 * and holdings change (docs/decisions/0018). Pari passu: a holder's part is its share, else position value ÷ nav; a tranche carries its part of
 * min(size, nominal); parts multiply along a path, paths add up; amounts are rounded once per path, half to even, to minor units of CNY. Circles of
 * products are solved as a linear system. What is there depends on what was set last alone, not on the order. Pure: no I/O, no clock.
 * Sources: contract §6; Basel LEX30 (partial look-through, unknown client) as cited there.
 */
import type { EvidenceRef } from '../contract/index.ts'
import { Ids } from './ids.ts'
import { type Composition, type Product, ProductBook, UNKNOWN_ID } from './product/book.ts'
import { type Changed, Changes, type Gain, type Obligor } from './product/changes.ts'
import { Components } from './product/components.ts'
import { ALL_CODE, Holder, kindCode, obligorCode, type ObligorKind, type Stake, type StakeRecord, UNKNOWN_CODE } from './product/holders.ts'
import { Ledger } from './product/ledger.ts'
import { Paths, type Reached } from './product/paths.ts'
import { Pools } from './product/pools.ts'
import { Staleness } from './product/staleness.ts'
import { NONE, PathTree } from './product/tree.ts'

export type { Changed, Gain, Obligor } from './product/changes.ts'
export type { Product, ProductLine } from './product/book.ts'
export type { ObligorKind, Stake } from './product/holders.ts'
export { UNKNOWN_NAME as UNKNOWN, type Reached } from './product/paths.ts'

export type ProductOptions = {
  /** A holding as of longer ago than this counts as undescribed, ms, grace included; default never. */
  staleAfterMs?: number
  /** Nodes kept of one institution's tree of paths; with more, its amounts have no paths. 42 bytes each. Default 2 M. */
  nodesKept?: number
}

export class ProductGraph {
  readonly #book = new ProductBook()
  readonly #institutions = new Ids()
  readonly #holders: Holder[] = []
  readonly #components = new Components(this.#book)
  readonly #tree: PathTree
  readonly #ledger: Ledger
  readonly #pools: Pools
  readonly #paths: Paths
  readonly #changes: Changes
  readonly #staleness: Staleness
  /** What was described, stale or not. */
  readonly #described: (Composition | undefined)[] = []
  readonly #changedProducts = new Set<number>()
  /** Stakes not yet followed, each with the one that stood in its place; and those that nothing has replaced. */
  readonly #newStakes = new Map<StakeRecord, StakeRecord | undefined>()
  #oldStakes: StakeRecord[] = []
  readonly #changedLeast = new Map<Holder, number>()
  /** Whose amounts may have changed since `changed`. */
  readonly #touched = new Set<Holder>()

  constructor({ staleAfterMs, nodesKept = 2_000_000 }: ProductOptions = {}) {
    this.#tree = new PathTree(this.#book, this.#components, nodesKept, (pair) => this.#ledger.count(pair, -1))
    this.#ledger = new Ledger(this.#book, this.#tree)
    this.#pools = new Pools(this.#book, this.#components, this.#tree, this.#ledger, nodesKept)
    this.#paths = new Paths(this.#book, this.#tree, this.#ledger)
    this.#changes = new Changes(this.#book, this.#components)
    this.#staleness = new Staleness(staleAfterMs)
  }

  /** Replaces or, with undefined, removes what is known of a product. */
  setProduct(id: string, product: Product | undefined): void {
    const number = this.#book.products.of(id)
    const before = this.#described[number]
    if (before !== undefined && before !== this.#book.compositions[number]) this.#book.forget(before)
    this.#described[number] = product === undefined ? undefined : this.#book.compose(product)
    this.#staleness.set(id, product?.asOf)
    this.#changedProducts.add(number)
  }

  /** Replaces or, with undefined, removes what an institution holds by one position. */
  setStake(institution: string, position: string, stake: Stake | undefined): void {
    const holder = this.#holder(institution)
    const before = holder.stakes.get(position)
    const followed = before !== undefined && this.#newStakes.has(before) ? this.#newStakes.get(before) : before
    if (before !== undefined) this.#newStakes.delete(before)
    if (stake === undefined) {
      holder.stakes.delete(position)
      if (followed !== undefined) this.#oldStakes.push(followed)
      return
    }
    const { kind, product, tranche, value, share, ref } = stake
    const slot = this.#book.slot(product, tranche)
    const record = { holder, position, kind, slot, exact: value, value: Number(value), share: share ?? Number.NaN, ref, node: NONE }
    holder.stakes.set(position, record)
    this.#newStakes.set(record, followed)
  }

  /** An obligor below `least` minor units within one structure stays with the structure; undefined: all are looked through to. */
  setThreshold(institution: string, least: bigint | undefined): void {
    this.#changedLeast.set(this.#holder(institution), least === undefined ? Number.NEGATIVE_INFINITY : Number(least))
  }

  /** Lets event time pass to `now`, ms, for holdings to become stale. */
  advance(now: number): void {
    for (const id of this.#staleness.advance(now)) this.#changedProducts.add(this.#book.products.of(id))
  }

  /** The next time, ms, from which a holding is stale. */
  nextStaleAt(): number | undefined {
    return this.#staleness.next()
  }

  /** What has changed since the last call. */
  changed(): Changed {
    this.#settle()
    const touched = [...this.#touched]
    this.#touched.clear()
    return this.#changes.take(touched)
  }

  /** What reaches an obligor through an institution's products, minor units. */
  amount(institution: string, kind: ObligorKind, obligor: string): bigint {
    const holder = this.#settled(institution)
    const id = this.#obligorId(kind, obligor)
    return holder === undefined || id === undefined ? 0n : holder.sums.get(obligorCode(kind, id))
  }

  /** Everyone whom an institution reaches, in order of kind and id. */
  obligors(institution: string): Obligor[] {
    const holder = this.#settled(institution)
    return holder === undefined ? [] : this.#changes.inOrder(holder.sums.codes())
  }

  /** What an institution holds through products, and how much of it is not with the unknown client. */
  coverage(institution: string): { identified: bigint; total: bigint } {
    const holder = this.#settled(institution)
    if (holder === undefined) return { identified: 0n, total: 0n }
    const total = holder.aside.get(ALL_CODE)
    return { identified: total - holder.sums.get(UNKNOWN_CODE), total }
  }

  /** How much reaches lines of a kind, as `equity`, through an institution's products, material or not. */
  amountInLines(institution: string, kind: string): bigint {
    const id = this.#book.kinds.find(kind)
    return id === undefined ? 0n : (this.#settled(institution)?.aside.get(kindCode(id)) ?? 0n)
  }

  /** The `limit` largest paths to an obligor, equal ones in a fixed order, and what the others carry together. */
  paths(institution: string, kind: ObligorKind, obligor: string, limit: number): { paths: Reached[]; rest: bigint } {
    const holder = this.#settled(institution)
    const id = this.#obligorId(kind, obligor)
    return holder === undefined || id === undefined ? { paths: [], rest: 0n } : this.#paths.largest(holder, kind, id, limit)
  }

  /** The statements that the amount of an obligor rests on, in no order. */
  refs(institution: string, kind: ObligorKind, obligor: string): EvidenceRef[] {
    const holder = this.#settled(institution)
    const id = this.#obligorId(kind, obligor)
    return holder === undefined || id === undefined ? [] : this.#paths.refs(holder, kind, id)
  }

  /** Longest chain of products below a product, public funds not counted; each product of a circle counts once. */
  layers(product: string): number {
    this.#settle()
    const id = this.#book.products.find(product)
    return id === undefined ? 0 : this.#components.layers(id)
  }

  /** Circles of products that cannot be solved, by their smallest product: their gain is 1 or more, or could not be shown to be less. */
  gains(): Gain[] {
    this.#settle()
    return this.#changes.gains()
  }

  /** How many institutions have more paths than are kept, and how many circles took more work than is done. */
  get capped(): { institutions: number; circles: number } {
    this.#settle()
    return { institutions: this.#holders.filter((h) => h.isCapped).length, circles: [...this.#components.circles].filter((c) => c.gain.isCapped).length }
  }

  #holder(institution: string): Holder {
    const id = this.#institutions.of(institution)
    return (this.#holders[id] ??= new Holder(id, institution))
  }

  #settled(institution: string): Holder | undefined {
    this.#settle()
    return this.#holders[this.#institutions.find(institution) ?? NONE]
  }

  #obligorId(kind: ObligorKind, obligor: string): number | undefined {
    if (kind === 'unknown') return UNKNOWN_ID
    return kind === 'structure' ? this.#book.products.find(obligor) : this.#book.parties.find(obligor)
  }

  /** Follows everything that was set since the last time. */
  #settle(): void {
    if (this.#changedProducts.size + this.#newStakes.size + this.#oldStakes.length + this.#changedLeast.size === 0) return
    const flowing = this.#decideAnew()
    this.#renewProducts()
    this.#followStakes(flowing)
    for (const holder of this.#tree.out) if (holder.out.some((pair) => this.#pools.concerns(pair))) flowing.add(holder)
    for (const holder of flowing) this.#pools.refresh(holder)
    this.#recount(flowing)
  }

  /** Withdraws all of the holders with another threshold. Returns those whose flow goes elsewhere by it. */
  #decideAnew(): Set<Holder> {
    const flowing = new Set<Holder>()
    for (const [holder, least] of this.#changedLeast) {
      if (holder.least === least) continue
      for (const pair of holder.pairs.values()) this.#tree.withdraw(pair)
      holder.least = least
      if (holder.pools.length > 0) flowing.add(holder)
    }
    this.#changedLeast.clear()
    return flowing
  }

  #renewProducts(): void {
    const changed = [...this.#changedProducts]
    if (changed.length === 0) return
    this.#changedProducts.clear()
    for (const product of changed) for (const pair of this.#tree.pairsOf(product)) this.#tree.withdraw(pair)
    for (const product of changed) this.#replace(product)
    this.#tree.renew(new Set([...changed, ...this.#components.update(changed)]))
  }

  #followStakes(flowing: Set<Holder>): void {
    for (const stake of this.#oldStakes) this.#tree.uproot(stake)
    for (const [stake, before] of this.#newStakes) {
      if (before?.slot === stake.slot) this.#tree.replace(before, stake)
      else {
        if (before !== undefined) this.#tree.uproot(before)
        this.#tree.plant(stake)
      }
    }
    for (const { holder } of [...this.#oldStakes, ...this.#newStakes.keys()]) if (holder.isCapped) flowing.add(holder)
    this.#oldStakes = []
    this.#newStakes.clear()
  }

  #replace(product: number): void {
    const before = this.#book.compositions[product]
    const standing = this.#standing(product)
    const described = this.#described[product]
    this.#book.put(product, standing)
    if (standing === undefined && described !== undefined) this.#book.outdated.set(product, described.ref)
    else this.#book.outdated.delete(product)
    if (before !== undefined && before !== described) this.#book.forget(before)
  }

  #standing(product: number): Composition | undefined {
    return this.#staleness.isStale(this.#book.products.text(product)) ? undefined : this.#described[product]
  }

  /** Puts back what was withdrawn, as it is now. */
  #recount(flowing: Iterable<Holder>): void {
    for (const holder of this.#tree.takeOut()) {
      this.#touched.add(holder)
      holder.sums.catchUp()
      for (const pair of this.#tree.takeOutOf(holder)) this.#ledger.count(pair, 1)
    }
    for (const holder of flowing) this.#pools.fill(holder)
  }
}
