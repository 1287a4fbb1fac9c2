/** What a rule could not be asked about, as notices: the first row of each rule; how often it goes on is in the metrics. */
import { LookthroughError } from '../../contract/errors.ts'
import type { Unjudged } from '../../contract/stage.ts'

/** Gives LT-3012 to `onNotice`, once a rule. */
export function unjudgedNotices(onNotice: (notice: LookthroughError) => void): (unjudged: Unjudged) => void {
  const told = new Set<string>()
  return ({ rule, about }) => {
    if (told.has(rule)) return
    told.add(rule)
    onNotice(new LookthroughError('LT-3012', { code: rule, about }))
  }
}
