import type { Payments } from './payments.ts'

/** Payments of several accounts in event order, each once, while more accounts join. */
export class InOrder {
  readonly #payments: Payments
  /** A heap of lists, that with the earliest next payment on top. */
  readonly #lists: List[] = []

  constructor(payments: Payments) {
    this.#payments = payments
  }

  /** `places` in event order, from index `next` on. */
  join(places: readonly number[], next: number): void {
    if (next >= places.length) return
    this.#lists.push({ places, next, e: this.#payments.e(places[next] as number) })
    this.#rise(this.#lists.length - 1)
  }

  *[Symbol.iterator](): Iterator<number> {
    let last = 0
    while (this.#lists.length > 0) {
      const place = this.#at(0)
      this.#pass()
      if (place !== last) yield place
      last = place
    }
  }

  #pass(): void {
    const top = this.#lists[0] as List
    if (++top.next === top.places.length) {
      const end = this.#lists.pop() as List
      if (this.#lists.length === 0) return
      this.#lists[0] = end
    } else top.e = this.#payments.e(top.places[top.next] as number)
    this.#sink()
  }

  #at(i: number): number {
    const list = this.#lists[i] as List
    return list.places[list.next] as number
  }

  #isEarlier(i: number, j: number): boolean {
    const earlier = (this.#lists[i] as List).e - (this.#lists[j] as List).e
    return earlier !== 0 ? earlier < 0 : this.#payments.compare(this.#at(i), this.#at(j)) < 0
  }

  #swap(i: number, j: number): void {
    const held = this.#lists[i] as List
    this.#lists[i] = this.#lists[j] as List
    this.#lists[j] = held
  }

  #rise(start: number): void {
    for (let i = start; i > 0; ) {
      const parent = (i - 1) >> 1
      if (!this.#isEarlier(i, parent)) return
      this.#swap(i, parent)
      i = parent
    }
  }

  #sink(): void {
    for (let i = 0; ; ) {
      let least = i
      for (let child = 2 * i + 1; child <= 2 * i + 2; child++) if (child < this.#lists.length && this.#isEarlier(child, least)) least = child
      if (least === i) return
      this.#swap(i, least)
      i = least
    }
  }
}

/** `e`: the time of the payment at `next`, ms. */
type List = { places: readonly number[]; next: number; e: number }
