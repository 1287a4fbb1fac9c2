/**
 * Sums of whole minor units by number, exact whatever comes and goes in whatever order: Float64 as far as integers are exact there (2^53),
 * bigint beyond. Open addressing: 13 bytes a place, at most two thirds of them taken.
 */
export class Sums {
  #codes = new Int32Array(FIRST_PLACES).fill(NOBODY)
  #amounts = new Float64Array(FIRST_PLACES)
  #marks = new Uint8Array(FIRST_PLACES)
  #taken = 0
  /** What is beyond 2^53; NaN stands for it in `#amounts`. */
  readonly #large = new Map<number, bigint>()
  /** Who was added to since `take`, with what it was; nobody is noted while all is new. */
  readonly #touched: number[] = []
  readonly #before: bigint[] = []
  #isNew = true

  add(code: number, amount: number): void {
    const place = this.#place(code)
    if (!this.#isNew && this.#marks[place] === 0) this.#note(place, code)
    const sum = (this.#amounts[place] as number) + amount
    if (Math.abs(sum) <= Number.MAX_SAFE_INTEGER) this.#amounts[place] = sum
    else this.#addLarge(place, code, amount)
  }

  /** Minor units. */
  get(code: number): bigint {
    const amount = this.#amounts[this.#find(code)] as number
    return Number.isNaN(amount) ? (this.#large.get(code) ?? 0n) : BigInt(amount)
  }

  /** Everyone with a sum other than nothing, in no order. */
  *codes(): Iterable<number> {
    for (let place = 0; place < this.#codes.length; place++) {
      if (this.#codes[place] !== NOBODY && this.#amounts[place] !== 0) yield this.#codes[place] as number
    }
  }

  /** Since the last call: who was added to or taken from, and whose sum is another now; in no order. */
  take(): { touched: number[]; changed: number[] } {
    if (this.#isNew) {
      const all = [...this.codes()]
      this.#isNew = this.#taken === 0
      return { touched: all, changed: all }
    }
    const touched = [...this.#touched]
    const changed = touched.filter((code, i) => this.get(code) !== this.#before[i])
    for (const code of touched) this.#marks[this.#find(code)] = 0
    this.#touched.length = 0
    this.#before.length = 0
    return { touched, changed }
  }

  #note(place: number, code: number): void {
    this.#marks[place] = 1
    this.#touched.push(code)
    this.#before.push(this.get(code))
  }

  #addLarge(place: number, code: number, amount: number): void {
    const known = this.#large.get(code) ?? BigInt(this.#amounts[place] as number)
    const sum = known + BigInt(amount)
    const isSafe = sum <= MAX_SAFE && sum >= -MAX_SAFE
    if (isSafe) this.#large.delete(code)
    else this.#large.set(code, sum)
    this.#amounts[place] = isSafe ? Number(sum) : Number.NaN
  }

  /** Where `code` stands; a place is made for it. */
  #place(code: number): number {
    const place = this.#find(code)
    if (this.#codes[place] === code) return place
    if (this.#taken * 3 >= this.#codes.length * 2) {
      this.#grow()
      return this.#place(code)
    }
    this.#codes[place] = code
    this.#taken++
    return place
  }

  /** Where `code` stands or would stand. */
  #find(code: number): number {
    const mask = this.#codes.length - 1
    let place = (Math.imul(code, SPREAD) >>> 8) & mask
    while (this.#codes[place] !== code && this.#codes[place] !== NOBODY) place = (place + 1) & mask
    return place
  }

  #grow(): void {
    const [codes, amounts, marks] = [this.#codes, this.#amounts, this.#marks]
    this.#codes = new Int32Array(codes.length * 2).fill(NOBODY)
    this.#amounts = new Float64Array(codes.length * 2)
    this.#marks = new Uint8Array(codes.length * 2)
    this.#taken = 0
    codes.forEach((code, i) => {
      if (code === NOBODY || (amounts[i] === 0 && marks[i] === 0)) return
      const place = this.#find(code)
      this.#codes[place] = code
      this.#amounts[place] = amounts[i] as number
      this.#marks[place] = marks[i] as number
      this.#taken++
    })
  }
}

const NOBODY = -1
const FIRST_PLACES = 16
/** 2^32 ÷ the golden ratio: neighbours end up far apart. */
const SPREAD = 0x9e3779b1
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER)
