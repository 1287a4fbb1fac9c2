/** The finding of a rule over what has not come. It rests on no event: there is none. `since`: from when on it was waited for, ms. */
import type { Held } from '../../../contract/finding.ts'
import type { DueRule } from '../../../contract/rule.ts'
import { parameterText } from '../expression.ts'

export function dueFinding(rule: DueRule, of: Pick<Held, 'institution' | 'subject' | 'at' | 'holds' | 'values'>, since: number): Held {
  return {
    ...of,
    kind: 'held',
    rule,
    event: '',
    threshold: parameterText(rule, rule.within, { institution: of.institution, at: since }),
    evidence: () => ({ refs: [], count: 0, path: [] }),
  }
}
