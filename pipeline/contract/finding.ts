/** What a rule found, before it is decided whether anyone is told. */
import type { AlertSubject, LogPosition, PathStep } from './alert.ts'
import type { Units } from './money.ts'
import type { Rule } from './rule.ts'

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

/** A limit measured: the ladder decides the band. */
export type Measured = Found & { kind: 'measured'; numerator: Units; denominator: Units }
/** A condition that holds or no longer holds for a subject, by a statement, `<source>|<id>`. */
export type Held = Found & { kind: 'held'; holds: boolean; event: string; threshold: string }
/** An occurrence that satisfies a rule by itself; `event` is its `<source>|<id>`. */
export type Occurred = Found & { kind: 'occurred'; event: string; threshold: string }
/** A window that qualified, or that closed with the values given. */
export type Windowed = Found & { kind: 'windowed'; step: 'qualified' | 'closed'; start: number; end: number; threshold: string }

export type Finding = Measured | Held | Occurred | Windowed
