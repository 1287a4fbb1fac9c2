/** What has to be looked at in which tick: a heap of ticks. They come in any order, as many as a batch has seconds. */
export class Agenda<T> {
  /** No tick is later than those at 2i + 1 and 2i + 2 below it. */
  readonly #ticks: number[] = []
  readonly #items = new Map<number, T[]>()

  add(tick: number, item: T): void {
    const known = this.#items.get(tick)
    if (known !== undefined) {
      known.push(item)
      return
    }
    this.#items.set(tick, [item])
    this.#rise(this.#ticks.length, tick)
  }

  /** Infinity where nothing is noted. */
  get next(): number {
    return this.#ticks[0] ?? Infinity
  }

  /** What is noted for `tick`, where that is the next one; it is noted no more. */
  take(tick: number): T[] {
    if (this.next !== tick) return []
    const last = this.#ticks.pop() as number
    if (this.#ticks.length > 0) this.#sink(last)
    const items = this.#items.get(tick) ?? []
    this.#items.delete(tick)
    return items
  }

  /** Puts a tick where `place` is free, or above it. */
  #rise(place: number, tick: number): void {
    const ticks = this.#ticks
    while (place > 0) {
      const above = (place - 1) >> 1
      const other = ticks[above] as number
      if (other <= tick) break
      ticks[place] = other
      place = above
    }
    ticks[place] = tick
  }

  /** Puts a tick at the top, or below it. */
  #sink(tick: number): void {
    const ticks = this.#ticks
    let place = 0
    for (;;) {
      let below = 2 * place + 1
      if (below >= ticks.length) break
      if (below + 1 < ticks.length && (ticks[below + 1] as number) < (ticks[below] as number)) below++
      const other = ticks[below] as number
      if (other >= tick) break
      ticks[place] = other
      place = below
    }
    ticks[place] = tick
  }
}
