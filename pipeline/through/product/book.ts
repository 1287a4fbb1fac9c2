/** What every product was described to hold, as numbers. A product, or one tranche of it, is a *slot*: what a line or a position can hold. */
import type { EvidenceRef } from '../../contract/index.ts'
import { grown } from '../grown.ts'
import { Ids } from '../ids.ts'
import { Lists } from '../lists.ts'
import { Lines } from './lines.ts'

export class ProductBook {
  readonly products = new Ids()
  /** Obligors; the first is the unknown one. */
  readonly parties = new Ids()
  readonly kinds = new Ids()
  readonly lines = new Lines()
  /** By product; undefined where nobody has described it. */
  readonly compositions: (Composition | undefined)[] = []
  /** Products whose description is too old to count, and the statement that made it. */
  readonly outdated = new Map<number, EvidenceRef>()
  slotProduct = new Int32Array(FIRST_SLOTS)
  readonly #slotTranche: (string | undefined)[] = []
  /** By slot: nav or tranche size, NaN where nobody has described it; and the most that it carries of one line (contract §6). */
  #whole = new Float64Array(FIRST_SLOTS)
  #cap = new Float64Array(FIRST_SLOTS)
  /** The slots of each product; the one without a tranche has a number of its own. */
  readonly #slots = new Lists()
  #plain = new Int32Array(FIRST_SLOTS)
  readonly #tranches = new Map<string, number>()
  #lastKind = { text: '', id: NONE }

  constructor() {
    this.parties.of(UNKNOWN_PARTY)
  }

  slot(product: string, tranche: string | undefined): number {
    const id = this.products.of(product)
    this.#plain = grown(this.#plain, id + 1)
    if (tranche === undefined) return (this.#plain[id] ||= this.#newSlot(id, undefined) + 1) - 1
    const name = `${id}\u0000${tranche}`
    let slot = this.#tranches.get(name)
    if (slot === undefined) this.#tranches.set(name, (slot = this.#newSlot(id, tranche)))
    return slot
  }

  #newSlot(product: number, tranche: string | undefined): number {
    const slot = this.#slotTranche.push(tranche) - 1
    this.slotProduct = grown(this.slotProduct, slot + 1)
    this.#whole = grown(this.#whole, slot + 1)
    this.#cap = grown(this.#cap, slot + 1)
    this.slotProduct[slot] = product
    this.#slots.add(product, slot)
    this.#measure(slot, this.compositions[product])
    return slot
  }

  /** Replaces what a product holds. */
  put(product: number, composition: Composition | undefined): void {
    this.compositions[product] = composition
    for (const slot of this.#slots.of(product)) this.#measure(slot, composition)
  }

  #measure(slot: number, composition: Composition | undefined): void {
    const tranche = this.#slotTranche[slot]
    const size = tranche === undefined ? undefined : composition?.tranches.get(tranche)
    this.#whole[slot] = (tranche === undefined ? composition?.nav : size) ?? Number.NaN
    this.#cap[slot] = tranche === undefined ? Number.POSITIVE_INFINITY : (size ?? 0)
  }

  /** Product and tranche of a slot, as a text to sort by. */
  slotText(slot: number): string {
    return `${this.products.text(this.slotProduct[slot] as number)}\u0000${this.#slotTranche[slot] ?? ''}`
  }

