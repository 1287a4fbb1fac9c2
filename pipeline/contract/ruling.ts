/** Which version of a rule holds for which event times (docs/decisions/0032). */
import type { Rule } from './rule.ts'

/** An accepted record of `lookthrough.rules`; `effective`: the tick, ms, from which on the rule holds, or holds no more. */
export type RuleChange = { offset: number; code: string; effective: number; rule: Rule; isRetired: boolean }

/** A rule that holds for event times in [from, until), ms; what the checkout brings holds from -Infinity on. */
export type Ruling = { rule: Rule; from: number; until: number }

/** Of each code one ruling after the other, in order of codes. Of changes that take effect at one time the last on the topic holds. */
export function rulingsOf(rules: readonly Rule[], changes: readonly RuleChange[]): Ruling[] {
  const inOrder = [...changes].sort((a, b) => a.effective - b.effective || a.offset - b.offset)
  const codes = [...new Set([...rules.map((r) => r.code), ...inOrder.map((c) => c.code)])].sort()
  return codes.flatMap((code) => {
    const rulings: Ruling[] = rules.filter((r) => r.code === code).map((rule) => ({ rule, from: -Infinity, until: Infinity }))
    for (const { rule, effective, isRetired } of inOrder.filter((c) => c.code === code)) {
      const last = rulings.at(-1)
      if (last !== undefined) last.until = Math.min(last.until, effective)
      if (!isRetired) rulings.push({ rule, from: effective, until: Infinity })
    }
    return rulings.filter((r) => r.from < r.until)
  })
}

/** The rules that hold for event time `at`, ms. */
export function inForce(rulings: readonly Ruling[], at: number): Rule[] {
  return rulings.filter((r) => covers(r, at)).map((r) => r.rule)
}

export function covers({ from, until }: Ruling, at: number): boolean {
  return from <= at && at < until
}

/** Rules that always hold. */
export function always(rules: readonly Rule[]): Ruling[] {
  return rules.map((rule) => ({ rule, from: -Infinity, until: Infinity }))
}

/** By what its state is found in the engine's file: the code, and of a later version since when it holds. */
export function stateName({ rule, from }: Ruling): string {
  return from === -Infinity ? rule.code : `${rule.code}@${from}`
}
