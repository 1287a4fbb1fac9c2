/** What of the reference is compared with the engine: all of it. A seed draws some of the rules. */
import { RULES } from '../reference/rules.ts'

/** `corrections`: of occurrences. */
export const ENGINE = { rules: RULES, corrections: true, rulesDrawn: 4 }
