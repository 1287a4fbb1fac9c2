/** What a rule found, before it is decided whether anyone is told. */
import type { AlertSubject, LogPosition, PathStep } from './alert.ts'
import type { Units } from './money.ts'
import type { Rule, Severity } from './rule.ts'

/** An event an alert rests on, with what event order needs. */
export type EvidenceRef = { event: string; order: string; position?: LogPosition }

export type Evidence = { refs: EvidenceRef[]; count: number; path: PathStep[] }

type Found = {
  rule: Rule
  institution: string
  subject: AlertSubject
  /** Tick, window end or effective time, in ms. */
  at: number
  values: Record<string, string>
  /** Asked for only when a revision comes of it, for all revisions of a batch at once: what is asked together can be answered by one query. */
  evidence(): Promise<Evidence> | Evidence
}

/** A limit measured: the ladder decides the band. `limit`: the ratio that is its limit, as the rule wrote it; `event`: as of `Held`. */
export type Measured = Found & { kind: 'measured'; numerator: Units; denominator: Units; limit: string; event?: string }
/**
 * A condition that holds or no longer holds for a subject; `event`, the statement that says so, is `<source>|<id>`; absent: it follows from all that stands at
 * a tick. `severity`: where the rule has grades, the one that holds. Without any `values`, the alert's last stand.
 */
export type Held = Found & { kind: 'held'; holds: boolean; event?: string; threshold: string | null; severity?: Severity }
/**
 * An occurrence that satisfies a rule by itself (`holds`), or a correction or deletion (`corrects`) that may no longer. `event`: `<source>|<id>`; `order`: its
 * place in event order; `thing`: what it is about, at `time`, ms. A correction reaches what came before it and has a time of `reaches` or later. `values` that
 * are missing, and a `threshold` that is empty, are the alert's last. `severity`: as of `Held`.
 */
export type Occurred = Found & {
  kind: 'occurred'
  holds: boolean
  corrects: boolean
  event: string
  order: string
  thing: string
  time: number
  reaches: number
  threshold: string
  severity?: Severity
}
/**
 * A window of a key at a tick: `before` its end, at its `end`, or `after` it, when a late event, a correction or a deletion changed its rows.
 * `holds`: `when` does. `corrected`: by this tick something had: an alert on a window that nothing corrected stands. Windows that ended at `reaches` or before
 * are out of a correction's reach, and are not shown in place of another. `severity`: of the harshest grade that holds. `instead` measures another window of the key at the same tick.
 */
export type Windowed = Found & {
  kind: 'windowed'
  step: 'before' | 'end' | 'after'
  holds: boolean
  corrected: boolean
  reaches: number
  start: number
  end: number
  threshold: string
  severity: Severity
  instead(start: number, end: number): Promise<Windowed>
}

export type Finding = Measured | Held | Occurred | Windowed
