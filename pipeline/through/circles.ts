/**
 * Guarantee circles (CR-20): provider → customer of each loan it guarantees, per institution and over all of them. A circle is a strongly connected component
 * of at least `size` parties, its id the smallest of them. Under `*` stand those that close only across institutions: no institution alone has the same one.
 * Nothing is capped: a change costs at most the edges there are.
 */
import { Components } from './components.ts'
import { Ids } from './ids.ts'
import { compareText } from '../contract/text.ts'

/** A guarantee in force; `loans` by a name that is unique over all institutions. */
export type Guarantee = { institution: string; provider: string; loans: readonly string[] }

/** `members` sorted; `id` is the first. `institution` is `*` for a circle that closes only across institutions. */
export type Circle = { institution: string; id: string; members: string[] }

export const ACROSS = '*'

export class GuaranteeCircles {
  readonly #size: number
  readonly #parties = new Ids()
  readonly #guarantees = new Map<string, Guarantee>()
  readonly #customers = new Map<string, string>()
  /** Guarantees by the loans they are for. */
  readonly #for = new Map<string, Set<string>>()
  readonly #graphs = new Map<string, Components>()
  readonly #touched = new Set<string>()
  #told = new Map<string, Map<string, Circle>>()

  constructor(size = 3) {
    this.#size = size
  }

  /** A guarantee replaced or removed. */
  set(id: string, guarantee: Guarantee | undefined): void {
    const old = this.#guarantees.get(id)
    for (const loan of new Set(old?.loans)) {
      this.#change(old, loan, false)
      this.#for.get(loan)?.delete(id)
      if (this.#for.get(loan)?.size === 0) this.#for.delete(loan)
    }
    if (guarantee === undefined) this.#guarantees.delete(id)
    else this.#guarantees.set(id, guarantee)
    for (const loan of new Set(guarantee?.loans)) {
      this.#change(guarantee, loan, true)
      this.#for.set(loan, (this.#for.get(loan) ?? new Set()).add(id))
    }
  }

  /** Whose loan it is; undefined: there is no such loan. */
  setLoan(loan: string, customer: string | undefined): void {
    if (this.#customers.get(loan) === customer) return
    const guarantees = [...(this.#for.get(loan) ?? [])].map((id) => this.#guarantees.get(id))
    for (const guarantee of guarantees) this.#change(guarantee, loan, false)
    if (customer === undefined) this.#customers.delete(loan)
    else this.#customers.set(loan, customer)
    for (const guarantee of guarantees) this.#change(guarantee, loan, true)
  }

  /** Circles that have come, gone or got other members since the last call, as they are now (gone: without members), by institution and id. */
  changed(): Circle[] {
    const names = this.#touched.size === 0 ? [] : [...this.#touched, ACROSS]
    this.#touched.clear()
    const changes = names.flatMap((institution) => {
      const [old, now] = [this.#told.get(institution), new Map(this.circles(institution).map((circle) => [circle.id, circle]))]
      this.#told.set(institution, now)
      const gone = [...(old?.keys() ?? [])].filter((id) => !now.has(id)).map((id): Circle => ({ institution, id, members: [] }))
      return [...gone, ...[...now.values()].filter(({ id, members }) => old?.get(id)?.members.join('\0') !== members.join('\0'))]
    })
    return changes.sort((a, b) => compareText(a.institution, b.institution) || compareText(a.id, b.id))
  }

  /** The circles of an institution, or `*`, by id. */
  circles(institution: string): Circle[] {
    const components = [...(this.#graphs.get(institution)?.all() ?? [])].filter((c) => c.size >= this.#size)
    const own = institution === ACROSS ? components.filter((c) => !this.#isWithinOne(c)) : components
    return own
      .map((component) => [...component].map((party) => this.#parties.text(party)).sort(compareText))
      .map((members) => ({ institution, id: members[0] as string, members }))
      .sort((a, b) => compareText(a.id, b.id))
  }

  #isWithinOne(component: ReadonlySet<number>): boolean {
    const [any] = component
    for (const [institution, graph] of this.#graphs) if (institution !== ACROSS && graph.of(any as number)?.size === component.size) return true
    return false
  }

  #change(guarantee: Guarantee | undefined, loan: string, isAdded: boolean): void {
    const customer = this.#customers.get(loan)
    if (guarantee === undefined || customer === undefined) return
    const [from, to] = [this.#parties.of(guarantee.provider), this.#parties.of(customer)]
    for (const name of [guarantee.institution, ACROSS]) {
      const graph = this.#graphs.get(name) ?? new Components()
      this.#graphs.set(name, graph)
      if (isAdded ? graph.add(from, to) : graph.remove(from, to)) this.#touched.add(guarantee.institution)
    }
  }
}
