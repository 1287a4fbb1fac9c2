/**
 * Verdicts that could not be had: a condition of a rule that cannot be computed for a row (docs/decisions/0037). Such a row does not satisfy it; nothing else
 * stops. Counted here by rule until somebody tells of them, which decides nothing.
 */
import type { Unjudged } from '../../contract/stage.ts'

export class UnjudgedVerdicts {
  #since = new Map<string, Unjudged>()

  /** `about`: the row, as a person would look for it. */
  note(rule: string, about: string): void {
    const known = this.#since.get(rule)
    if (known === undefined) this.#since.set(rule, { rule, about, times: 1 })
    else known.times++
  }

  /** Those since the last call, by rule. */
  take(): Unjudged[] {
    const since = [...this.#since.values()]
    if (since.length > 0) this.#since = new Map()
    return since
  }
}
