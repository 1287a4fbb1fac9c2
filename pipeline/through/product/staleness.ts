/** Which holdings are too old to rely on, as event time passes. Times in ms. */
export class Staleness {
  readonly #after: number
  /** By the time from which it is stale. */
  readonly #due = new Map<number, Set<string>>()
  readonly #dueOf = new Map<string, number>()
  #now = Number.NEGATIVE_INFINITY

  /** `after`: the age, grace included, from which a holding counts no more; undefined: never. */
  constructor(after: number | undefined) {
    this.#after = after ?? Number.POSITIVE_INFINITY
  }

  /** Notes as of when a product was described. */
  set(product: string, asOf: number | undefined): void {
    const before = this.#dueOf.get(product)
    if (before !== undefined) {
      this.#due.get(before)?.delete(product)
      if (this.#due.get(before)?.size === 0) this.#due.delete(before)
      this.#dueOf.delete(product)
    }
    const due = (asOf ?? Number.NaN) + this.#after
    if (!Number.isFinite(due)) return
    this.#dueOf.set(product, due)
    const products = this.#due.get(due)
    if (products === undefined) this.#due.set(due, new Set([product]))
    else products.add(product)
  }

  isStale(product: string): boolean {
    return (this.#dueOf.get(product) ?? Number.POSITIVE_INFINITY) <= this.#now
  }

  /** Lets time pass, or go back: the products that have become stale by it, or fresh. */
  advance(now: number): string[] {
    const [from, to] = now < this.#now ? [now, this.#now] : [this.#now, now]
    this.#now = now
    return [...this.#due].flatMap(([due, products]) => (due > from && due <= to ? [...products] : []))
  }

  /** When the next one becomes stale. */
  next(): number | undefined {
    let next: number | undefined
    for (const due of this.#due.keys()) if (due > this.#now && (next === undefined || due < next)) next = due
    return next
  }
}
