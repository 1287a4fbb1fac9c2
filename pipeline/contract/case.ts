/** Cases: what stands beside each rule, and runs on every engine there is. */
import type { EventType } from './event.ts'
import type { Severity } from './rule.ts'

/** A case of a rule: events in, what must come of them. `at` times are `HH:MM:SS` of the day `on`, UTC. */
export type Case = {
  name: string
  kind: 'firing' | 'quiet' | 'boundary'
  on: string
  params?: Record<string, string>
  /** Codes of rules that run beside it; what they say is not looked at. */
  beside?: string[]
  given: CaseEvent[]
  /** How many of the given events are refused; absent: none. */
  dead?: number
  expect: CaseAlert[]
}
export type CaseEvent = {
  type: EventType
  at: string
  institution?: string
  source?: string
  op?: 'upsert' | 'delete' | 'correct'
  recordedAt?: string
  /** Else they count up from 1 per (source, type). */
  sequence?: number
  data: Record<string, unknown>
}
/** The last revision of an alert: named fields must match; `revisions` lists severities in order, `resolved` for an end. */
export type CaseAlert = {
  subject: string
  part?: string
  severity?: Severity
  at?: string
  state?: 'new' | 'resolved'
  values?: Record<string, string>
  revisions?: (Severity | 'resolved')[]
}
