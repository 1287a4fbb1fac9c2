/** The tables of tiers and limits that the benchmark's generator wrote: `<RISKBENCH_DIR>/data/institutions.csv`, minor units per institution. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const lines = readFileSync(join(process.env['RISKBENCH_DIR'] ?? '.', 'data', 'institutions.csv'), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split(','))

const money = (minorUnits: string | undefined) => (Number(minorUnits) / 100).toFixed(2)

/** Amounts by institution. */
export const TIERS: Record<string, string> = Object.fromEntries(lines.map(([institution = '', tier]) => [institution, money(tier)]))
export const LIMITS: Record<string, string> = Object.fromEntries(lines.map(([institution = '', , limit]) => [institution, money(limit)]))
