/**
 * Products down: what an institution holds through funds, trusts, wealth and insurance products and ABS, down to the final obligor.
 * Pari passu: a holder's part is its share, else position value ÷ nav; parts multiply along a path, paths add up.
 * Amounts are computed in a fixed order and rounded once per path, half to even, to minor units. Pure: no I/O, no clock.
 * Sources: contract §6; Basel LEX30 (partial look-through, unknown client) as cited there.
 */
import { type EvidenceRef, formatDecimal, type PathStep } from '../contract/index.ts'

/** A product as its manager described it; amounts in minor units of CNY. `ref` is the event it rests on. */
export type Product = {
  id: string
  nav: bigint
  lines: ProductLine[]
  unidentified: bigint
  tranches: Map<string, bigint>
  ref: EvidenceRef
}
export type ProductLine = { kind: string; issuer?: string; product?: string; tranche?: string; value: bigint; share?: number }

/** What an institution holds in a product directly; value in minor units of CNY. */
export type Stake = { kind: string; product: string; tranche?: string; value: bigint; share?: number; ref: EvidenceRef }

export type ObligorKind = 'party' | 'unknown' | 'structure'

/** What one path carries to one obligor. `refs`: the events along it. */
export type Reached = { obligor: string; kind: ObligorKind; amount: bigint; path: PathStep[]; refs: EvidenceRef[] }

/** An obligor at or above this amount within one structure is looked through to; exact: `share × base`, base in minor units at scale. */
export type Materiality = { reaches(amount: bigint): boolean }

export type LookThrough = {
  reached: Reached[]
  /** Every product on some path, described or not: a change to one of them changes the result. */
  products: Set<string>
}

export const UNKNOWN = 'unknown'
/** Deeper nesting than this is a cycle or an abuse; what lies below counts as unknown. */
export const MAX_LAYERS = 32

/** Everything `institution` reaches through its stakes. */
export function lookThrough(
  institution: string,
  stakes: readonly Stake[],
  describe: (product: string) => Product | undefined,
  materiality: Materiality,
): LookThrough {
  const walk = new Walk(institution, describe)
  for (const stake of stakes) walk.enter(stake)
  return { reached: partial(walk.found, materiality), products: walk.products }
}

/** A find before materiality: `structure` is the product whose line it is, `upTo` the path as far as that structure. */
type Found = Reached & { structure: string; upTo: Reached }

class Walk {
  readonly found: Found[] = []
  readonly products = new Set<string>()
  readonly #institution: string
  readonly #describe: (product: string) => Product | undefined

  constructor(institution: string, describe: (product: string) => Product | undefined) {
    this.#institution = institution
    this.#describe = describe
  }

  enter(stake: Stake): void {
    this.products.add(stake.product)
    const product = this.#describe(stake.product)
    const size = product === undefined ? undefined : trancheSize(product, stake.tranche)
    const whole = size ?? product?.nav
    const part = stake.share ?? divide(stake.value, whole)
    const step: PathStep = { from: this.#institution, to: stake.product, kind: stake.kind, amount: formatDecimal(stake.value, 2), event: stake.ref.event }
    if (part !== undefined) step.share = shareText(part)
    const trail: Trail = { steps: [step], refs: [stake.ref], inside: new Set([stake.product]) }
    if (product === undefined || part === undefined) this.#unknown(stake.product, stake.value, trail)
    else this.#descend(product, part, size, trail)
  }

  #descend(product: Product, part: number, cap: bigint | undefined, trail: Trail): void {
    const refs = [...trail.refs, product.ref]
    for (const line of product.lines) {
      const carried = cap === undefined || line.value < cap ? line.value : cap
      const amount = portion(part, carried)
      const to = line.product ?? line.issuer ?? UNKNOWN
      const inner = line.product === undefined ? undefined : part * this.#partOf(line) * (Number(carried) / Number(line.value || 1n))
      const step: PathStep = {
        from: product.id,
        to,
        kind: line.kind,
        amount: formatDecimal(amount, 2),
        event: product.ref.event,
        share: shareText(inner ?? part),
      }
      const below: Trail = { steps: [...trail.steps, step], refs, inside: new Set([...trail.inside, to]) }
      if (line.product !== undefined) this.#nested(line, amount, inner, trail, below)
      else this.#add(product.id, to, line.issuer === undefined ? 'unknown' : 'party', amount, below, trail)
    }
    if (product.unidentified !== 0n) {
      const amount = portion(part, cap === undefined || product.unidentified < cap ? product.unidentified : cap)
      const step: PathStep = {
        from: product.id,
        to: UNKNOWN,
        kind: 'unidentified',
        amount: formatDecimal(amount, 2),
        event: product.ref.event,
        share: shareText(part),
      }
      this.#add(product.id, UNKNOWN, 'unknown', amount, { ...trail, steps: [...trail.steps, step], refs }, trail)
    }
  }

