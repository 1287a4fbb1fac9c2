/** Every rule of the reference runs on the engine. */
import { RULES } from '../reference/rules.ts'

export const ENGINE = { rules: RULES, corrections: true }
