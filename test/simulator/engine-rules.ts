/** What the engine can do today of what the reference can: one line to extend it. A seed draws some of these rules. */
import { RULES } from '../reference/rules.ts'

const CODES = ['LM-01', 'LM-02', 'EA-01', 'HW-01', 'HW-04']

/** `corrections`: of occurrences. */
export const ENGINE = { rules: RULES.filter((t) => CODES.includes(t.rule.code)), corrections: false, rulesDrawn: 6 }
