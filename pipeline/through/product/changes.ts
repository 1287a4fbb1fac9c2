/** What has changed since the last time, by name, in an order that depends on the names alone. */
import type { Ids } from '../ids.ts'
import type { ProductBook } from './book.ts'
import type { Component, Components } from './components.ts'
import { ALL_CODE, type Holder, type ObligorKind, UNKNOWN_CODE } from './holders.ts'
import { UNKNOWN_NAME } from './paths.ts'

export class Changes {
  readonly #book: ProductBook
  readonly #components: Components
  readonly #parties: Ranks
  readonly #structures: Ranks
  /** By code, made once. */
  readonly #obligors: Obligor[] = []
  /** By rank: who is asked for, 0 for nobody. */
  #marks = new Int32Array(0)
  /** Circles that could not be solved when they were last asked about, as text. */
  #gains = new Map<string, string>()

  constructor(book: ProductBook, components: Components) {
    this.#book = book
    this.#components = components
    this.#parties = new Ranks(book.parties)
    this.#structures = new Ranks(book.products)
  }

  take(holders: Holder[]): Changed {
    const changed: Changed = { amounts: new Map(), paths: new Map(), coverage: [], lines: new Map(), layers: this.#layers(), gains: this.#takeGains() }
    for (const holder of holders.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const sums = holder.sums.take()
      const aside = new Set(holder.aside.take().changed)
      const amounts = this.inOrder(sums.changed)
      if (amounts.length > 0) changed.amounts.set(holder.name, amounts)
      if (sums.touched.length > 0) changed.paths.set(holder.name, sums.touched.length === amounts.length ? amounts : this.inOrder(sums.touched))
      if (aside.has(ALL_CODE) || sums.changed.includes(UNKNOWN_CODE)) changed.coverage.push(holder.name)
      aside.delete(ALL_CODE)
      if (aside.size > 0) changed.lines.set(holder.name, [...aside].map((code) => this.#book.kinds.text(code - 1)).sort())
    }
    return changed
  }

  /** Obligors by kind and id. */
  inOrder(codes: readonly number[]): Obligor[] {
    const isFew = codes.length < MANY && !(this.#parties.areKnown && this.#structures.areKnown)
    const ordered = isFew ? [...codes].sort((a, b) => compare(this.#obligor(a), this.#obligor(b))) : this.#ranked(codes)
    return ordered.map((code) => this.#obligor(code))
  }

  /** Circles that cannot be solved, by their smallest product. */
  gains(): Gain[] {
    const found = [...this.#components.circles].filter((circle) => !circle.gain.isSolvable)
    return found.map((circle) => this.#gainOf(circle)).sort((a, b) => (a.product < b.product ? -1 : 1))
  }

  #gainOf({ members, gain }: Component): Gain {
    const names = members.map((member) => this.#book.products.text(member))
    return { product: names[0] as string, members: names, bound: gain.bound }
  }

  #takeGains(): string[] {
    const before = this.#gains
    this.#gains = new Map(this.gains().map((gain) => [gain.product, JSON.stringify(gain)]))
    return [...new Set([...before.keys(), ...this.#gains.keys()])].filter((product) => before.get(product) !== this.#gains.get(product)).sort()
  }

  #layers(): string[] {
    return this.#components
      .takeLayers()
      .map((product) => this.#book.products.text(product))
      .sort()
  }

  #obligor(code: number): Obligor {
    return (this.#obligors[code] ??= code === UNKNOWN_CODE ? { kind: 'unknown', id: UNKNOWN_NAME } : this.#named(code))
  }

  #named(code: number): Obligor {
    return code % 2 === 0 ? { kind: 'party', id: this.#book.parties.text(code / 2) } : { kind: 'structure', id: this.#book.products.text((code - 1) / 2) }
  }

  /** The order of `compare`, by numbers: parties, structures, the unknown one. */
  #ranked(codes: readonly number[]): number[] {
    const [parties, structures] = [this.#parties.all(), this.#structures.all()]
    const places = parties.length + structures.length
    const rank = (code: number) => {
      if (code === UNKNOWN_CODE) return places
      return code % 2 === 0 ? (parties[code / 2] as number) : parties.length + (structures[(code - 1) / 2] as number)
    }
    if (codes.length * DENSE > places) return this.#marked(codes, places, rank)
    const keys = new Float64Array(codes.length)
    for (let i = 0; i < codes.length; i++) keys[i] = rank(codes[i] as number) * WORD + (codes[i] as number)
    keys.sort()
    const ordered: number[] = []
    for (let i = 0; i < keys.length; i++) ordered.push((keys[i] as number) % WORD)
    return ordered
  }

  /** Many of all: each is put at its rank. */
  #marked(codes: readonly number[], places: number, rank: (code: number) => number): number[] {
    if (this.#marks.length <= places) this.#marks = new Int32Array(2 * places)
    for (const code of codes) this.#marks[rank(code)] = code + 1
    const ordered: number[] = []
    for (let place = 0; place <= places; place++) if (this.#marks[place] !== 0) ordered.push((this.#marks[place] as number) - 1)
    this.#marks.fill(0, 0, places + 1)
    return ordered
  }
}

/** What has changed: institutions, and what of each. */
export type Changed = {
  /** Whose amount is another one. */
  amounts: Map<string, readonly Obligor[]>
  /** Whose paths are to be shown anew; more than those whose amount changed. */
  paths: Map<string, readonly Obligor[]>
  coverage: string[]
  /** Kinds of lines whose amount is another one. */
  lines: Map<string, string[]>
  /** Products with another number of layers below. */
  layers: string[]
  /** Smallest products of circles that cannot be solved, or can be again. */
  gains: string[]
}

export type Obligor = { kind: ObligorKind; id: string }
/** `bound`: of the spectral radius, from above. */
export type Gain = { product: string; members: string[]; bound: number }

/** From so many on, texts are ranked anew where there are new ones. */
const MANY = 512
/** From one of so many on, those asked for are picked out of all instead of sorted. */
const DENSE = 16
const WORD = 2 ** 32

function compare(a: Obligor, b: Obligor): number {
  if (a.kind !== b.kind) return a.kind < b.kind ? -1 : 1
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0
}

/** The place of each text in their order, found anew when there are new ones. */
class Ranks {
  readonly #ids: Ids
  #ranks = new Int32Array(0)

  constructor(ids: Ids) {
    this.#ids = ids
  }

  get areKnown(): boolean {
    return this.#ranks.length === this.#ids.size
  }

  all(): Int32Array {
    if (this.areKnown) return this.#ranks
    const texts = Array.from({ length: this.#ids.size }, (_, id) => this.#ids.text(id))
    const order = texts.map((_, id) => id).sort((a, b) => ((texts[a] as string) < (texts[b] as string) ? -1 : 1))
    this.#ranks = new Int32Array(texts.length)
    order.forEach((id, rank) => (this.#ranks[id] = rank))
    return this.#ranks
  }
}
