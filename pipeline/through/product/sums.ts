/**
 * Sums of whole minor units by number, exact whatever comes and goes in whatever order: Float64 as far as integers are exact there (2^53),
 * bigint beyond. Open addressing: 16 bytes a place, at most two thirds of them taken.
 */
export class Sums {
  #places = places(FIRST_PLACES)
  #taken = 0
  /** What is beyond 2^53; NaN stands for it in the amounts. */
  readonly #large = new Map<number, bigint>()
  /** Who was added to since `take`, with what it was; nobody is noted while all is new. */
  #touched: number[] = []
  readonly #before: number[] = []
  readonly #largeBefore = new Map<number, bigint>()
  #isNew = true

  add(code: number, amount: number): void {
    const place = this.#place(code)
    const { words, amounts } = this.#places
    const before = amounts[2 * place + 1] as number
    if (!this.#isNew && words[4 * place + 1] === 0) this.#note(place, code, before)
    const sum = before + amount
    if (sum <= Number.MAX_SAFE_INTEGER && sum >= -Number.MAX_SAFE_INTEGER) amounts[2 * place + 1] = sum
    else this.#addLarge(place, code, amount)
  }

  /** Minor units. */
  get(code: number): bigint {
    const amount = this.#places.amounts[2 * this.#find(code) + 1] as number
    return Number.isNaN(amount) ? (this.#large.get(code) ?? 0n) : BigInt(amount)
  }

  /** Everyone with a sum other than nothing, in no order. */
  codes(): number[] {
    const { words, amounts } = this.#places
    const codes: number[] = []
    for (let place = 0; place * 4 < words.length; place++) {
      if (words[4 * place] !== NOBODY && amounts[2 * place + 1] !== 0) codes.push(words[4 * place] as number)
    }
    return codes
  }

  /** Since the last call: who was added to or taken from, and whose sum is another now; in no order. */
  take(): { touched: number[]; changed: number[] } {
    if (this.#isNew) {
      const all = this.codes()
      this.#isNew = this.#taken === 0
      return { touched: all, changed: all }
    }
    const touched = this.#touched
    const changed: number[] = []
    for (let i = 0; i < touched.length; i++) {
      const [code, before] = [touched[i] as number, this.#before[i] as number]
      const place = this.#find(code)
      this.#places.words[4 * place + 1] = 0
      const now = this.#places.amounts[2 * place + 1] as number
      if (Number.isNaN(now) && Number.isNaN(before) ? this.#large.get(code) !== this.#largeBefore.get(code) : now !== before) changed.push(code)
    }
    this.#touched = []
    this.#before.length = 0
    this.#largeBefore.clear()
    return { touched, changed }
  }

  #note(place: number, code: number, before: number): void {
    this.#places.words[4 * place + 1] = 1
    this.#touched.push(code)
    this.#before.push(before)
    const large = this.#large.get(code)
    if (large !== undefined) this.#largeBefore.set(code, large)
  }

  #addLarge(place: number, code: number, amount: number): void {
    const { amounts } = this.#places
    const known = this.#large.get(code) ?? BigInt(amounts[2 * place + 1] as number)
    const sum = known + BigInt(amount)
    const isSafe = sum <= MAX_SAFE && sum >= -MAX_SAFE
    if (isSafe) this.#large.delete(code)
    else this.#large.set(code, sum)
    amounts[2 * place + 1] = isSafe ? Number(sum) : Number.NaN
  }

  /** Where `code` stands; a place is made for it. */
  #place(code: number): number {
    const place = this.#find(code)
    if (this.#places.words[4 * place] === code) return place
    if (this.#taken * 6 >= this.#places.words.length) {
      this.#grow()
      return this.#place(code)
    }
    this.#places.words[4 * place] = code
    this.#taken++
    return place
  }

  /** Where `code` stands or would stand. */
  #find(code: number): number {
    const { words } = this.#places
    const mask = words.length / 4 - 1
    let place = (Math.imul(code, SPREAD) >>> 8) & mask
    while (words[4 * place] !== code && words[4 * place] !== NOBODY) place = (place + 1) & mask
    return place
  }

  #grow(): void {
    const { words, amounts } = this.#places
    this.#places = places(words.length / 2)
    this.#taken = 0
    for (let old = 0; old * 4 < words.length; old++) {
      const [code, mark, amount] = [words[4 * old] as number, words[4 * old + 1] as number, amounts[2 * old + 1] as number]
      if (code === NOBODY || (amount === 0 && mark === 0)) continue
      const place = this.#find(code)
      this.#places.words[4 * place] = code
      this.#places.words[4 * place + 1] = mark
      this.#places.amounts[2 * place + 1] = amount
      this.#taken++
    }
  }
}

/** Per place a code, whether it is noted, and its amount, side by side: one look at memory finds all three. */
function places(count: number): { words: Int32Array; amounts: Float64Array } {
  const amounts = new Float64Array(2 * count)
  const words = new Int32Array(amounts.buffer)
  for (let place = 0; place < count; place++) words[4 * place] = NOBODY
  return { words, amounts }
}

const NOBODY = -1
const FIRST_PLACES = 16
/** 2^32 ÷ the golden ratio: neighbours end up far apart. */
const SPREAD = 0x9e3779b1
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER)
