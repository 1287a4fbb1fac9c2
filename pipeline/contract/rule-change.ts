/**
 * A change of rules as a record of `lookthrough.rules` (docs/decisions/0032): a CloudEvent whose data is the whole rule, its hash and `effective`, the event
 * time from which on it holds.
 */
import { formatTime, parseTime } from './clock.ts'
import { defineRule, type Rule, ruleHash } from './rule.ts'
import type { RuleChange } from './ruling.ts'
import { tickOf } from './tick.ts'

const TYPES = { activated: 'lookthrough.rule.activated', retired: 'lookthrough.rule.retired' } as const
export type Act = keyof typeof TYPES

/** As it lies on the topic, under the rule's code as its key. */
export function ruleRecord(act: Act, rule: Rule, effective: number): { key: string; value: string } {
  const [hash, at] = [ruleHash(rule), formatTime(tickOf(effective))]
  const id = `${rule.code}/${act}/${at}/${hash}`
  const event = { specversion: '1.0', id, source: '/lookthrough', type: TYPES[act], subject: rule.code, effective: at, hash, data: rule }
  // In the author's order: a value may name one before it.
  return { key: rule.code, value: JSON.stringify(event) }
}

/** What a record says, or a sentence with what is wrong with it: it may have been written by anybody. It takes effect with a tick. */
export function readRuleRecord(value: string): Omit<RuleChange, 'offset'> | string {
  try {
    const { type, effective: text, hash, data } = JSON.parse(value) as Record<string, unknown>
    if (type !== TYPES.activated && type !== TYPES.retired) return `type is neither ${TYPES.activated} nor ${TYPES.retired}`
    const at = typeof text === 'string' ? parseTime(text) : undefined
    if (at === undefined) return 'effective is no time'
    const rule = ruleOf(data)
    if (typeof rule === 'string') return rule
    if (hash !== ruleHash(rule)) return `hash is ${String(hash)}, the record's ${ruleHash(rule)}`
    return { code: rule.code, effective: tickOf(at), rule, isRetired: type === TYPES.retired }
  } catch (error) {
    return whyOf(error)
  }
}

/** A rule from outside, checked as the rules of the checkout are; a sentence where it is none. */
export function ruleOf(data: unknown): Rule | string {
  try {
    if (typeof data !== 'object' || data === null) return 'data is no rule'
    return 'overrides' in data ? 'overrides belong into the configuration: they are no part of a version' : defineRule(data as Rule)
  } catch (error) {
    return whyOf(error)
  }
}

function whyOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
