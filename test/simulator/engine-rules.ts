/** What the engine can do today of what the reference can; one line to extend it. */
import { RULES } from '../reference/rules.ts'

const CODES = ['LM-01', 'LM-02', 'EA-01', 'HW-01', 'HW-04']

export const ENGINE = { rules: RULES.filter((t) => CODES.includes(t.rule.code)), corrections: false }
