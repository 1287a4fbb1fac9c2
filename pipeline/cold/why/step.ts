/** One step of an explanation. */
import type { Facts } from '../../contract/errors.ts'
import type { Evidence } from '../../contract/finding.ts'

/** Each kind has a text `why.<kind>`, which takes the facts; `holds`: whether what it says is so. */
export type Step = { kind: StepKind; holds?: boolean; facts: Facts }

export type StepKind =
  | 'window'
  | 'filter'
  | 'value'
  | 'part'
  | 'compared'
  | 'grade'
  | 'limit'
  | 'base'
  | 'band'
  | 'slack'
  | 'others'
  | 'opened'
  | 'word'
  | 'gap'
  // Where the chain stops.
  | 'nothing'
  | 'no-base'
  | 'has-base'
  | 'outside'
  | 'filtered'
  | 'condition'
  | 'below'
  | 'open-window'
  | 'numbers-complete'
  | 'spoke'
  | 'ended'
  | 'silent'

/** What was found of a subject: step by step, whether it holds now, where it stops if not, and what it rests on. */
export type Reading = { steps: Step[]; holds: boolean; stop?: Step; evidence?: Evidence; at?: number }
