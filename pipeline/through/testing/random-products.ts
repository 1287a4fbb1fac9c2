/** Random institutions, positions and products for properties: circles, tranches, shares and undescribed products among them. */
import fc from 'fast-check'
import type { Product, ProductLine, Stake } from '../products.ts'

export type Step =
  | { set: 'product'; id: string; product: Product | undefined }
  | { set: 'stake'; institution: string; position: string; stake: Stake | undefined }
  | { set: 'threshold'; institution: string; least: bigint | undefined }
  | { set: 'look' }

const PRODUCTS = 7
const INSTITUTIONS = ['B1', 'B2']
const ref = (event: string) => ({ event, order: event })

const share = fc.option(fc.integer({ min: 0, max: 1100 }).map((n) => n / 1000))
const value = fc.oneof(fc.bigInt(0n, 1000n), fc.bigInt(1n, 10n ** 12n))
const tranche = fc.option(fc.constantFrom('senior', 'junior', 'unheard'), { freq: 4 })

function lineOf(held: number[]): fc.Arbitrary<ProductLine> {
  const issuer = fc.integer({ min: 0, max: 4 }).map((n): Partial<ProductLine> => (n === 4 ? {} : { issuer: `P${n}` }))
  if (held.length === 0) return line(issuer)
  const nested = fc.record({ product: fc.constantFrom(...held), tranche, share }).map(
    (l): Partial<ProductLine> => ({
      product: `F${l.product}`,
      ...(l.tranche !== null && { tranche: l.tranche }),
      ...(l.share !== null && { share: l.share }),
    }),
  )
  return line(fc.oneof(issuer, nested))
}

function line(target: fc.Arbitrary<Partial<ProductLine>>): fc.Arbitrary<ProductLine> {
  return fc
    .record({ kind: fc.constantFrom('bond', 'equity', 'fundUnits'), value, target })
    .map(({ kind, value: of, target: to }) => ({ kind, value: of, ...to }))
}

/** A product that holds only later ones or, where `isFree`, any. */
export function productAt(place: number, isFree: boolean): fc.Arbitrary<Product> {
  const held = Array.from({ length: PRODUCTS }, (_, n) => n).filter((n) => isFree || n > place)
  return fc
    .record({
      lines: fc.array(lineOf(held), { maxLength: 4 }),
      unidentified: fc.oneof(fc.constant(0n), value),
      scale: fc.constantFrom(1n, 1n, 2n, 3n),
      isWorthless: fc.boolean().map((b) => b && place % 5 === 4),
      publicFund: fc.boolean(),
      size: value,
      version: fc.nat(1000),
    })
    .map(({ lines, unidentified, scale, isWorthless, publicFund, size, version }) => ({
      nav: isWorthless ? 0n : scale * lines.reduce((sum, l) => sum + l.value, unidentified),
      lines,
      unidentified,
      tranches: new Map([
        ['junior', size],
        ['senior', 2n * size],
      ]),
      publicFund,
      ref: ref(`F${place}/${version}`),
    }))
}

export const stakeIn: fc.Arbitrary<Stake> = fc
  .record({ product: fc.nat(PRODUCTS - 1), tranche, share, value, version: fc.nat(1000) })
  .map(({ product, tranche: of, share: part, value: worth, version }) => ({
    kind: 'fundUnits',
    product: `F${product}`,
    value: worth,
    ref: ref(`stake/${version}`),
    ...(of !== null && { tranche: of }),
    ...(part !== null && { share: part }),
  }))

export const threshold = fc.option(fc.oneof(fc.bigInt(1n, 1000n), fc.bigInt(1n, 10n ** 11n)))

/** Every third of them with circles. */
export const products = fc
  .constantFrom(true, false, false)
  .chain((isFree) => fc.tuple(...Array.from({ length: PRODUCTS }, (_, n) => fc.option(productAt(n, isFree), { freq: 8 }))))
  .map((all) => new Map(all.flatMap((product, n): [string, Product][] => (product === null ? [] : [[`F${n}`, product]]))))

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .nat(PRODUCTS - 1)
      .chain((n) => fc.option(productAt(n, true), { freq: 6 }).map((p): Step => ({ set: 'product', id: `F${n}`, product: p ?? undefined }))),
  },
  { weight: 5, arbitrary: fc.nat(PRODUCTS - 1).chain((n) => productAt(n, false).map((product): Step => ({ set: 'product', id: `F${n}`, product }))) },
  {
    weight: 4,
    arbitrary: fc
      .record({ institution: fc.constantFrom(...INSTITUTIONS), position: fc.constantFrom('a', 'b', 'c'), stake: fc.option(stakeIn, { freq: 6 }) })
      .map((s): Step => ({ set: 'stake', ...s, stake: s.stake ?? undefined })),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ institution: fc.constantFrom(...INSTITUTIONS), least: threshold })
      .map((s): Step => ({ set: 'threshold', ...s, least: s.least ?? undefined })),
  },
  { weight: 4, arbitrary: fc.constant<Step>({ set: 'look' }) },
)

export const steps = fc.array(step, { minLength: 1, maxLength: 200, size: 'max' })