  #nested(line: ProductLine, amount: bigint, part: number | undefined, trail: Trail, below: Trail): void {
    const id = line.product ?? UNKNOWN
    this.products.add(id)
    const product = this.#describe(id)
    const endless = trail.inside.has(id) || trail.inside.size >= MAX_LAYERS
    if (product === undefined || endless || part === undefined || !Number.isFinite(part)) this.#unknown(id, amount, below)
    else this.#descend(product, part, trancheSize(product, line.tranche), below)
  }

  /** The part of the nested product that a line is: its share, else line value ÷ nav (or tranche size). NaN when neither is known. */
  #partOf(line: ProductLine): number {
    if (line.share !== undefined) return line.share
    const product = this.#describe(line.product ?? UNKNOWN)
    return (product === undefined ? undefined : divide(line.value, trancheSize(product, line.tranche) ?? product.nav)) ?? Number.NaN
  }

  /** A product nobody has described is unknown in full. */
  #unknown(structure: string, amount: bigint, trail: Trail): void {
    this.found.push({
      structure,
      obligor: UNKNOWN,
      kind: 'unknown',
      amount,
      path: trail.steps,
      refs: trail.refs,
      upTo: reachedAt(UNKNOWN, 'unknown', 0n, trail),
    })
  }

  #add(structure: string, obligor: string, kind: ObligorKind, amount: bigint, below: Trail, upTo: Trail): void {
    this.found.push({ structure, obligor, kind, amount, path: below.steps, refs: below.refs, upTo: reachedAt(structure, 'structure', amount, upTo) })
  }
}

type Trail = { steps: PathStep[]; refs: EvidenceRef[]; inside: Set<string> }

function reachedAt(obligor: string, kind: ObligorKind, amount: bigint, trail: Trail): Reached {
  return { obligor, kind, amount, path: trail.steps, refs: trail.refs }
}

/** Partial look-through: within one structure, an obligor below materiality (all its lines there, over all paths) stays with the structure. */
function partial(found: Found[], materiality: Materiality): Reached[] {
  const within = new Map<string, bigint>()
  const place = (f: Found) => `${f.structure}\u0000${f.kind}\u0000${f.obligor}`
  for (const f of found) within.set(place(f), (within.get(place(f)) ?? 0n) + f.amount)
  const reached: Reached[] = []
  const kept = new Map<string, Reached>()
  for (const f of found) {
    if (f.upTo.kind !== 'structure' || materiality.reaches(within.get(place(f)) ?? 0n)) {
      reached.push({ obligor: f.obligor, kind: f.kind, amount: f.amount, path: f.path, refs: f.refs })
      continue
    }
    const trail = f.upTo.path.map((s) => `${s.from}>${s.to}>${s.event ?? ''}`).join('|')
    const before = kept.get(trail)
    if (before === undefined) kept.set(trail, { ...f.upTo })
    else before.amount += f.amount
  }
  return [...reached, ...[...kept.values()].filter((k) => k.amount !== 0n)]
}

function trancheSize(product: Product, tranche: string | undefined): bigint | undefined {
  return tranche === undefined ? undefined : product.tranches.get(tranche)
}

function divide(value: bigint, whole: bigint | undefined): number | undefined {
  return whole === undefined || whole <= 0n ? undefined : Number(value) / Number(whole)
}

/** `part × value`, rounded half to even to minor units. */
function portion(part: number, value: bigint): bigint {
  const exact = part * Number(value)
  const below = Math.floor(exact)
  const rest = exact - below
  const up = rest > 0.5 || (rest === 0.5 && below % 2 !== 0)
  return BigInt(up ? below + 1 : below)
}

/** A share as a decimal string, at most 10 decimals, without trailing zeros. */
function shareText(share: number): string {
  return share.toFixed(10).replace(/\.?0+$/, '')
}
