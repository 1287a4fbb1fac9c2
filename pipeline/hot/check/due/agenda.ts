/** What has to be looked at in which tick. Ticks come in any order, as many as a batch has seconds. */
import { Heap } from '../../../contract/heap.ts'

export class Agenda<T> {
  readonly #ticks = new Heap<number>((a, b) => a < b)
  readonly #items = new Map<number, T[]>()

  add(tick: number, item: T): void {
    const known = this.#items.get(tick)
    if (known !== undefined) {
      known.push(item)
      return
    }
    this.#items.set(tick, [item])
    this.#ticks.add(tick)
  }

  /** Infinity where nothing is noted. */
  get next(): number {
    return this.#ticks.first ?? Infinity
  }

  /** What is noted for `tick`, where that is the next one; it is noted no more. */
  take(tick: number): T[] {
    if (this.next !== tick) return []
    this.#ticks.take()
    const items = this.#items.get(tick) ?? []
    this.#items.delete(tick)
    return items
  }
}
