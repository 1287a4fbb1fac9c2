/** What the engine can do today of what the reference can: one line to extend it. A seed draws some of these rules. */
import { RULES } from '../reference/rules.ts'

/** EA-02: a correction that arrives before the payment it corrects finds no alert, where both come in different batches. */
const NOT_YET = ['EA-02']

/** `corrections`: of occurrences. */
export const ENGINE = { rules: RULES.filter((t) => !NOT_YET.includes(t.rule.code)), corrections: true, rulesDrawn: 6 }
