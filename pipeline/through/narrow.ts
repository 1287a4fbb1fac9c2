/** A column of whole numbers, 0 at first, in as many bytes each as the largest of them needs: one, two, four or, where one is below 0 or 2^32 and beyond, eight. */
export class Narrow {
  #values: Uint8Array | Uint16Array | Uint32Array | BigInt64Array
  /** The largest that fits. */
  #most = 0xff

  constructor(length: number) {
    this.#values = new Uint8Array(length)
  }

  /** A number, or a bigint where one of the column needs eight bytes; both compare with both. */
  at(i: number): number | bigint {
    return this.#values[i] as number | bigint
  }

  set(i: number, value: number | bigint): void {
    if (value < 0 || value > this.#most) this.#widen(value)
    if (this.#values instanceof BigInt64Array) this.#values[i] = BigInt(value)
    else this.#values[i] = Number(value)
  }

  #widen(value: number | bigint): void {
    const old = this.#values
    if (old instanceof BigInt64Array) return
    if (value < 0 || value > 0xffff_ffff) {
      this.#values = BigInt64Array.from(old, BigInt)
      this.#most = Number.POSITIVE_INFINITY
      return
    }
    this.#most = value > 0xffff ? 0xffff_ffff : 0xffff
    this.#values = value > 0xffff ? Uint32Array.from(old) : Uint16Array.from(old)
  }
}
