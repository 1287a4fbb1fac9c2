/** A table of the look-through as rules query it: rows by institution and subject, in memory, and which of them changed. */
import { type AlertSubject, subjectKey } from '../../../contract/alert.ts'
import type { PathStep } from '../../../contract/alert.ts'
import type { Evidence, EvidenceRef } from '../../../contract/finding.ts'

/** Money in minor units. */
export type Cell = bigint | number | string | boolean | null
export type Cells = Readonly<Record<string, Cell>>

/**
 * What a row of a table of occurrences is about: `event` (`<source>|<id>`) that the alert rests on, `order` its place in event order, `time` its time, ms. Those
 * of one `thing` take each other's place. `corrects`: something older was corrected, else the event is new.
 */
export type Occurrence = { event: string; order: string; thing: string; time: number; corrects: boolean }

/** Asked of the tables once the tick is over. */
export type Later = () => Evidence | Promise<Evidence>
/** `capture`: what the row rests on, asked for in its tick, `at` in ms: parts know no past, tables do. */
export type Row = { institution: string; subject: AlertSubject; cells: Cells; occurrence?: Occurrence; capture(at: number): Later }
/** A row that changed; without cells it is no more. */
export type ChangedRow = Omit<Row, 'cells'> & { cells: Cells | undefined }

/** A table, as who judges it sees it. */
export type Table = Pick<Rows, 'mark' | 'markOf' | 'markAll' | 'takeChanged'>

export class Rows {
  readonly #rows = new Map<string, Map<string, Row>>()
  readonly #changed = new Map<string, Map<string, AlertSubject>>()

  /** Puts a row in; one whose cells are as they were is not changed. */
  set(row: Row): void {
    const rows = entry(this.#rows, row.institution)
    const key = subjectKey(row.subject)
    const before = rows.get(key)
    rows.set(key, row)
    if (before === undefined || !isAlike(before.cells, row.cells)) this.mark(row.institution, row.subject)
  }

  delete(institution: string, subject: AlertSubject): void {
    if (this.#rows.get(institution)?.delete(subjectKey(subject)) === true) this.mark(institution, subject)
  }

  /** Takes a row out without a word: what was found stands. */
  forget(institution: string, subject: AlertSubject): void {
    this.#rows.get(institution)?.delete(subjectKey(subject))
  }

  /** A row counts as changed, whether or not there is one. */
  mark(institution: string, subject: AlertSubject): void {
    entry(this.#changed, institution).set(subjectKey(subject), subject)
  }

  /** All rows of an institution count as changed. */
  markOf(institution: string): void {
    for (const { subject } of this.#rows.get(institution)?.values() ?? []) this.mark(institution, subject)
  }

  markAll(): void {
    for (const institution of this.#rows.keys()) this.markOf(institution)
  }

  /** Subjects of an institution that have a row. */
  *subjects(institution: string): Iterable<AlertSubject> {
    for (const { subject } of this.#rows.get(institution)?.values() ?? []) yield subject
  }

  /** What changed since the last call, in no order. */
  takeChanged(): ChangedRow[] {
    const changed: ChangedRow[] = []
    for (const [institution, subjects] of this.#changed)
      for (const [key, subject] of subjects)
        changed.push(this.#rows.get(institution)?.get(key) ?? { institution, subject, cells: undefined, capture: () => captured(restingOn([])) })
    this.#changed.clear()
    return changed
  }
}

/** Evidence that is these statements. */
export function restingOn(refs: EvidenceRef[], path: PathStep[] = []): Evidence {
  return { refs, count: refs.length, path }
}

/** Evidence that is complete in its tick. */
export function captured(evidence: Evidence): Later {
  return () => evidence
}

function isAlike(a: Cells, b: Cells): boolean {
  return Object.keys(b).every((name) => a[name] === b[name])
}

function entry<V>(maps: Map<string, Map<string, V>>, key: string): Map<string, V> {
  let of = maps.get(key)
  if (of === undefined) maps.set(key, (of = new Map()))
  return of
}
