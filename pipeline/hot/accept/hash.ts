/**
 * A 128-bit hash after MurmurHash3 (x86), fed in parts: words and bytes. Not for secrets: it finds the events that may have been seen before
 * (10 million share a hash with a chance below 10^-24); whether they were is then told by comparing what they are.
 */
export class Hash128 {
  #a = 0
  #b = 0
  #c = 0
  #d = 0

  reset(): this {
    this.#a = this.#b = this.#c = this.#d = 0
    return this
  }

  /** One 32-bit word into the first of four lanes; then the lanes change places. */
  word(k: number): this {
    const x = Math.imul(k, 0x239b961b)
    const y = this.#a ^ Math.imul((x << 15) | (x >>> 17), 0xab0e9789)
    const next = (Math.imul((((y << 19) | (y >>> 13)) + this.#b) | 0, 5) + 0x561ccd1b) | 0
    this.#a = this.#b
    this.#b = this.#c
    this.#c = this.#d
    this.#d = next
    return this
  }

  /** A number as its 64 bits. */
  double(value: number): this {
    DOUBLE[0] = value
    return this.word(HALVES[0] as number).word(HALVES[1] as number)
  }

  /** Bytes and their number, so that two neighbouring texts cannot be confused with two others: as `word` for each four of them, the lanes at hand. */
  bytes(from: Uint8Array, start: number, end: number): this {
    let [a, b, c, d] = [this.#a, this.#b, this.#c, this.#d]
    const whole = end - ((end - start) & 3)
    for (let i = start; i < whole; i += 4) {
      const k = (from[i] as number) | ((from[i + 1] as number) << 8) | ((from[i + 2] as number) << 16) | ((from[i + 3] as number) << 24)
      const x = Math.imul(k, 0x239b961b)
      const y = a ^ Math.imul((x << 15) | (x >>> 17), 0xab0e9789)
      const next = (Math.imul((((y << 19) | (y >>> 13)) + b) | 0, 5) + 0x561ccd1b) | 0
      a = b
      b = c
      c = d
      d = next
    }
    this.#a = a
    this.#b = b
    this.#c = c
    this.#d = d
    let tail = 0
    for (let i = whole, shift = 0; i < end; i++, shift += 8) tail |= (from[i] as number) << shift
    return this.word(tail).word(end - start)
  }

  /** Writes four words to `out[at…]`. */
  into(out: Uint32Array, at: number): void {
    for (let round = 0; round < 4; round++) this.word(round)
    let [h1, h2, h3, h4] = [this.#a, this.#b, this.#c, this.#d]
    h1 = (h1 + h2 + h3 + h4) | 0
    ;[h2, h3, h4] = [(h2 + h1) | 0, (h3 + h1) | 0, (h4 + h1) | 0]
    ;[h1, h2, h3, h4] = [avalanche(h1), avalanche(h2), avalanche(h3), avalanche(h4)]
    h1 = (h1 + h2 + h3 + h4) | 0
    out[at] = h1
    out[at + 1] = h2 + h1
    out[at + 2] = h3 + h1
    out[at + 3] = h4 + h1
  }
}

const DOUBLE = new Float64Array(1)
const HALVES = new Int32Array(DOUBLE.buffer)

function avalanche(x: number): number {
  let h = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
