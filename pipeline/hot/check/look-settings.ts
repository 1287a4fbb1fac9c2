/** How products are looked through, as the rules that run have it among their parameters. */
import type { Rule } from '../../contract/rule.ts'
import { parameterText } from './expression.ts'

/**
 * `materiality`: the share of tier 1 below which an obligor stays with its structure, a decimal. `staleAfterMs`: the age, grace included, from which a
 * holding counts as undescribed; undefined: never.
 */
export type LookSettings = { materiality: string; staleAfterMs: number | undefined }

export function lookSettings(rules: readonly Rule[]): LookSettings {
  const material = rules.find((rule) => rule.kind === 'limit' && 'materiality' in rule.parameters)
  const aged = rules.find((rule) => 'maxAge' in rule.parameters)
  const age = aged === undefined ? 0 : Number(parameterText(aged, 'maxAge'))
  return {
    materiality: material === undefined ? '0.0015' : parameterText(material, 'materiality'),
    staleAfterMs: aged === undefined || age === 0 ? undefined : (age + Number(parameterText(aged, 'grace'))) * DAY_MS,
  }
}

/** Whether other rules are judged by a parameter of this one. */
export function settlesForOthers(rule: Rule): boolean {
  return ['materiality', 'maxAge'].some((name) => name in rule.parameters)
}

const DAY_MS = 86_400_000
