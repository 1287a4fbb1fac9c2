/** Capital bases at a point between two statements of a tick, when those of the tick are all in force already. */
import { compareText } from '../../../contract/text.ts'
import type { Base, CapitalBook } from '../capital.ts'

/** `order`: the place in event order of a statement that changed a base; `before`: what it was until then. */
type Change = { order: string; institution: string; metric: string; before: Base | undefined }

export class BasesInOrder {
  readonly #capital: CapitalBook
  #changes: Change[] = []

  constructor(capital: CapitalBook) {
    this.#capital = capital
  }

  /** A statement about a metric takes effect after this. */
  changes(order: string, institution: string, metric: string): void {
    this.#changes.push({ order, institution, metric, before: this.#capital.latest(institution, metric) })
  }

  /** As it was when an event of this tick came, in event order. */
  at(order: string, institution: string, metric: string): Base | undefined {
    const later = this.#changes.filter((c) => c.institution === institution && c.metric === metric && compareText(c.order, order) > 0)
    const first = later.reduce<Change | undefined>((low, c) => (low === undefined || compareText(c.order, low.order) < 0 ? c : low), undefined)
    return first === undefined ? this.#capital.latest(institution, metric) : first.before
  }

  /** The tick is over. */
  clear(): void {
    this.#changes = []
  }
}
