/**
 * The thin stage around the look-through engine: feeds it statements in event order, and says per tick which
 * (institution, obligor) changed. Direct amounts are kept as sums, indirect ones by the engine.
 */
import { type AlertSubject, type EvidenceRef, parseDecimal } from '../../contract/index.ts'
import {
  type Changed as ProductsChanged,
  type Obligor,
  type ObligorKind,
  type Product,
  ProductGraph,
  type Reached,
  type Stake,
} from '../../through/products.ts'
import type { CapitalBook } from './capital.ts'
import type { FxBook } from './fx.ts'
import type { LookSettings } from './look-settings.ts'
import type { Capped } from './through/capped.ts'
import { type Sum, Totals, type Touched } from './totals.ts'

export type Exposure = { obligor: string; kind: ObligorKind; direct: bigint; indirect: bigint; total: bigint }

/** `amount` in minor units of `ccy`; the value in CNY follows the rates. */
export type ForeignStake = Stake & { ccy: string; amount: bigint }

export class LookthroughStage {
  /** Direct exposure: loans by customer, long positions by issuer. */
  readonly loans = new Totals()
  readonly positions = new Totals()
  readonly products: ProductGraph
  /** Whose paths are to be written again: institution → obligors, by kind and id. */
  #rewritten = new Map<string, Map<string, Obligor>>()
  readonly #direct = [this.loans, this.positions]
  readonly #productChanges = { layers: new Set<string>(), gains: new Set<string>(), coverage: new Set<string>(), lines: new Set<string>() }
  /** Institutions that ever held a product. */
  readonly #holders = new Set<string>()
  readonly #foreign = new Map<string, Map<string, ForeignStake>>()
  readonly #partyKind = new Map<string, string>()
  /** Institutions whose capital base moved, and those whose stakes in foreign currency are worth something else now. */
  readonly #based = new Set<string>()
  readonly #rated = new Set<string>()
  /** Exposures that changed: institution → kind → obligors. */
  readonly #dirty = new Map<string, Map<ObligorKind, Set<string>>>()
  readonly #capital: CapitalBook
  readonly #fx: FxBook
  /** 20 decimals. */
  readonly #materiality: bigint

  constructor(capital: CapitalBook, fx: FxBook, { materiality, staleAfterMs }: LookSettings) {
    this.#capital = capital
    this.#fx = fx
    this.#materiality = parseDecimal(materiality, 20) ?? 0n
    this.products = new ProductGraph(staleAfterMs === undefined ? {} : { staleAfterMs })
  }

  setStake(institution: string, position: string, stake: ForeignStake | undefined): void {
    this.#holders.add(institution)
    this.#foreign.get(institution)?.delete(position)
    if (stake === undefined) this.products.setStake(institution, position, undefined)
    else if (stake.ccy === 'CNY') this.products.setStake(institution, position, { ...stake, value: stake.amount })
    else {
      const stakes = this.#foreign.get(institution) ?? new Map<string, ForeignStake>()
      this.#foreign.set(institution, stakes.set(position, stake))
      this.#rated.add(institution)
    }
  }

  setProduct(id: string, product: Product | undefined): void {
    this.products.setProduct(id, product)
  }

