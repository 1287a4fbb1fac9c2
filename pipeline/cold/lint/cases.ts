/** The cases beside a rule: one that fires, one that stays quiet, one at the boundary, each a sentence with a date. */
import type { Linted, Remark } from './lint.ts'

const KINDS = ['firing', 'quiet', 'boundary'] as const

export function casesLints({ cases }: Linted): Remark[] {
  const missing = KINDS.filter((kind) => !cases.some((c) => c.kind === kind))
  const undated = cases.filter((c) => !/\d{4}-\d{2}-\d{2}/.test(c.name))
  return [
    ...missing.map((kind): Remark => ({ lint: `${kind}-case`, file: 'cases.ts' })),
    ...undated.map(({ name, on }): Remark => ({ lint: 'undated-case', file: 'cases.ts', at: name, facts: { name, on } })),
  ]
}
