/** Findings of each-rules over statements. */
import type { Held } from '../../contract/finding.ts'
import type { EachRule } from '../../contract/rule.ts'
import { Subjects } from '../../contract/subjects.ts'
import { type Locate, refOf } from './evidence.ts'
import type { EachVerdict, Statement } from './statement.ts'

/** `holds` false ends an episode; `at` is the statement's effective time. */
export function heldFinding(rule: EachRule, statement: Statement, verdict: EachVerdict, holds: boolean, locate: Locate): Held {
  return {
    kind: 'held',
    rule,
    institution: statement.institution,
    subject: { kind: rule.subject.kind, id: verdict.subject },
    at: statement.e,
    holds,
    event: `${statement.source}|${statement.id}`,
    threshold: verdict.threshold,
    values: Object.fromEntries(Object.keys(rule.values).map((name, i) => [name, verdict.values[i] ?? ''])),
    evidence: () => ({ refs: [refOf(statement, rule.reads, locate)], count: 1, path: [] }),
  }
}

/** What the each-rules said since the last decision; who was named may have an episode by then. */
export class HeldFindings {
  readonly all: Held[] = []
  readonly named = new Subjects()

  add(finding: Held): void {
    this.all.push(finding)
    this.named.add(finding.rule.code, finding.institution, finding.subject)
  }
}
