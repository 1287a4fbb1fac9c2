/**
 * What the nodes of a pair carry to obligors, put into its holder's sums and taken out again. Within one structure an obligor below the holder's
 * least amount, over all lines and paths, stays with the structure (contract §6). What nodes carry is rounded once per path, so sums are of integers.
 */
import { roundHalfEven } from '../rounding.ts'
import { portion } from './amount.ts'
import type { Composition, ProductBook } from './book.ts'
import { ALL_CODE, type Holder, kindCode, obligorCode, type Pool, type Pooled, UNKNOWN_CODE } from './holders.ts'
import { Sums } from './sums.ts'
import { EXPANDED, NONE, type PathTree, UNKNOWN } from './tree.ts'

export class Ledger {
  readonly #book: ProductBook
  readonly #tree: PathTree
  /** The nodes of the pair at hand that are looked through: their parts and caps. */
  readonly #parts: number[] = []
  readonly #caps: number[] = []
  /** Of the pair at hand, by kind of line; flushed before it leaves exact integers. */
  readonly #kinds: number[] = []
  readonly #kept = new Running()
  readonly #all = new Running()

  constructor(book: ProductBook, tree: PathTree) {
    this.#book = book
    this.#tree = tree
  }

  /** Adds what a pair carries, `sign` times. */
  count(pair: number, sign: 1 | -1): void {
    const holder = this.#tree.holder[pair] as Holder
    this.#gather(pair, holder, sign)
    const composition = this.#book.compositions[this.#tree.product[pair] as number]
    const pooled = holder.pooled.get(pair) ?? NOTHING_POOLED
    if (composition === undefined || (this.#parts.length === 0 && pooled.length === 0)) return
    const [kept, all] = [this.#kept, this.#all]
    kept.start(holder.sums, obligorCode('structure', this.#tree.product[pair] as number), sign)
    all.start(holder.aside, ALL_CODE, sign)
    for (let from = 0; from < composition.ends; ) {
      const to = this.endOf(composition, from)
      const amount = this.#run(composition, from, to, holder, sign)
      const isMaterial = this.#isMaterial(holder, amount, pooled, composition, from, to)
      if (!Number.isSafeInteger(amount)) this.#addSingly(composition, from, to, isMaterial ? undefined : kept, all, holder, sign)
      else {
        all.add(amount)
        if (!isMaterial) kept.add(amount)
        else if (amount !== 0) holder.sums.add(obligorCode('party', composition.words[from] as number), sign * amount)
      }
      from = to
    }
    kept.flush()
    all.flush()
    this.#flushKinds(holder, sign)
  }

  /** Adds what flows through pools in a pair to their rows, unrounded. */
  pour(pair: number): void {
    const holder = this.#tree.holder[pair] as Holder
    const product = this.#tree.product[pair] as number
    const pooled = holder.pooled.get(pair) ?? NOTHING_POOLED
    this.#gather(pair, holder, 0)
    const composition = this.#book.compositions[product]
    for (const { pool, unknown } of pooled) if (unknown !== 0) pour(pool.exact, UNKNOWN_CODE, unknown)
    if (composition === undefined) return
    for (let from = 0; from < composition.ends; ) {
      const to = this.endOf(composition, from)
      const isMaterial = this.#isMaterial(holder, this.#tally(composition, from, to), pooled, composition, from, to)
      const code = isMaterial ? obligorCode('party', composition.words[from] as number) : obligorCode('structure', product)
      for (const one of pooled) {
        pour(one.pool.exact, code, this.#flowing(one, composition, from, to))
        for (let line = from; line < to; line++)
          pour(one.pool.exactKinds, kindCode(composition.words[composition.size + line] as number), this.#flowing(one, composition, line, line + 1))
      }
      from = to
    }
  }

  /** Where the lines that end at the same obligor as line `from` end. */
  endOf(composition: Composition, from: number): number {
    let to = from + 1
    while (to < composition.ends && composition.words[to] === composition.words[from]) to++
    return to
  }

  /** Whether lines `from` … `to` of a pair go to their obligor, not to the structure. */
  goesToObligor(pair: number, from: number, to: number): boolean {
    const holder = this.#tree.holder[pair] as Holder
    const composition = this.#book.compositions[this.#tree.product[pair] as number] as Composition
    this.#gather(pair, holder, 0)
    return this.#isMaterial(holder, this.#tally(composition, from, to), holder.pooled.get(pair) ?? NOTHING_POOLED, composition, from, to)
  }

  /** Notes the parts of the nodes that are looked through; adds what the others carry `sign` times. */
  #gather(pair: number, holder: Holder, sign: number): void {
    const { part, state, slot, next, first } = this.#tree
    this.#parts.length = 0
    this.#caps.length = 0
    for (let node = first[pair] as number; node !== NONE; node = next[node] as number) {
      if (state[node] === EXPANDED) {
        this.#parts.push(part[node] as number)
        this.#caps.push(this.#book.cap(slot[node] as number))
      } else if (state[node] === UNKNOWN && sign !== 0 && part[node] !== 0) {
        holder.sums.add(UNKNOWN_CODE, sign * (part[node] as number))
        holder.aside.add(ALL_CODE, sign * (part[node] as number))
      }
    }
  }

  /** What the nodes carry of these lines, and by kind into `#kinds`. */
  #run(composition: Composition, from: number, to: number, holder: Holder, sign: number): number {
    let sum = 0
    for (let line = from; line < to; line++) {
      const kind = composition.words[composition.size + line] as number
      for (let n = 0; n < this.#parts.length; n++) {
        const amount = this.#amount(composition, line, n)
        sum += amount
        const of = (this.#kinds[kind] ?? 0) + amount
        if (Math.abs(of) <= Number.MAX_SAFE_INTEGER) this.#kinds[kind] = of
        else {
          holder.aside.add(kindCode(kind), sign * (this.#kinds[kind] ?? 0))
          this.#kinds[kind] = amount
        }
      }
    }
    return sum
  }

  #tally(composition: Composition, from: number, to: number): number {
    let sum = 0
    for (let line = from; line < to; line++) for (let n = 0; n < this.#parts.length; n++) sum += this.#amount(composition, line, n)
    return sum
  }

  #amount(composition: Composition, line: number, n: number): number {
    return portion(this.#parts[n] as number, Math.min(composition.numbers[line] as number, this.#caps[n] as number))
  }

  /** A sum beyond what Float64 adds exactly is added amount by amount. */
  #addSingly(composition: Composition, from: number, to: number, kept: Running | undefined, all: Running, holder: Holder, sign: number): void {
    for (let line = from; line < to; line++) {
      for (let n = 0; n < this.#parts.length; n++) {
        const amount = this.#amount(composition, line, n)
        all.add(amount)
        if (kept === undefined) holder.sums.add(obligorCode('party', composition.words[line] as number), sign * amount)
        else kept.add(amount)
      }
    }
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
    for (let line = from; line < to; line++) sum += part * Math.min(composition.numbers[line] as number, cap)
    return sum
  }

  #flushKinds(holder: Holder, sign: number): void {
    this.#kinds.forEach((amount, kind) => {
      if (amount !== 0) holder.aside.add(kindCode(kind), sign * amount)
    })
    this.#kinds.length = 0
  }
}

/** Adds up amounts for one place of a sum, and puts them there before they leave exact integers. */
class Running {
  #sums = new Sums()
  #code = 0
  #sign = 1
  #amount = 0

  start(sums: Sums, code: number, sign: number): void {
    this.#sums = sums
    this.#code = code
    this.#sign = sign
    this.#amount = 0
  }

  add(amount: number): void {
    const sum = this.#amount + amount
    if (Math.abs(sum) > Number.MAX_SAFE_INTEGER) {
      this.flush()
      this.#amount = amount
    } else this.#amount = sum
  }

  flush(): void {
    if (this.#amount !== 0) this.#sums.add(this.#code, this.#sign * this.#amount)
    this.#amount = 0
  }
}

const NOTHING_POOLED: readonly Pooled[] = []

function pour(to: Map<number, number>, code: number, amount: number): void {
  if (amount !== 0) to.set(code, (to.get(code) ?? 0) + amount)
}
