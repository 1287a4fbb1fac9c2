/** What a statement says of a product, or of what an institution holds in one. */
import { type EvidenceRef, parseDecimal } from '../../contract/index.ts'
import type { Product, ProductLine } from '../../through/products.ts'
import { type Locate, refOf } from './evidence.ts'
import type { ForeignStake } from './lookthrough.ts'
import { type Data, text, units } from './statement.ts'

/** Undefined for a position in no product, and for a short one. */
export function stakeOf(is: Data, by: Parameters<typeof refOf>[0], locate: Locate): ForeignStake | undefined {
  const product = text(is['productId'])
  if (product === undefined || is['side'] !== 'long') return undefined
  const [tranche, share] = [text(is['trancheId']), text(is['share'])]
  return {
    kind: text(is['kind']) ?? '',
    product,
    value: 0n,
    amount: units(is['value']),
    ccy: text(is['ccy']) ?? 'CNY',
    ref: refOf(by, 'book.position', locate),
    ...(tranche !== undefined && { tranche }),
    ...(share !== undefined && { share: Number(share) }),
  }
}

export function productOf(is: Data, ref: EvidenceRef): Product {
  return {
    asOf: Date.parse(`${text(is['asOf'])}T00:00:00+08:00`),
    nav: units(is['nav']),
    publicFund: text(is['publicFund']) === 'true',
    lines: readLines(text(is['lines']) ?? '[]'),
    unidentified: units(is['unidentified']),
    tranches: readTranches(text(is['tranches']) ?? null),
    ref,
  }
}

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

function readTranches(json: string | null): Map<string, bigint> {
  const tranches = json === null ? [] : (JSON.parse(json) as { trancheId: string; attach: string; detach: string }[])
  return new Map(tranches.map((t) => [t.trancheId, (parseDecimal(t.detach, 2) ?? 0n) - (parseDecimal(t.attach, 2) ?? 0n)]))
}
