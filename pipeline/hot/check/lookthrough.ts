/**
 * The thin stage around the look-through engine: feeds it statements in event order, and says per tick which
 * (institution, obligor) changed. Direct amounts are kept as sums; an institution's products are walked again only
 * when its stakes, a product on one of its paths, its tier 1 capital or a rate it needs has changed.
 */
import { type AlertSubject, parseDecimal } from '../../contract/index.ts'
import { lookThrough, type ObligorKind, type Product, type ProductLine, type Reached, type Stake, UNKNOWN } from '../../through/products.ts'
import type { CapitalBook } from './capital.ts'
import type { FxBook } from './fx.ts'
import { type Sum, Totals, type Touched } from './totals.ts'

export type Exposure = { obligor: string; kind: ObligorKind; direct: bigint; indirect: bigint; total: bigint; reached: Reached[] }

type Indirect = { kind: ObligorKind; amount: bigint; reached: Reached[] }
type ForeignStake = Stake & { ccy: string; amount: bigint }

export class LookthroughStage {
  /** Direct exposure: loans by customer, long positions by issuer. */
  readonly loans = new Totals()
  readonly positions = new Totals()
  /** Institutions whose indirect exposures were computed anew since `takeRewritten`. */
  readonly #rewritten = new Set<string>()
  readonly #direct = [this.loans, this.positions]
  readonly #stakes = new Map<string, Map<string, ForeignStake>>()
  readonly #products = new Map<string, Product>()
  readonly #partyKind = new Map<string, string>()
  readonly #indirect = new Map<string, Map<string, Indirect>>()
  readonly #reaches = new Map<string, Set<string>>()
  readonly #stale = new Set<string>()
  /** Exposures that changed: institution → kind → obligors. */
  readonly #dirty = new Map<string, Map<ObligorKind, Set<string>>>()
  readonly #capital: CapitalBook
  readonly #fx: FxBook
  readonly #materiality: { share: bigint; metric: string }

  /** `materiality`: the share of the base below which an obligor stays with its structure, 20 decimals. */
  constructor(capital: CapitalBook, fx: FxBook, materiality: { share: bigint; metric: string }) {
    this.#capital = capital
    this.#fx = fx
    this.#materiality = materiality
  }

  setStake(institution: string, position: string, stake: ForeignStake | undefined): void {
    const stakes = this.#stakes.get(institution) ?? new Map<string, ForeignStake>()
    if (stake === undefined) stakes.delete(position)
    else stakes.set(position, stake)
    this.#stakes.set(institution, stakes)
    this.#stale.add(institution)
  }

