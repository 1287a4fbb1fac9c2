/** The ticks in which parameters change by themselves, because an override begins or ends, and for whom. */
import { edgesOf, type Rule } from '../../contract/rule.ts'
import { tickOf } from '../../contract/tick.ts'

export class ParameterChanges {
  readonly #edges: { tick: number; institution: string }[]

  constructor(rules: readonly Rule[]) {
    this.#edges = rules.flatMap((rule) => edgesOf(rule).map(({ at, institution }) => ({ tick: tickOf(at), institution }))).sort((a, b) => a.tick - b.tick)
  }

  /** The first tick above this one; a log that has not begun has none. */
  nextAfter(tick: number): number {
    return Number.isFinite(tick) ? (this.#edges.find((e) => e.tick > tick)?.tick ?? Infinity) : Infinity
  }

  /** For whom they change in (after, upTo]. */
  between(after: number, upTo: number): Set<string> {
    return new Set(Number.isFinite(after) ? this.#edges.flatMap((e) => (e.tick > after && e.tick <= upTo ? [e.institution] : [])) : [])
  }
}
