/** What has to be looked at in which tick. Most is noted for the last one or after it. */
export class Agenda<T> {
  readonly #ticks: number[] = []
  readonly #items = new Map<number, T[]>()

  add(tick: number, item: T): void {
    const known = this.#items.get(tick)
    if (known !== undefined) {
      known.push(item)
      return
    }
    this.#items.set(tick, [item])
    let at = this.#ticks.length
    while (at > 0 && (this.#ticks[at - 1] as number) > tick) at--
    this.#ticks.splice(at, 0, tick)
  }

  /** Infinity where nothing is noted. */
  get next(): number {
    return this.#ticks[0] ?? Infinity
  }

  /** What is noted for `tick`, where that is the next one; it is noted no more. */
  take(tick: number): T[] {
    if (this.next !== tick) return []
    this.#ticks.shift()
    const items = this.#items.get(tick) ?? []
    this.#items.delete(tick)
    return items
  }
}