  compose({ nav, lines, unidentified, tranches, publicFund, ref }: Product): Composition {
    const all: readonly ProductLine[] = unidentified === 0n ? lines : [...lines, { kind: UNIDENTIFIED, value: unidentified }]
    const targets: number[] = []
    const [ending, nested]: [number[], number[]] = [[], []]
    for (let i = 0; i < all.length; i++) {
      const line = all[i] as ProductLine
      targets.push(this.#targetOf(line))
      if (line.product === undefined) ending.push(i)
      // A line of nothing holds nothing, and closes no circle.
      else if (line.value !== 0n || (line.share ?? 0) !== 0) nested.push(i)
    }
    ending.sort((a, b) => (targets[a] as number) - (targets[b] as number) || a - b)
    const size = ending.length + nested.length
    const start = this.lines.take(size)
    for (let i = 0; i < size; i++) {
      const index = (i < ending.length ? ending[i] : nested[i - ending.length]) as number
      this.#write(start + i, all[index] as ProductLine, targets[index] as number, index)
    }
    const sizes = tranches.size === 0 ? NO_TRANCHES : new Map([...tranches].map(([id, of]) => [id, Number(of)]))
    const gross = this.#gross(start, ending.length)
    return { nav: Number(nav), isPublic: publicFund === true, tranches: sizes, start, ends: ending.length, size, gross, ref }
  }

  value(composition: Composition, line: number): number {
    return this.lines.value[composition.start + line] as number
  }

  /** The obligor that a line ends at, or the slot that it holds. */
  target(composition: Composition, line: number): number {
    return this.lines.target[composition.start + line] as number
  }

  kind(composition: Composition, line: number): number {
    return this.lines.kind[composition.start + line] as number
  }

  /** Gives back the room of a composition that nobody looks at any more. */
  forget({ start, size }: Composition): void {
    this.lines.giveBack(start, size)
  }

  #write(at: number, { value, share, kind }: ProductLine, target: number, place: number): void {
    const { lines } = this
    lines.value[at] = Number(value)
    lines.share[at] = share ?? Number.NaN
    lines.target[at] = target
    lines.kind[at] = this.#kindOf(kind)
    lines.place[at] = place
  }

  #gross(start: number, ends: number): number {
    let sum = 0
    for (let line = start; line < start + ends; line++) sum += Math.abs(this.lines.value[line] as number)
    return sum
  }

  #targetOf({ product, tranche, issuer }: ProductLine): number {
    if (product !== undefined) return this.slot(product, tranche)
    return issuer === undefined ? UNKNOWN_ID : this.parties.of(issuer)
  }

  /** Most lines are of the kind of the line before. */
  #kindOf(kind: string): number {
    if (this.#lastKind.text !== kind || this.#lastKind.id === NONE) this.#lastKind = { text: kind, id: this.kinds.of(kind) }
    return this.#lastKind.id
  }

  /** Whether anyone has described what is in the slot. */
  isDescribed(slot: number): boolean {
    return !Number.isNaN(this.#whole[slot])
  }

  cap(slot: number): number {
    return this.#cap[slot] as number
  }

  /** The part of the slot that a holder has: its share, else value ÷ nav or tranche size. NaN when neither is known. */
  partOf(slot: number, value: number, share: number): number {
    if (!Number.isNaN(share)) return share
    const whole = this.#whole[slot] as number
    return whole > 0 ? value / whole : Number.NaN
  }

  /** What `part` of a slot with this cap has of the slot that one of its lines holds. */
  partThrough(part: number, cap: number, composition: Composition, line: number): number {
    const { lines } = this
    const at = composition.start + line
    const value = lines.value[at] as number
    const held = this.partOf(lines.target[at] as number, value, lines.share[at] as number)
    return part * held * (value <= cap ? 1 : cap / value)
  }
}

/** A product as its manager described it; amounts in minor units of CNY. `ref` is the event it rests on; `asOf` in ms. */
export type Product = {
  nav: bigint
  lines: ProductLine[]
  unidentified: bigint
  /** Sizes by tranche id: detach − attach. */
  tranches: ReadonlyMap<string, bigint>
  ref: EvidenceRef
  publicFund?: boolean
  asOf?: number
}
export type ProductLine = { kind: string; issuer?: string; product?: string; tranche?: string; value: bigint; share?: number }

/** `size` lines from `start` on; the `ends` that end at an obligor come first, those of one obligor side by side, then the nested ones as stated. */
export type Composition = {
  nav: number
  isPublic: boolean
  tranches: ReadonlyMap<string, number>
  start: number
  ends: number
  size: number
  /** The amounts of the lines that end, without their signs. */
  gross: number
  ref: EvidenceRef
}

const NONE = -1
const FIRST_SLOTS = 1024
const NO_TRANCHES: ReadonlyMap<string, number> = new Map()

export const UNKNOWN_ID = 0
const UNIDENTIFIED = 'unidentified'
/** No party is called that. */
const UNKNOWN_PARTY = '\u0000'
