/** What the engine can do today of what the reference can: one line to extend it. A seed draws some of these rules. */
import { RULES } from '../reference/rules.ts'

const NOT_YET: string[] = []

/** `corrections`: of occurrences. */
export const ENGINE = { rules: RULES.filter((t) => !NOT_YET.includes(t.rule.code)), corrections: true, rulesDrawn: 6 }
