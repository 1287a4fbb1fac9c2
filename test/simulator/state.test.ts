/** Rules over all that stands, together: one of them is about what the others could not judge. */
import { RULES } from '../reference/rules.ts'
import { testSeeds } from './seeds.ts'

testSeeds(201, 220, { rules: RULES.filter((t) => ['limit', 'summary', 'missing'].includes(t.kind)), corrections: true })
