/** What waits, best first: a binary heap. */
export class Heap<T> {
  readonly #heap: T[] = []
  readonly #before: (a: T, b: T) => boolean

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before
  }

  /** The best, which stays. */
  get first(): T | undefined {
    return this.#heap[0]
  }

  add(item: T): void {
    const heap = this.#heap
    let at = heap.push(item) - 1
    while (at > 0) {
      const up = (at - 1) >> 1
      if (!this.#before(item, heap[up] as T)) break
      heap[at] = heap[up] as T
      at = up
    }
    heap[at] = item
  }

  take(): T | undefined {
    const heap = this.#heap
    const best = heap[0]
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return best
    let at = 0
    for (let down = 1; down < heap.length; down = 2 * at + 1) {
      if (down + 1 < heap.length && this.#before(heap[down + 1] as T, heap[down] as T)) down++
      if (!this.#before(heap[down] as T, last)) break
      heap[at] = heap[down] as T
      at = down
    }
    heap[at] = last
    return best
  }
}
