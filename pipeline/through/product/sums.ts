/**
 * Sums of whole minor units by number, exact whatever comes and goes in whatever order: Float64 as far as integers are exact there (2^53),
 * bigint beyond. Open addressing: 16 bytes a place, at most two thirds of them taken.
 */
export class Sums {
  #places = places(FIRST_PLACES)
  #taken = 0
  /** What is beyond 2^53; NaN stands for it in the amounts. */
  readonly #large = new Map<number, bigint>()
  /** Who was added to since `take`, and by how much in all, NaN where that is no longer exact; nobody is noted while all is new. */
  #touched: number[] = []
  #moved: number[] = []
  readonly #before = new Map<number, bigint>()
  #isNew = true
  readonly #later: number[] = []

  add(code: number, amount: number): void {
    const place = this.#place(code)
    const { amounts } = this.#places
    const before = amounts[2 * place + 1] as number
    if (!this.#isNew) this.#note(place, code, amount)
    const sum = before + amount
    if (sum <= Number.MAX_SAFE_INTEGER && sum >= -Number.MAX_SAFE_INTEGER) amounts[2 * place + 1] = sum
    else this.#addLarge(place, code, amount)
  }

  /** Adds at the next `catchUp`: what is taken out of a sum and put in again finds it in memory once. */
  addLater(code: number, amount: number): void {
    this.#later.push(code, amount)
  }

  catchUp(): void {
    for (let i = 0; i < this.#later.length; i += 2) this.add(this.#later[i] as number, this.#later[i + 1] as number)
    this.#later.length = 0
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
    const changed = touched.filter((code, i) => (Number.isNaN(this.#moved[i]) ? this.get(code) !== this.#before.get(code) : this.#moved[i] !== 0))
    this.#touched = []
    this.#moved = []
    this.#before.clear()
    return { touched, changed }
  }

  /** A place says where its code is noted; whether that still holds, the note says. */
  #note(place: number, code: number, amount: number): void {
    const { words } = this.#places
    let at = words[4 * place + 1] as number
    if (this.#touched[at] !== code) {
      at = this.#touched.push(code) - 1
      this.#moved.push(0)
      words[4 * place + 1] = at
    }
    const moved = (this.#moved[at] as number) + amount
    if (moved <= Number.MAX_SAFE_INTEGER && moved >= -Number.MAX_SAFE_INTEGER) this.#moved[at] = moved
    else this.#loseCount(at, code)
  }

  /** From here on what the sum was is kept instead. */
  #loseCount(at: number, code: number): void {
    const moved = this.#moved[at] as number
    if (Number.isNaN(moved)) return
    this.#before.set(code, this.get(code) - BigInt(moved))
    this.#moved[at] = Number.NaN
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
      const [code, note, amount] = [words[4 * old] as number, words[4 * old + 1] as number, amounts[2 * old + 1] as number]
      if (code === NOBODY || (amount === 0 && this.#touched[note] !== code)) continue
      const place = this.#find(code)
      this.#places.words[4 * place] = code
      this.#places.words[4 * place + 1] = note
      this.#places.amounts[2 * place + 1] = amount
      this.#taken++
    }
  }
}

/** Per place a code, where it is noted, and its amount, side by side: one look at memory finds all three. */
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
