/** A change of rules as it is judged at its tick: by the rules that hold from then on, over all that stands (docs/decisions/0032). */
import { type Alert, subjectKey } from '../../contract/alert.ts'
import type { Held } from '../../contract/finding.ts'
import { canonicalJson } from '../../contract/json.ts'
import type { Rule } from '../../contract/rule.ts'
import type { Subjects } from '../../contract/subjects.ts'

/** What holds of a code before the tick and from it on; undefined: nothing does. */
export type Changed = { code: string; before: Rule | undefined; after: Rule | undefined }
/** `at`: the tick, ms. */
export type Turn = { at: number; changed: readonly Changed[] }
type Standing = (code: string) => Alert[]

export function turnOf(at: number, before: readonly Rule[], after: readonly Rule[]): Turn {
  const codes = [...new Set([...before, ...after].map((r) => r.code))].sort()
  const changed = codes.map((code) => ({ code, before: before.find((r) => r.code === code), after: after.find((r) => r.code === code) }))
  return { at, changed: changed.filter((c) => c.before !== c.after) }
}

/** Episodes over state that no rule goes on with: it holds no more, is about something else now, or does not name (`held`) the statement any more. */
export function endedAt({ at, changed }: Turn, standing: Standing, held: Subjects): Held[] {
  return changed.flatMap(({ code, before, after }) => {
    if (before === undefined || before.kind === 'due') return []
    const goesOn = after !== undefined && isAlike(before, after)
    const isHeld = ({ institution, subject }: Alert) => after?.kind !== 'each' || held.of(code, institution).has(subjectKey(subject))
    const ends = standing(code).filter((alert) => !goesOn || !isHeld(alert))
    return ends.map((alert) => endedBy(goesOn ? after : before, alert, at))
  })
}

/** Episodes over bases that no limit lacks any more. */
export function noLongerMissing(
  { rules, standing }: { rules: readonly Rule[]; standing: Standing },
  missing: { isLacking(institution: string, metric: string): boolean },
  at: number,
): Held[] {
  return rules.flatMap((rule) => {
    if (rule.kind !== 'missing') return []
    const ends = standing(rule.code).filter(({ institution, subject }) => !missing.isLacking(institution, subject.part ?? ''))
    return ends.map((alert) => endedBy(rule, alert, at))
  })
}

/** The end of an episode for which no event is the cause: it rests on none, and its last values stand. */
export function endedBy(rule: Rule, { institution, subject, threshold }: Alert, at: number): Held {
  const evidence = () => ({ refs: [], count: 0, path: [] })
  return { kind: 'held', rule, institution, subject, at, holds: false, event: '', threshold, values: {}, evidence }
}

/** Whether an episode of the one goes on under the other. */
function isAlike(before: Rule, after: Rule): boolean {
  return canonicalJson(aboutOf(before)) === canonicalJson(aboutOf(after))
}

function aboutOf(rule: Rule): unknown[] {
  const named: Partial<Record<string, unknown>> = rule
  return ['kind', 'reads', 'subject', 'numerator', 'from', 'detail', 'metric'].map((name) => named[name] ?? null)
}
