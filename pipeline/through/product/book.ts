/** What every product was described to hold, as numbers. A product, or one tranche of it, is a *slot*: what a line or a position can hold. */
import type { EvidenceRef } from '../../contract/index.ts'
import { Ids } from '../ids.ts'
import { Lines } from './lines.ts'

export class ProductBook {
  readonly products = new Ids()
  /** Obligors; the first is the unknown one. */
  readonly parties = new Ids()
  readonly kinds = new Ids()
  readonly lines = new Lines()
  /** By product; undefined where nobody has described it. */
  readonly compositions: (Composition | undefined)[] = []
  readonly slotProduct: number[] = []
  readonly slotTranche: (string | undefined)[] = []
  /** By product: its slot without a tranche. */
  readonly #whole: (number | undefined)[] = []
  readonly #tranches = new Map<string, number>()
  #lastKind = { text: '', id: NONE }

  constructor() {
    this.parties.of(UNKNOWN_PARTY)
  }

  slot(product: string, tranche: string | undefined): number {
    const id = this.products.of(product)
    if (tranche === undefined) return (this.#whole[id] ??= this.#newSlot(id, undefined))
    const name = `${id}\u0000${tranche}`
    let slot = this.#tranches.get(name)
    if (slot === undefined) this.#tranches.set(name, (slot = this.#newSlot(id, tranche)))
    return slot
  }

  #newSlot(product: number, tranche: string | undefined): number {
    this.slotTranche.push(tranche)
    return this.slotProduct.push(product) - 1
  }

  /** Product and tranche of a slot, as a text to sort by. */
  slotText(slot: number): string {
    return `${this.products.text(this.slotProduct[slot] as number)}\u0000${this.slotTranche[slot] ?? ''}`
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
    const tranche = this.slotTranche[slot]
    const composition = this.compositions[this.slotProduct[slot] as number]
    return composition !== undefined && (tranche === undefined || composition.tranches.has(tranche))
  }

  /** The most that a slot carries of one line: the size of the tranche (contract §6). */
  cap(slot: number): number {
    const tranche = this.slotTranche[slot]
    if (tranche === undefined) return Number.POSITIVE_INFINITY
    return this.compositions[this.slotProduct[slot] as number]?.tranches.get(tranche) ?? 0
  }

  /** The part of the slot that a holder has: its share, else value ÷ nav or tranche size. NaN when neither is known. */
  partOf(slot: number, value: number, share: number): number {
    if (!Number.isNaN(share)) return share
    const tranche = this.slotTranche[slot]
    const composition = this.compositions[this.slotProduct[slot] as number]
    const whole = tranche === undefined ? composition?.nav : composition?.tranches.get(tranche)
    return whole === undefined || whole <= 0 ? Number.NaN : value / whole
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
const NO_TRANCHES: ReadonlyMap<string, number> = new Map()

export const UNKNOWN_ID = 0
const UNIDENTIFIED = 'unidentified'
/** No party is called that. */
const UNKNOWN_PARTY = '\u0000'
