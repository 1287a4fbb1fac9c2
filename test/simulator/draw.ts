/** What one seed runs: some of the rules, and of each window rule what it names and some of its other measures, so that seeds differ in what is kept of a window. */
import type { Random } from '../../pipeline/scenario/random.ts'
import type { TestRule } from '../reference/rules.ts'

const MEASURE_KEPT = 0.3

export function drawRules(random: Random, rules: readonly TestRule[], count?: number): TestRule[] {
  return random
    .shuffle(rules)
    .slice(0, count)
    .map((test) => (test.kind === 'window' ? { ...test, rule: { ...test.rule, measures: someMeasures(random, test.rule) } } : test))
}

function someMeasures(random: Random, { measures, when, threshold, says }: Extract<TestRule, { kind: 'window' }>['rule']) {
  const named = new Set(`${when} ${threshold} ${says.en}`.match(/\w+/g))
  return Object.fromEntries(Object.entries(measures).filter(([name]) => random.chance(MEASURE_KEPT) || named.has(name)))
}
