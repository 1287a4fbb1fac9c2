import type { Words } from '../contract/rule.ts'
import type { Verdict } from './cast.ts'
import type { Statement } from './statement.ts'

/** What a step is known to be: it makes `subject` of `institution` break `rule`, or come close without breaking it. */
export type Label = { rule: 'CR-01' | 'CR-02' | 'CR-05' | 'CR-09' | 'OP-08'; subject: string; institution: string; verdict: Verdict; note: Words }

/** A step of the story, `afterMs` after the beginning of its lap. Whoever plays it gives the statement its number and time. */
export type Planned = { afterMs: number; statement: Statement; label?: Label }
