/**
 * What one seed runs: some of the rules, those whose alerts they read, and of each window rule what it names and some of its other measures, so that seeds
 * differ in what is kept of a window.
 */
import type { Random } from '../../pipeline/scenario/random.ts'
import type { TestRule } from '../reference/rules.ts'

const MEASURE_KEPT = 0.3

export function drawRules(random: Random, rules: readonly TestRule[], count?: number): TestRule[] {
  const drawn = random.shuffle(rules).slice(0, count)
  const read = drawn.flatMap((test) => (test.kind === 'alerts' ? test.rule.of : []))
  const beside = rules.filter((test) => read.includes(test.rule.code) && !drawn.includes(test))
  return [...drawn, ...beside].map((test) => (test.kind === 'window' ? { ...test, rule: { ...test.rule, measures: someMeasures(random, test.rule) } } : test))
}

function someMeasures(random: Random, { measures, when, threshold, graver = [], says }: Extract<TestRule, { kind: 'window' }>['rule']) {
  const named = new Set(`${when} ${threshold} ${graver.map((g) => g.when).join(' ')} ${says.en}`.match(/\w+/g))
  return Object.fromEntries(Object.entries(measures).filter(([name]) => random.chance(MEASURE_KEPT) || named.has(name)))
}
