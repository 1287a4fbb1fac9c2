/** Funds, trusts and wealth products, one inside another up to three layers; and who holds how much of them. */
import { PRODUCT_STEMS } from './names.ts'
import type { Institution } from './institutions.ts'
import { type Booked, dayAfter } from './loans.ts'
import type { Parties } from './parties.ts'
import { type Random, randomFor } from './random.ts'
import { type HoldingData, type HoldingLineData, type PositionData, type Statement, money, share } from './statement.ts'

/** Reports every product. */
export const MANAGER = 'AM001'

/** What is on offer: the products, and the part of each that nobody holds yet. */
export type Shelf = { holdings: HoldingData[]; free: Map<string, number> }

/** 24 products in three layers, the innermost first. */
export function buildProducts(seed: number, parties: Parties, start: number): Shelf {
  const random = randomFor(seed, 'products')
  const shelf: Shelf = { holdings: [], free: new Map() }
  let below: HoldingData[] = []
  for (const count of LAYERS) {
    const older = shelf.holdings.slice()
    const layer: HoldingData[] = []
    for (let n = 0; n < count; n++) {
      // One from the layer below makes it a layer deeper, some take another from anywhere below.
      const inside = [...random.shuffle(below).slice(0, 1), ...random.shuffle(older).slice(0, random.whole(0, 1))]
      layer.push(product(random, parties, shelf, new Set(inside), start))
    }
    below = layer
  }
  return shelf
}

/** A bank or insurer buys about eight of them, each for at most 1.5 % of its tier 1. */
export function buyProducts(seed: number, institution: Institution, shelf: Shelf): Booked<PositionData>[] {
  const random = randomFor(seed, `units ${institution.id}`)
  return random.shuffle(shelf.holdings).flatMap((holding) => {
    const wanted = random.between(0.005, 0.015) * institution.tier1
    const part = random.chance(0.36) ? take(shelf, holding, wanted) : 0
    return part === 0 ? [] : [units(institution.id, holding, part)]
  })
}

/** A position in units of a product: `part` of it, with at most 4 decimals. */
export function units(institution: string, holding: HoldingData, part: number): Booked<PositionData> {
  const value = Number(holding.nav) * part
  const positionId = `${institution}-U-${holding.productId}`
  const data: PositionData = { positionId, book: 'banking', kind: 'fundUnits', productId: holding.productId, side: 'long', value: money(value), ccy: 'CNY' }
  return { institution, data: { ...data, share: share(part) } }
}

/** A product's holding of these lines; what they leave of the net asset value (yuan) is unidentified. Not leveraged: total assets = nav. */
export function holding(
  productId: string,
  kind: HoldingData['kind'],
  nav: number,
  lines: HoldingLineData[],
  start: number,
  extra: Partial<HoldingData> = {},
): HoldingData {
  const identified = lines.reduce((sum, line) => sum + Number(line.value), 0)
  return {
    productId,
    kind,
    asOf: dayAfter(start, 0),
    nav: money(nav),
    totalAssets: money(nav),
    managerId: MANAGER,
    lines,
    unidentified: money(nav - identified),
    ...extra,
  }
}

export function holdingStatements(holdings: readonly HoldingData[]): Statement[] {
  return holdings.map((data) => ({ type: 'product.holding', institution: MANAGER, data }))
}

/** `total` yuan in whole yuan parts in proportion to `weights`; the last part takes what rounding leaves. */
export function spread(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0)
  const parts = weights.map((w) => Math.floor((total * w) / sum))
  const rest = total - parts.reduce((a, b) => a + b, 0)
  return parts.map((p, i) => (i === parts.length - 1 ? p + rest : p))
}

/** The name of the n-th product, which is its id: `FND-WENYING-01`. */
export function productId(kind: HoldingData['kind'], n: number): string {
  const stem = PRODUCT_STEMS[n % PRODUCT_STEMS.length] ?? 'PRODUCT'
  return `${ID_PREFIX[kind]}-${stem}-${String(Math.floor(n / PRODUCT_STEMS.length) + 1).padStart(2, '0')}`
}

const LAYERS = [12, 7, 5]
const KINDS: readonly HoldingData['kind'][] = ['fund', 'trust', 'wealth']
const ID_PREFIX: Record<HoldingData['kind'], string> = { fund: 'FND', trust: 'TRU', wealth: 'WMP', insurance: 'INS', abs: 'ABS' }

/** Makes a product and puts it on the shelf. */
function product(random: Random, parties: Parties, shelf: Shelf, inside: ReadonlySet<HoldingData>, start: number): HoldingData {
  const kind = inside.size === 0 ? random.pick(['fund', 'trust'] as const) : random.pick(KINDS)
  const nav = random.whole(20, 240) * 1e8
  const nested = [...inside].flatMap((inner): HoldingLineData[] => {
    const part = take(shelf, inner, random.between(0.15, 0.3) * nav)
    return part === 0 ? [] : [{ kind: 'fundUnits', productId: inner.productId, value: money(Number(inner.nav) * part), share: share(part) }]
  })
  const rest = nav - nested.reduce((sum, line) => sum + Number(line.value), 0)
  const unidentified = random.chance(0.5) ? Math.round(nav * random.between(0.002, 0.02)) : 0
  const issuers = random.shuffle(parties.issuers).slice(0, random.whole(12, 18))
  const values = spread(
    rest - unidentified,
    issuers.map(() => random.between(0.7, 1.3)),
  )
  const lines = issuers.map(
    (issuer, i): HoldingLineData => ({ kind: kind === 'trust' ? 'loan' : 'bond', issuerId: issuer.partyId, value: money(values[i] ?? 0) }),
  )
  const publicFund = kind === 'fund' && inside.size === 0
  const made = holding(productId(kind, shelf.holdings.length), kind, nav, [...nested, ...lines], start, publicFund ? { publicFund } : {})
  shelf.holdings.push(made)
  shelf.free.set(made.productId, 0.95)
  return made
}

/** Takes units worth about `wanted` yuan off the shelf: the part, in whole basis points; 0 when that is too little to hold. */
function take(shelf: Shelf, holding: HoldingData, wanted: number): number {
  const free = shelf.free.get(holding.productId) ?? 0
  const part = Math.floor(Math.min(wanted / Number(holding.nav), free) * 10_000) / 10_000
  if (part < 0.0005) return 0
  shelf.free.set(holding.productId, free - part)
  return part
}
