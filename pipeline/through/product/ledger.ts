/**
 * What the nodes of a pair carry to obligors, put into its holder's sums and taken out again. Within one structure an obligor below the holder's
 * least amount, over all lines and paths, stays with the structure (contract §6). What nodes carry is rounded once per path, so sums are of integers.
 */
import { grown } from '../grown.ts'
import { roundHalfEven } from '../rounding.ts'
import { portion } from './amount.ts'
import type { Composition, ProductBook } from './book.ts'
import { ALL_CODE, type Holder, kindCode, obligorCode, type Pool, type Pooled, UNKNOWN_CODE } from './holders.ts'
import { EXPANDED, NONE, type PathTree, UNKNOWN } from './tree.ts'

export class Ledger {
  readonly #book: ProductBook
  readonly #tree: PathTree
  /** The nodes of the pair at hand that are looked through: how many, their parts and caps. */
  #nodes = 0
  #parts = new Float64Array(FIRST_NODES)
  #caps = new Float64Array(FIRST_NODES)
  /** Their parts together, without their signs. */
  #gross = 0
  /** Of the pair at hand, by kind of line. */
  #kinds = new Float64Array(FIRST_KINDS)

  constructor(book: ProductBook, tree: PathTree) {
    this.#book = book
    this.#tree = tree
  }

