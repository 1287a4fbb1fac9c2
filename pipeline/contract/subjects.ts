/** Subjects of alerts by rule and institution: where an institution has none under a rule, that is known for all its subjects at once. */
import { type AlertSubject, subjectKey } from './alert.ts'
import type { WindowRule } from './rule.ts'
import { compareText } from './text.ts'

/** Between id and part of a window's key. */
export const PART_MARK = '\u001f'

/** The key of the windows that are about a subject. */
export function keyOf({ id, part }: AlertSubject): string {
  return part === undefined ? id : id + PART_MARK + part
}

/** Whom the windows of a key are about. */
export function subjectOf({ subject: { kind }, window }: WindowRule, key: string): AlertSubject {
  const at = window.part === undefined ? -1 : key.lastIndexOf(PART_MARK)
  return at < 0 ? { kind, id: key } : { kind, id: key.slice(0, at), part: key.slice(at + 1) }
}

/** By institution and subject. */
export function bySubject(a: { institution: string; subject: AlertSubject }, b: { institution: string; subject: AlertSubject }): number {
  const [one, other] = [a.subject, b.subject]
  return (
    compareText(a.institution, b.institution) ||
    compareText(one.kind, other.kind) ||
    compareText(one.id, other.id) ||
    compareText(one.part ?? '', other.part ?? '')
  )
}

export class Subjects {
  readonly #rules = new Map<string, Map<string, Map<string, AlertSubject>>>()

  /** Those of a rule in an institution, by `subjectKey`. */
  of(code: string, institution: string): ReadonlyMap<string, AlertSubject> {
    return this.#rules.get(code)?.get(institution) ?? NONE
  }

  add(code: string, institution: string, subject: AlertSubject): void {
    let institutions = this.#rules.get(code)
    if (institutions === undefined) this.#rules.set(code, (institutions = new Map()))
    let subjects = institutions.get(institution)
    if (subjects === undefined) institutions.set(institution, (subjects = new Map()))
    subjects.set(subjectKey(subject), subject)
  }

  delete(code: string, institution: string, subject: AlertSubject): void {
    this.#rules.get(code)?.get(institution)?.delete(subjectKey(subject))
  }

  clear(): void {
    this.#rules.clear()
  }
}

const NONE: ReadonlyMap<string, AlertSubject> = new Map()
