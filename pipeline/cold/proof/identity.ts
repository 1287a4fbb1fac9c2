/** What tells alerts apart, taken from a record. */
import { alertId, type PublishedAlert } from '../../contract/index.ts'
import type { AlertRecord } from './record.ts'

/** Whether the id is the hash of what its first revision says; later ones cannot be told. */
export function followsFromFields(record: AlertRecord, id: string): boolean {
  return record.revisions
    .filter((r) => r.alert.id === id)
    .some(({ alert }) => {
      const { at, window, evidence, rule, institution, subject } = alert
      const starts = [at, ...(window === null ? [] : [window.start, `${at}|${window.start}`]), ...evidence]
      return alert.revision === 1 && starts.some((start) => alertId(rule.code, institution, subject, start) === id)
    })
}

/** The same for all alerts of one rule on one subject of one institution. */
export function subjectOf(alert: PublishedAlert): string {
  return [alert.rule.code, alert.institution, alert.subject.kind, alert.subject.id, alert.subject.part ?? ''].join('\n')
}
