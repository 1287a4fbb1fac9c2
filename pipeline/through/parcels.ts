import { Rows } from './rows.ts'

/**
 * What lies in an account as a line of parcels, for taint that keeps its place (first in, first out; last in, first out). Parcels are amounts in minor
 * units, tainted ones negative; neighbours of one kind are one parcel. Whole units only: nothing is ever rounded.
 */
export class Parcels {
  readonly #lines = new Rows({ head: Int32Array, tail: Int32Array })
  readonly #parcels = new Rows({ amount: Float64Array, next: Int32Array })

  /** A line with `clean` in it. */
  open(clean: number): number {
    const line = this.#lines.take()
    if (clean > 0) this.put(line, clean, false)
    return line
  }

  /** Puts a parcel last in line, or `first`. */
  put(line: number, amount: number, first: boolean): void {
    const { head, tail } = this.#lines.at
    const end = (first ? head : tail)[line] as number
    const held = end === 0 ? 0 : (this.#parcels.at.amount[end] as number)
    if (held !== 0 && held > 0 === amount > 0) {
      this.#parcels.at.amount[end] = held + amount
      return
    }
    const parcel = this.#parcels.take()
    this.#parcels.at.amount[parcel] = amount
    if (first) {
      this.#parcels.at.next[parcel] = end
      head[line] = parcel
      if (end === 0) tail[line] = parcel
    } else {
      if (end === 0) head[line] = parcel
      else this.#parcels.at.next[end] = parcel
      tail[line] = parcel
    }
  }

  /** Takes `amount` from the front, adds the parcels in their order to `taken`, and returns how much of it is tainted. */
  take(line: number, amount: number, taken: number[]): number {
    const { head, tail } = this.#lines.at
    const { amount: held, next } = this.#parcels.at
    let [left, tainted] = [amount, 0]
    for (let parcel = head[line] as number; parcel !== 0 && left > 0; parcel = head[line] as number) {
      const size = held[parcel] as number
      const part = Math.min(Math.abs(size), left)
      left -= part
      if (size < 0) tainted += part
      taken.push(size < 0 ? -part : part)
      if (part < Math.abs(size)) {
        held[parcel] = size < 0 ? size + part : size - part
        break
      }
      head[line] = next[parcel] as number
      if (head[line] === 0) tail[line] = 0
      this.#parcels.free(parcel)
    }
    return tainted
  }

  close(line: number): void {
    for (let parcel = this.#lines.at.head[line] as number; parcel !== 0; ) {
      const next = this.#parcels.at.next[parcel] as number
      this.#parcels.free(parcel)
      parcel = next
    }
    this.#lines.free(line)
  }
}