  setProduct(id: string, product: Product | undefined): void {
    if (product === undefined) this.#products.delete(id)
    else this.#products.set(id, product)
    for (const [institution, products] of this.#reaches) if (products.has(id)) this.#stale.add(institution)
  }

  setParty(id: string, kind: string): void {
    if (this.#partyKind.get(id) === kind) return
    this.#partyKind.set(id, kind)
    this.markParty(id)
  }

  /** Something else is known of a party: every exposure to it counts as changed. */
  markParty(id: string): void {
    for (const institution of new Set([...this.#direct.flatMap((of) => [...of.institutions()]), ...this.#indirect.keys()])) {
      if (this.#direct.some((of) => of.has(institution, id)) || this.#indirect.get(institution)?.has(obligorKey('party', id)) === true)
        this.#mark(institution, 'party', id)
    }
  }

  /** What kind of party an obligor is, as far as anyone said. */
  partyKind(id: string): string {
    return this.#partyKind.get(id) ?? ''
  }

  /** Tier 1 moved: materiality and every ratio of the institution with it. */
  baseChanged(institution: string): void {
    this.#stale.add(institution)
    for (const of of this.#direct) for (const subject of of.subjects(institution)) this.#mark(institution, 'party', subject)
    for (const key of this.#indirect.get(institution)?.keys() ?? []) this.#mark(institution, ...splitKey(key))
  }

  /** An exposure counts as changed. */
  mark(institution: string, { kind, id }: AlertSubject): void {
    this.#mark(institution, kind as ObligorKind, id)
  }

  /** Every exposure there is counts as changed, or every one of institutions that are such. */
  markAll(such: (institution: string) => boolean = () => true): void {
    const institutions = new Set([...this.#direct.flatMap((of) => [...of.institutions()]), ...this.#stakes.keys()])
    for (const institution of institutions) if (such(institution)) this.baseChanged(institution)
  }

  ratesChanged(): void {
    for (const of of this.#direct) for (const [institution, subject] of of.foreignSubjects()) this.#mark(institution, 'party', subject)
    for (const [institution, stakes] of this.#stakes) for (const stake of stakes.values()) if (stake.ccy !== 'CNY') this.#stale.add(institution)
  }

  hasForeign(): boolean {
    for (const of of this.#direct) for (const _ of of.foreignSubjects()) return true
    for (const stakes of this.#stakes.values()) for (const stake of stakes.values()) if (stake.ccy !== 'CNY') return true
    return false
  }

  /** Exposures that changed since the last call, as they are at tick `at`, in no order. `touched`: whose direct exposure was added to. */
  changed(at: number, touched: ReadonlyMap<Totals, Touched>): Map<string, Exposure[]> {
    for (const institution of this.#stale) this.#recompute(institution, at)
    this.#stale.clear()
    const [loans, positions] = [touched.get(this.loans), touched.get(this.positions)]
    for (const [institution, sums] of positions ?? []) for (const obligor of sums.keys()) this.#mark(institution, 'party', obligor)
    const changed = new Map<string, Exposure[]>()
    for (const [institution, sums] of loans ?? [])
      changed.set(
        institution,
        [...sums].map(([obligor, sum]) => this.#exposure(institution, 'party', obligor, at, sum)),
      )
    for (const [institution, kinds] of this.#dirty) {
      const exposures = changed.get(institution) ?? []
      changed.set(institution, exposures)
      for (const [kind, obligors] of kinds)
        for (const obligor of obligors)
          if (kind !== 'party' || loans?.get(institution)?.has(obligor) !== true) exposures.push(this.#exposure(institution, kind, obligor, at))
    }
    this.#dirty.clear()
    return changed
  }

  /** Institutions to write again, with what they reach. */
  takeRewritten(): [institution: string, reached: Reached[]][] {
    const out = [...this.#rewritten].map((i): [string, Reached[]] => [i, [...(this.#indirect.get(i)?.values() ?? [])].flatMap((x) => x.reached)])
    this.#rewritten.clear()
    return out
  }

  #recompute(institution: string, at: number): void {
    const stakes = [...(this.#stakes.get(institution)?.entries() ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, s]) => this.#inCny(s, at))
    const result = lookThrough(institution, stakes, (id) => this.#products.get(id), this.#threshold(institution))
    const before = this.#indirect.get(institution) ?? new Map<string, Indirect>()
    const after = new Map<string, Indirect>()
    for (const r of result.reached) {
      const key = obligorKey(r.kind, r.obligor)
      const sum = after.get(key)
      if (sum === undefined) after.set(key, { kind: r.kind, amount: r.amount, reached: [r] })
      else {
        sum.amount += r.amount
        sum.reached.push(r)
      }
    }
    for (const key of new Set([...before.keys(), ...after.keys()]))
      if (before.get(key)?.amount !== after.get(key)?.amount) this.#mark(institution, ...splitKey(key))
    this.#indirect.set(institution, after)
    this.#reaches.set(institution, result.products)
    this.#rewritten.add(institution)
  }

  #inCny(stake: ForeignStake, at: number): Stake[] {
    const value = this.#fx.toCny(stake.amount, stake.ccy, at)
    return value === undefined ? [] : [{ ...stake, value }]
  }

  #threshold(institution: string): { reaches(amount: bigint): boolean } {
    const base = this.#capital.latest(institution, this.#materiality.metric)
    if (base === undefined) return { reaches: () => true }
    // amount has 2 decimals, the base 10, the share 20: compared at 30 decimals.
    const least = this.#materiality.share * base.value
    return { reaches: (amount) => amount * 10n ** 28n >= least }
  }

  /** `loans`: the sum of the obligor's loans in CNY, where it is at hand. */
  #exposure(institution: string, kind: ObligorKind, obligor: string, at: number, loans?: Sum): Exposure {
    const through = this.#indirect.get(institution)?.get(obligorKey(kind, obligor))
    const isParty = kind === 'party'
    const direct = isParty ? this.loans.cny(institution, obligor, at, this.#fx, loans) + this.positions.cny(institution, obligor, at, this.#fx) : 0n
    const indirect = through?.amount ?? 0n
    return { obligor, kind, direct, indirect, total: direct + indirect, reached: through?.reached ?? NOTHING_REACHED }
  }

  #mark(institution: string, kind: ObligorKind, obligor: string): void {
    let kinds = this.#dirty.get(institution)
    if (kinds === undefined) this.#dirty.set(institution, (kinds = new Map()))
    const obligors = kinds.get(kind)
    if (obligors === undefined) kinds.set(kind, new Set([obligor]))
    else obligors.add(obligor)
  }
}

const NOTHING_REACHED: Reached[] = []

/** A holding's lines as the event wrote them. */
export function readLines(json: string): ProductLine[] {
  const lines = JSON.parse(json) as { kind: string; issuerId?: string; productId?: string; trancheId?: string; value: string; share?: string }[]
  return lines.map((l) => ({
    kind: l.kind,
    value: parseDecimal(l.value, 2) ?? 0n,
    ...(l.issuerId !== undefined && { issuer: l.issuerId }),
    ...(l.productId !== undefined && { product: l.productId }),
    ...(l.trancheId !== undefined && { tranche: l.trancheId }),
    ...(l.share !== undefined && { share: Number(l.share) }),
  }))
}

export function readTranches(json: string | null): Map<string, bigint> {
  const tranches = json === null ? [] : (JSON.parse(json) as { trancheId: string; attach: string; detach: string }[])
  return new Map(tranches.map((t) => [t.trancheId, (parseDecimal(t.detach, 2) ?? 0n) - (parseDecimal(t.attach, 2) ?? 0n)]))
}

function obligorKey(kind: ObligorKind, obligor: string): string {
  return `${kind}\u0000${kind === 'unknown' ? UNKNOWN : obligor}`
}

function splitKey(key: string): [ObligorKind, string] {
  const at = key.indexOf('\u0000')
  return [key.slice(0, at) as ObligorKind, key.slice(at + 1)]
}