  /** Adds what a pair carries, or takes it out: then it is out once the sums have caught up. */
  count(pair: number, sign: 1 | -1): void {
    const holder = this.#tree.holder[pair] as Holder
    this.#gather(pair, holder, sign)
    const product = this.#tree.product[pair] as number
    const composition = this.#book.compositions[product]
    if (composition === undefined || this.#nodes === 0) return
    const pooled = pooledAt(holder, pair)
    // Below this bound no sum of the pair can leave what Float64 adds exactly.
    if (composition.gross * this.#gross + this.#nodes * composition.ends < EXACT) this.#addAtOnce(composition, product, holder, pooled, sign)
    else this.#addSingly(composition, product, holder, pooled, sign)
  }

  #addAtOnce(composition: Composition, product: number, holder: Holder, pooled: readonly Pooled[], sign: 1 | -1): void {
    const { start, ends } = composition
    const { value, target, kind } = this.#book.lines
    if (this.#kinds.length < this.#book.kinds.size) this.#kinds = new Float64Array(2 * this.#book.kinds.size)
    const [kinds, parts, caps, nodes] = [this.#kinds, this.#parts, this.#caps, this.#nodes]
    let [all, kept] = [0, 0]
    for (let from = 0; from < ends; ) {
      const obligor = target[start + from] as number
      let [to, amount] = [from, 0]
      do {
        const worth = value[start + to] as number
        let ofLine = 0
        for (let n = 0; n < nodes; n++) ofLine += portion(parts[n] as number, Math.min(worth, caps[n] as number))
        const of = kind[start + to] as number
        kinds[of] = (kinds[of] as number) + ofLine
        amount += ofLine
        to++
      } while (to < ends && target[start + to] === obligor)
      all += amount
      if (!this.#isMaterial(holder, amount, pooled, composition, from, to)) kept += amount
      else if (amount !== 0) put(holder, obligorCode('party', obligor), amount, sign)
      from = to
    }
    if (kept !== 0) put(holder, obligorCode('structure', product), kept, sign)
    if (all !== 0) holder.aside.add(ALL_CODE, sign * all)
    for (let line = start; line < start + ends; line++) {
      const of = kind[line] as number
      if (kinds[of] !== 0) holder.aside.add(kindCode(of), sign * (kinds[of] as number))
      kinds[of] = 0
    }
  }

  /** Amount by amount: the sums of the holder are exact at any size. */
  #addSingly(composition: Composition, product: number, holder: Holder, pooled: readonly Pooled[], sign: 1 | -1): void {
    for (let from = 0; from < composition.ends; ) {
      const to = this.endOf(composition, from)
      const isMaterial = this.#isMaterial(holder, this.#tally(composition, from, to), pooled, composition, from, to)
      const code = isMaterial ? obligorCode('party', this.#book.target(composition, from)) : obligorCode('structure', product)
      for (let line = from; line < to; line++) {
        const kind = kindCode(this.#book.kind(composition, line))
        for (let n = 0; n < this.#nodes; n++) {
          const amount = sign * this.#amount(composition, line, n)
          if (amount === 0) continue
          holder.sums.add(code, amount)
          holder.aside.add(ALL_CODE, amount)
          holder.aside.add(kind, amount)
        }
      }
      from = to
    }
  }

  /** Adds what flows through pools in a pair to their rows, unrounded. */
  pour(pair: number): void {
    const holder = this.#tree.holder[pair] as Holder
    const product = this.#tree.product[pair] as number
    const pooled = pooledAt(holder, pair)
    this.#gather(pair, holder, 0)
    const composition = this.#book.compositions[product]
    for (const { pool, unknown } of pooled) if (unknown !== 0) pour(pool.exact, UNKNOWN_CODE, unknown)
    if (composition === undefined) return
    for (let from = 0; from < composition.ends; ) {
      const to = this.endOf(composition, from)
      const isMaterial = this.#isMaterial(holder, this.#tally(composition, from, to), pooled, composition, from, to)
      const code = isMaterial ? obligorCode('party', this.#book.target(composition, from)) : obligorCode('structure', product)
      for (const one of pooled) {
        pour(one.pool.exact, code, this.#flowing(one, composition, from, to))
        for (let line = from; line < to; line++)
          pour(one.pool.exactKinds, kindCode(this.#book.kind(composition, line)), this.#flowing(one, composition, line, line + 1))
      }
      from = to
    }
  }

  /** Where the lines that end at the same obligor as line `from` end. */
  endOf(composition: Composition, from: number): number {
    let to = from + 1
    while (to < composition.ends && this.#book.target(composition, to) === this.#book.target(composition, from)) to++
    return to
  }

  /** Whether lines `from` … `to` of a pair go to their obligor, not to the structure. */
  goesToObligor(pair: number, from: number, to: number): boolean {
    const holder = this.#tree.holder[pair] as Holder
    const composition = this.#book.compositions[this.#tree.product[pair] as number] as Composition
    this.#gather(pair, holder, 0)
    return this.#isMaterial(holder, this.#tally(composition, from, to), pooledAt(holder, pair), composition, from, to)
  }

  /** Notes the parts of the nodes that are looked through; adds what the others carry `sign` times. */
  #gather(pair: number, holder: Holder, sign: number): void {
    const { part, state, slot, next, first } = this.#tree
    let [nodes, gross] = [0, 0]
    for (let node = first[pair] as number; node !== NONE; node = next[node] as number) {
      const of = part[node] as number
      if (state[node] === EXPANDED) {
        if (nodes === this.#parts.length) {
          this.#parts = grown(this.#parts, nodes + 1)
          this.#caps = grown(this.#caps, nodes + 1)
        }
        this.#parts[nodes] = of
        const cap = this.#book.cap(slot[node] as number)
        this.#caps[nodes++] = cap
        // A size below nothing is more than the line it cuts.
        gross += cap < 0 ? Number.POSITIVE_INFINITY : Math.abs(of)
      } else if (state[node] === UNKNOWN && sign !== 0 && of !== 0) {
        holder.sums.add(UNKNOWN_CODE, sign * of)
        holder.aside.add(ALL_CODE, sign * of)
      }
    }
    this.#nodes = nodes
    this.#gross = gross
  }

  #tally(composition: Composition, from: number, to: number): number {
    let sum = 0
    for (let line = from; line < to; line++) for (let n = 0; n < this.#nodes; n++) sum += this.#amount(composition, line, n)
    return sum
  }

  #amount(composition: Composition, line: number, n: number): number {
    return portion(this.#parts[n] as number, Math.min(this.#book.value(composition, line), this.#caps[n] as number))
  }

  #isMaterial(holder: Holder, amount: number, pooled: readonly Pooled[], composition: Composition, from: number, to: number): boolean {
    let total = amount
    if (pooled.length > 0) {
      const flowing = new Map<Pool, number>()
      for (const one of pooled) flowing.set(one.pool, (flowing.get(one.pool) ?? 0) + this.#flowing(one, composition, from, to))
      for (const exact of flowing.values()) total += roundHalfEven(exact)
    }
    return total >= holder.least
  }

  /** What comes of lines `from` … `to` through a pool, unrounded. */
  #flowing({ slot, part }: Pooled, composition: Composition, from: number, to: number): number {
    const cap = this.#book.cap(slot)
    let sum = 0
    for (let line = from; line < to; line++) sum += part * Math.min(this.#book.value(composition, line), cap)
    return sum
  }
}

const FIRST_NODES = 16
const FIRST_KINDS = 16
const EXACT = 2 ** 52
const NOTHING_POOLED: readonly Pooled[] = []

function put(holder: Holder, code: number, amount: number, sign: 1 | -1): void {
  if (sign > 0) holder.sums.add(code, amount)
  else holder.sums.addLater(code, -amount)
}

function pooledAt(holder: Holder, pair: number): readonly Pooled[] {
  return holder.pooled.size === 0 ? NOTHING_POOLED : (holder.pooled.get(pair) ?? NOTHING_POOLED)
}

function pour(to: Map<number, number>, code: number, amount: number): void {
  if (amount !== 0) to.set(code, (to.get(code) ?? 0) + amount)
}
