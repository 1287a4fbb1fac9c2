/**
 * The ladder of a limit: blue from 80 % of it, yellow 90 %, orange 95 %, red over 100 %. A band holds on until the value is more than
 * 2 percentage points of the limit below its edge; then the highest band that still holds by the same test takes over (contract §3).
 * Compared as exact cross-products of unrounded numbers.
 */
import type { Severity } from '../../contract/rule.ts'

export type Band = { name: '80%' | '90%' | '95%' | 'breach' | 'entered'; severity: Severity; edge: bigint; reaching: boolean }

/** Bands lowest first, edges in percent of the limit (`reaching`: the edge itself is inside), and the slack in percentage points of it. */
export type Ladder = { bands: readonly Band[]; slack: bigint }

export const LADDERS: Record<'limit' | 'entered', Ladder> = {
  limit: {
    slack: 2n,
    bands: [
      { name: '80%', severity: 'blue', edge: 80n, reaching: true },
      { name: '90%', severity: 'yellow', edge: 90n, reaching: true },
      { name: '95%', severity: 'orange', edge: 95n, reaching: true },
      { name: 'breach', severity: 'red', edge: 100n, reaching: false },
    ],
  },
  entered: { slack: 0n, bands: [{ name: 'entered', severity: 'blue', edge: 100n, reaching: false }] },
}

/** A limit as an integer over 10^20. */
export const LIMIT_SCALE = 20
const HUNDRED_PERCENT = 100n * 10n ** BigInt(LIMIT_SCALE)

/**
 * The band of `numerator ÷ denominator` against `limit`, coming from the band named `from` (null: none). Numerator and denominator
 * have one scale. A base that is not positive is breached by any positive numerator.
 */
export function climb(numerator: bigint, denominator: bigint, limit: bigint, from: string | null, { bands, slack }: Ladder): Band | undefined {
  if (denominator <= 0n) return numerator > 0n ? bands.at(-1) : undefined
  const value = numerator * HUNDRED_PERCENT
  const percent = limit * denominator
  const holds = bands.findIndex((b) => b.name === from)
  return bands.findLast((band, i) => {
    const edge = band.edge * percent
    const entered = band.reaching ? value >= edge : value > edge
    return entered || (slack > 0n && i <= holds && value >= edge - slack * percent)
  })
}
