/** Paths as people read them, built when asked for: the largest first, equal ones by the position they start from and the lines they follow. */
import { type EvidenceRef, formatDecimal, type PathStep } from '../../contract/index.ts'
import { portion } from './amount.ts'
import type { Composition, ProductBook } from './book.ts'
import { type Holder, obligorCode, type ObligorKind, type Pool, type StakeRecord, UNKNOWN_CODE } from './holders.ts'
import type { Ledger } from './ledger.ts'
import { EXPANDED, NONE, type PathTree, UNKNOWN } from './tree.ts'

export class Paths {
  readonly #book: ProductBook
  readonly #tree: PathTree
  readonly #ledger: Ledger

  constructor(book: ProductBook, tree: PathTree, ledger: Ledger) {
    this.#book = book
    this.#tree = tree
    this.#ledger = ledger
  }

  /** The `limit` largest paths to an obligor, and what all others carry together. */
  largest(holder: Holder, kind: ObligorKind, id: number, limit: number): { paths: Reached[]; rest: bigint } {
    const ends = this.#endsAt(holder, kind, id)
    const keys = new Map<End, Key>()
    const keyOf = (end: End) => {
      let key = keys.get(end)
      if (key === undefined) keys.set(end, (key = this.#key(end)))
      return key
    }
    ends.sort((a, b) => b.amount - a.amount || compareKeys(keyOf(a), keyOf(b)))
    const name = this.#name(kind, id)
    const paths = ends
      .slice(0, limit)
      .map((end): Reached => ({ obligor: name, kind, amount: BigInt(end.amount), path: this.#steps(holder, name, end), refs: this.#refsOf(holder, end) }))
    return { paths, rest: ends.slice(limit).reduce((sum, { amount }) => sum + BigInt(amount), 0n) }
  }

  /** The statements that an obligor's amount rests on, each once, in no order. */
  refs(holder: Holder, kind: ObligorKind, id: number): EvidenceRef[] {
    const refs = new Map<string, EvidenceRef>()
    for (const end of this.#endsAt(holder, kind, id)) for (const ref of this.#refsOf(holder, end)) refs.set(ref.event, ref)
    return [...refs.values()]
  }

  #endsAt(holder: Holder, kind: ObligorKind, id: number): End[] {
    const ends: End[] = []
    if (kind === 'structure') {
      const pair = holder.pairs.get(id)
      if (pair !== undefined) this.#keptIn(pair, ends)
    } else for (const pair of holder.pairs.values()) this.#endsIn(pair, id, ends)
    const code = kind === 'unknown' ? UNKNOWN_CODE : obligorCode(kind, id)
    for (const pool of holder.pools) {
      const amount = pool.rows.get(code)
      if (amount !== undefined) ends.push({ pool, amount })
    }
    return ends
  }

  /** Paths of a pair that end at a party, or, for the unknown one, at a product that nobody looks through. */
  #endsIn(pair: number, party: number, ends: End[]): void {
    const { first, next, state, part } = this.#tree
    const composition = this.#book.compositions[this.#tree.product[pair] as number]
    const from = composition === undefined ? NONE : firstLine(this.#book, composition, party)
    const to = composition === undefined || from === NONE ? NONE : this.#ledger.endOf(composition, from)
    const isMaterial = from !== NONE && first[pair] !== NONE && this.#ledger.goesToObligor(pair, from, to)
    for (let node = first[pair] as number; node !== NONE; node = next[node] as number) {
      if (state[node] === UNKNOWN && party === UNKNOWN_CODE && part[node] !== 0) ends.push({ node, line: NONE, amount: part[node] as number })
      if (state[node] !== EXPANDED || !isMaterial || composition === undefined) continue
      for (let line = from; line < to; line++) {
        const amount = this.#carried(node, composition, line)
        if (amount !== 0) ends.push({ node, line, amount })
      }
    }
  }

  /** What of each node stays with the structure. */
  #keptIn(pair: number, ends: End[]): void {
    const { first, next, state } = this.#tree
    const composition = this.#book.compositions[this.#tree.product[pair] as number]
    if (composition === undefined) return
    const lines: number[] = []
    for (let from = 0; from < composition.ends; ) {
      const to = this.#ledger.endOf(composition, from)
      if (!this.#ledger.goesToObligor(pair, from, to)) for (let line = from; line < to; line++) lines.push(line)
      from = to
    }
    for (let node = first[pair] as number; node !== NONE; node = next[node] as number) {
      const amount = state[node] === EXPANDED ? lines.reduce((sum, line) => sum + this.#carried(node, composition, line), 0) : 0
      if (amount !== 0) ends.push({ node, line: NONE, amount })
    }
  }

  #carried(node: number, composition: Composition, line: number): number {
    return portion(this.#tree.part[node] as number, Math.min(this.#book.value(composition, line), this.#book.cap(this.#tree.slot[node] as number)))
  }

  #name(kind: ObligorKind, id: number): string {
    if (kind === 'unknown') return UNKNOWN_NAME
    return kind === 'structure' ? this.#book.products.text(id) : this.#book.parties.text(id)
  }

  /** From the root down. */
  #nodes(node: number): number[] {
    const nodes: number[] = []
    for (let at = node; at !== NONE; at = this.#tree.parent[at] as number) nodes.push(at)
    return nodes.reverse()
  }

  #stakeOf(root: number): StakeRecord {
    return this.#tree.stakes[this.#tree.line[root] as number] as StakeRecord
  }

  #compositionAt(node: number): Composition {
    return this.#book.compositions[this.#tree.productAt(node)] as Composition
  }

  #key(end: End): Key {
    if ('pool' in end) return { position: '', places: [], pool: end.pool.smallest === undefined ? '' : this.#book.products.text(end.pool.smallest) }
    const nodes = this.#nodes(end.node)
    const places = nodes.slice(1).map((node) => placeOf(this.#book, this.#compositionAt(this.#tree.parent[node] as number), this.#tree.line[node] as number))
    if (end.line !== NONE) places.push(placeOf(this.#book, this.#compositionAt(end.node), end.line))
    return { position: this.#stakeOf(nodes[0] as number).position, places, pool: '' }
  }

  #steps(holder: Holder, name: string, end: End): PathStep[] {
    if ('pool' in end) return this.#circleSteps(holder, name, end)
    const steps = this.#nodes(end.node).map((node) => this.#stepTo(holder, node))
    const { node, line, amount } = end
    if (line === NONE) return [...steps, ...this.#staleStep(node, name, amount)]
    const composition = this.#compositionAt(node)
    const share = shareText(this.#tree.part[node] as number)
    const lineKind = this.#book.kinds.text(this.#book.kind(composition, line))
    const from = this.#book.products.text(this.#tree.productAt(node))
    return [...steps, { from, to: name, kind: lineKind, amount: money(amount), event: composition.ref.event, share }]
  }

  /** What ends at a product whose description is too old says so. */
  #staleStep(node: number, name: string, amount: number): PathStep[] {
    const product = this.#tree.productAt(node)
    const outdated = this.#book.outdated.get(product)
    return outdated === undefined ? [] : [{ from: this.#book.products.text(product), to: name, kind: STALE, amount: money(amount), event: outdated.event }]
  }

  #stepTo(holder: Holder, node: number): PathStep {
    const to = this.#book.products.text(this.#tree.productAt(node))
    const parent = this.#tree.parent[node] as number
    const [amount, part] = [this.#tree.amountOf(node), this.#tree.partOf(node)]
    const share = Number.isNaN(part) ? {} : { share: shareText(part) }
    if (parent === NONE) {
      const { kind, exact, ref } = this.#stakeOf(node)
      return { from: holder.name, to, kind, amount: formatDecimal(exact, 2), event: ref.event, ...share }
    }
    const composition = this.#compositionAt(parent)
    const kind = this.#book.kinds.text(this.#book.kind(composition, this.#tree.line[node] as number))
    return { from: this.#book.products.text(this.#tree.productAt(parent)), to, kind, amount: money(amount), event: composition.ref.event, ...share }
  }

  /** Through a circle there is no one path: what comes into it, by its smallest product, and what reaches the obligor. Of a capped holder nothing is shown. */
  #circleSteps(holder: Holder, name: string, { pool, amount }: { pool: Pool; amount: number }): PathStep[] {
    if (pool.smallest === undefined) return []
    const circle = this.#book.products.text(pool.smallest)
    const into: PathStep = { from: holder.name, to: circle, kind: CYCLE, amount: money(amount) }
    return circle === name ? [into] : [into, { from: circle, to: name, kind: CYCLE, amount: money(amount) }]
  }

  #refsOf(holder: Holder, end: End): EvidenceRef[] {
    if ('pool' in end) return this.#refsThrough(holder, end.pool)
    const nodes = this.#nodes(end.node)
    const through = end.line === NONE ? nodes.slice(0, -1) : nodes
    const outdated = this.#book.outdated.get(this.#tree.productAt(end.node)) ?? []
    return [this.#stakeOf(nodes[0] as number).ref, ...through.map((node) => this.#compositionAt(node).ref)].concat(outdated)
  }

  #refsThrough(holder: Holder, pool: Pool): EvidenceRef[] {
    const refs = new Map<string, EvidenceRef>()
    const add = (ref: EvidenceRef | undefined) => ref !== undefined && refs.set(ref.event, ref)
    if (pool.smallest === undefined) for (const { ref } of holder.stakes.values()) add(ref)
    for (const entry of pool.entries) {
      const nodes = this.#nodes(entry)
      add(this.#stakeOf(nodes[0] as number).ref)
      for (const node of nodes) add(this.#compositionAt(node).ref)
    }
    for (const [pair, pooled] of holder.pooled)
      if (pooled.some((one) => one.pool === pool && one.part !== 0)) add(this.#refOf(this.#tree.product[pair] as number))
    return [...refs.values()].sort((a, b) => (a.order < b.order ? -1 : 1))
  }

  #refOf(product: number): EvidenceRef | undefined {
    return this.#book.compositions[product]?.ref ?? this.#book.outdated.get(product)
  }
}

/** What one path carries to one obligor. `refs`: the statements along it. A path without steps stands for more than can be shown. */
export type Reached = { obligor: string; kind: ObligorKind; amount: bigint; path: PathStep[]; refs: EvidenceRef[] }

export const UNKNOWN_NAME = 'unknown'
const CYCLE = 'cycle'
const STALE = 'stale'

/** Where a path ends: at a line of a node's product, at the node itself (`line` NONE), or as the row of a pool. */
type End = { amount: number } & ({ node: number; line: number } | { pool: Pool })
type Key = { position: string; places: number[]; pool: string }

function compareKeys(a: Key, b: Key): number {
  if (a.pool !== b.pool) return a.pool < b.pool ? -1 : 1
  if (a.position !== b.position) return a.position < b.position ? -1 : 1
  const at = a.places.findIndex((place, i) => place !== b.places[i])
  return at < 0 ? a.places.length - b.places.length : (a.places[at] as number) - (b.places[at] ?? -1)
}

/** The first line that ends at a party, NONE where there is none; lines are sorted by party. */
function firstLine(book: ProductBook, composition: Composition, party: number): number {
  let [low, high] = [0, composition.ends]
  while (low < high) {
    const middle = (low + high) >> 1
    if (book.target(composition, middle) < party) low = middle + 1
    else high = middle
  }
  return low < composition.ends && book.target(composition, low) === party ? low : NONE
}

/** Where a line stands in the statement. */
function placeOf({ lines }: ProductBook, { start }: Composition, line: number): number {
  return lines.place[start + line] as number
}

function money(amount: number): string {
  return formatDecimal(BigInt(amount), 2)
}

/** A share as a decimal string, at most 10 decimals, without trailing zeros. */
function shareText(share: number): string {
  return share.toFixed(10).replace(/\.?0+$/, '')
}