  setParty(id: string, kind: string): void {
    if (this.#partyKind.get(id) === kind) return
    this.#partyKind.set(id, kind)
    this.markParty(id)
  }

  /** Something else is known of a party: every exposure to it counts as changed. */
  markParty(id: string): void {
    for (const institution of this.institutionsOf(id)) this.#mark(institution, 'party', id)
  }

  /** What kind of party an obligor is, as far as anyone said. */
  partyKind(id: string): string {
    return this.#partyKind.get(id) ?? ''
  }

  /** Tier 1 moved: materiality and every ratio of the institution with it. */
  baseChanged(institution: string): void {
    this.#based.add(institution)
  }

  /** An exposure counts as changed. */
  mark(institution: string, { kind, id }: AlertSubject): void {
    this.#mark(institution, kind as ObligorKind, id)
  }

  /** Every exposure there is counts as changed, or every one of institutions that are such. */
  markAll(such: (institution: string) => boolean = () => true): void {
    for (const institution of this.#institutions()) if (such(institution)) this.baseChanged(institution)
  }

  ratesChanged(): void {
    for (const of of this.#direct) for (const [institution, subject] of of.foreignSubjects()) this.#mark(institution, 'party', subject)
    for (const [institution, stakes] of this.#foreign) if (stakes.size > 0) this.#rated.add(institution)
  }

  hasForeign(): boolean {
    for (const of of this.#direct) for (const _ of of.foreignSubjects()) return true
    for (const stakes of this.#foreign.values()) if (stakes.size > 0) return true
    return false
  }

  /** Exposures that changed since the last call, as they are at tick `at`, in no order. `touched`: whose direct exposure was added to. */
  changed(at: number, touched: ReadonlyMap<Totals, Touched>): Map<string, Exposure[]> {
    this.#follow(at)
    const [loans, positions] = [touched.get(this.loans), touched.get(this.positions)]
    for (const [institution, sums] of positions ?? []) for (const obligor of sums.keys()) this.#mark(institution, 'party', obligor)
    const changed = new Map<string, Exposure[]>()
    for (const [institution, sums] of loans ?? [])
      changed.set(
        institution,
        [...sums].map(([obligor, sum]) => this.exposure(institution, 'party', obligor, at, sum)),
      )
    for (const [institution, kinds] of this.#dirty) {
      const exposures = changed.get(institution) ?? []
      changed.set(institution, exposures)
      for (const [kind, obligors] of kinds)
        for (const obligor of obligors)
          if (kind !== 'party' || loans?.get(institution)?.has(obligor) !== true) exposures.push(this.exposure(institution, kind, obligor, at))
    }
    this.#dirty.clear()
    return changed
  }

  /** The largest paths behind an exposure, and every statement it rests on: as they are now. */
  explain(institution: string, { kind, obligor, indirect }: Exposure, limit: number): { paths: Reached[]; refs: EvidenceRef[] } {
    if (indirect === 0n) return { paths: [], refs: [] }
    return { paths: this.products.paths(institution, kind, obligor, limit).paths, refs: this.products.refs(institution, kind, obligor) }
  }

  /** Whose paths are to be written again since the last call. */
  takeRewritten(): [institution: string, obligors: Obligor[]][] {
    const out = [...this.#rewritten].map(([institution, of]): [string, Obligor[]] => [institution, [...of.values()]])
    this.#rewritten = new Map()
    return out
  }

  capped(): Capped {
    const { institutions, circles } = this.products.capped
    return { 'product-paths': institutions, 'product-circles': circles }
  }

  /** The next instant, ms, from which a holding is too old to count. */
  nextAt(): number {
    return this.products.nextStaleAt() ?? Infinity
  }

  /** Brings the engine to tick `at`: rates, thresholds, the age of holdings; and marks what that changes. */
  #follow(at: number): void {
    this.products.advance(at)
    for (const institution of this.#rated)
      for (const [position, stake] of this.#foreign.get(institution) ?? []) this.products.setStake(institution, position, this.#inCny(stake, at))
    this.#rated.clear()
    for (const institution of this.#based) this.products.setThreshold(institution, this.#least(institution))
    const { amounts, paths, ...others } = this.products.changed()
    this.#noteProducts(others)
    for (const [institution, obligors] of amounts) for (const { kind, id } of obligors) this.#mark(institution, kind, id)
    for (const [institution, obligors] of paths) this.#rewrite(institution, obligors)
    for (const institution of this.#based) {
      for (const of of this.#direct) for (const subject of of.subjects(institution)) this.#mark(institution, 'party', subject)
      for (const { kind, id } of this.products.obligors(institution)) this.#mark(institution, kind, id)
    }
    this.#based.clear()
  }

  #noteProducts({ layers, gains, coverage, lines }: Omit<ProductsChanged, 'amounts' | 'paths'>): void {
    const of = this.#productChanges
    for (const product of layers) of.layers.add(product)
    for (const product of gains) of.gains.add(product)
    for (const institution of coverage) of.coverage.add(institution)
    for (const [institution, kinds] of lines) for (const kind of kinds) of.lines.add(`${kind}|${institution}`)
  }

  /** Of products and of what institutions hold in them, what changed since the last call: layers, circles, coverage. */
  takeProductChanges(): { layers: Set<string>; gains: Set<string>; coverage: Set<string> } {
    const { layers, gains, coverage } = this.#productChanges
    Object.assign(this.#productChanges, { layers: new Set(), gains: new Set(), coverage: new Set() })
    return { layers, gains, coverage }
  }

  /** Institutions whose amount in lines of a kind changed since the last call. */
  takeLineChanges(kind: string): string[] {
    const { lines } = this.#productChanges
    const found = [...lines].filter((key) => key.startsWith(`${kind}|`))
    for (const key of found) lines.delete(key)
    return found.map((key) => key.slice(kind.length + 1))
  }

  #rewrite(institution: string, obligors: readonly Obligor[]): void {
    const known = this.#rewritten.get(institution) ?? new Map<string, Obligor>()
    this.#rewritten.set(institution, known)
    for (const obligor of obligors) known.set(`${obligor.kind}|${obligor.id}`, obligor)
  }

  #inCny(stake: ForeignStake, at: number): Stake | undefined {
    const value = this.#fx.toCny(stake.amount, stake.ccy, at)
    return value === undefined ? undefined : { ...stake, value }
  }

  /** The least amount, minor units, that is not below materiality: an amount has 2 decimals, the base 10, the share 20. */
  #least(institution: string): bigint | undefined {
    const base = this.#capital.latest(institution, MATERIALITY_BASE)
    if (base === undefined) return undefined
    const exact = this.#materiality * base.value
    return exact > 0n ? (exact + MINOR_UNIT - 1n) / MINOR_UNIT : exact / MINOR_UNIT
  }

  /** Institutions that have anything at risk with a party. */
  institutionsOf(party: string): string[] {
    const found = new Set(this.#direct.flatMap((of) => of.institutionsOf(party)))
    for (const institution of this.#holders) if (!found.has(institution) && this.products.amount(institution, 'party', party) !== 0n) found.add(institution)
    return [...found]
  }

  #institutions(): Set<string> {
    return new Set([...this.#direct.flatMap((of) => [...of.institutions()]), ...this.#holders])
  }

  /** An exposure as it is at tick `at`. `loans`: the sum of the obligor's loans in CNY, where it is at hand. */
  exposure(institution: string, kind: ObligorKind, obligor: string, at: number, loans?: Sum): Exposure {
    const isParty = kind === 'party'
    const direct = isParty ? this.loans.cny(institution, obligor, at, this.#fx, loans) + this.positions.cny(institution, obligor, at, this.#fx) : 0n
    const indirect = this.products.amount(institution, kind, obligor)
    return { obligor, kind, direct, indirect, total: direct + indirect }
  }

  #mark(institution: string, kind: ObligorKind, obligor: string): void {
    let kinds = this.#dirty.get(institution)
    if (kinds === undefined) this.#dirty.set(institution, (kinds = new Map()))
    const obligors = kinds.get(kind)
    if (obligors === undefined) kinds.set(kind, new Set([obligor]))
    else obligors.add(obligor)
  }
}

/** What materiality is a share of (contract §6). */
const MATERIALITY_BASE = 'tier1'
/** One minor unit at the scale of share × base. */
const MINOR_UNIT = 10n ** 28n
