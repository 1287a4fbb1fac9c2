/** What every product was described to hold, as numbers. A product, or one tranche of it, is a *slot*: what a line or a position can hold. */
import type { EvidenceRef } from '../../contract/index.ts'
import { Ids } from '../ids.ts'

export class ProductBook {
  readonly products = new Ids()
  /** Obligors; the first is the unknown one. */
  readonly parties = new Ids()
  readonly kinds = new Ids()
  /** By product; undefined where nobody has described it. */
  readonly compositions: (Composition | undefined)[] = []
  /** Products whose description is too old to count, and the statement that made it. */
  readonly outdated = new Map<number, EvidenceRef>()
  readonly slotProduct: number[] = []
  readonly slotTranche: (string | undefined)[] = []
  readonly #slots = new Ids()

  constructor() {
    this.parties.of(UNKNOWN_PARTY)
  }

  slot(product: string, tranche: string | undefined): number {
    const slot = this.#slots.of(tranche === undefined ? product : `${product}\u0000${tranche}`)
    if (slot === this.slotProduct.length) {
      this.slotProduct.push(this.products.of(product))
      this.slotTranche.push(tranche)
    }
    return slot
  }

  /** Product and tranche of a slot, as a text to sort by. */
  slotText(slot: number): string {
    return `${this.products.text(this.slotProduct[slot] as number)}\u0000${this.slotTranche[slot] ?? ''}`
  }

  compose({ nav, lines, unidentified, tranches, publicFund, ref }: Product): Composition {
    const all: ProductLine[] = unidentified === 0n ? lines : [...lines, { kind: UNIDENTIFIED, value: unidentified }]
    const targets = all.map((line) => this.#targetOf(line))
    const ending = places(all, (line) => line.product === undefined).sort((a, b) => (targets[a] as number) - (targets[b] as number) || a - b)
    // A line of nothing holds nothing, and closes no circle.
    const nested = places(all, (line) => line.product !== undefined && (line.value !== 0n || (line.share ?? 0) !== 0))
    const order = [...ending, ...nested]
    const size = order.length
    const [numbers, words] = [new Float64Array(2 * size), new Int32Array(3 * size)]
    order.forEach((index, i) => {
      const { value, share, kind } = all[index] as ProductLine
      numbers[i] = Number(value)
      numbers[size + i] = share ?? Number.NaN
      words[i] = targets[index] as number
      words[size + i] = this.kinds.of(kind)
      words[2 * size + i] = index
    })
    const sizes = tranches.size === 0 ? NO_TRANCHES : new Map([...tranches].map(([id, of]) => [id, Number(of)]))
    return { nav: Number(nav), isPublic: publicFund === true, tranches: sizes, ends: ending.length, size, numbers, words, ref }
  }

  #targetOf({ product, tranche, issuer }: ProductLine): number {
    if (product !== undefined) return this.slot(product, tranche)
    return issuer === undefined ? UNKNOWN_ID : this.parties.of(issuer)
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
    const value = composition.numbers[line] as number
    const held = this.partOf(composition.words[line] as number, value, composition.numbers[composition.size + line] as number)
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

/** Lines that end at an obligor come first, those of one obligor side by side; then the nested ones as stated. */
export type Composition = {
  nav: number
  isPublic: boolean
  tranches: ReadonlyMap<string, number>
  ends: number
  size: number
  /** The value of each line, then the share of each, NaN where none was stated. */
  numbers: Float64Array
  /** What each line ends at (an obligor) or holds (a slot), then the kind of each, then its place as stated. */
  words: Int32Array
  ref: EvidenceRef
}

const NO_TRANCHES: ReadonlyMap<string, number> = new Map()

function places(lines: ProductLine[], where: (line: ProductLine) => boolean): number[] {
  return lines.flatMap((line, i) => (where(line) ? [i] : []))
}

export const UNKNOWN_ID = 0
const UNIDENTIFIED = 'unidentified'
/** No party is called that. */
const UNKNOWN_PARTY = '\u0000'
