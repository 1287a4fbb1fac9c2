/** The reporting institutions and the capital their limits are measured against, in yuan. */
import type { Words } from '../contract/rule.ts'
import { INSTITUTION_NAMES } from './names.ts'
import { randomFor } from './random.ts'
import { type Statement, money } from './statement.ts'

export type Institution = { id: string; kind: 'bank' | 'insurer' | 'manager'; name: Words; tier1: number; netCapital: number; totalAssets: number }

/** Net capital stays below 1.14 × tier 1, so that a customer just over CR-01's limit is still below 80 % of CR-02's. */
export function buildInstitutions(seed: number): Institution[] {
  const random = randomFor(seed, 'capital')
  return INSTITUTION_NAMES.map(({ id, kind, name }) => {
    const tier1 = million((TIER1_BILLIONS[id] ?? 10) * 1e9 * random.between(0.97, 1.03))
    return { id, kind, name, tier1, netCapital: million(tier1 * random.between(1.1, 1.14)), totalAssets: million(tier1 * random.between(...ASSETS[kind])) }
  })
}

/** The three metrics of every institution for the last quarter that ended before `start` (ms). */
export function capitalStatements(institutions: readonly Institution[], start: number): Statement[] {
  const period = lastQuarterEnd(start)
  return institutions.flatMap(({ id, tier1, netCapital, totalAssets }) =>
    Object.entries({ 'net-capital': netCapital, tier1, 'total-assets': totalAssets }).map(
      ([metric, value]): Statement => ({
        type: 'inst.metric',
        institution: id,
        data: { metric, value: money(value), unit: 'CNY', period, basis: 'solo' },
      }),
    ),
  )
}

const TIER1_BILLIONS: Record<string, number> = {
  B0001: 120,
  B0002: 64,
  B0003: 38,
  B0004: 90,
  B0005: 12,
  B0006: 26,
  B0007: 8,
  B0008: 3,
  I0001: 45,
  I0002: 16,
  I0003: 22,
  AM001: 2,
}
const ASSETS: Record<Institution['kind'], [number, number]> = { bank: [11, 14], insurer: [8, 10], manager: [1.2, 1.6] }

const SHANGHAI_MS = 8 * 3_600_000

function lastQuarterEnd(start: number): string {
  const day = new Date(start + SHANGHAI_MS)
  const firstMonth = Math.floor(day.getUTCMonth() / 3) * 3
  return new Date(Date.UTC(day.getUTCFullYear(), firstMonth, 0)).toISOString().slice(0, 10)
}

function million(yuan: number): number {
  return Math.round(yuan / 1e6) * 1e6
}
