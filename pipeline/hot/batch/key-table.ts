/**
 * An open-addressing table of 128-bit keys, each with a 64-bit hash of the event's content and the event's number in the log of its generation.
 * 28 bytes a slot, at most three quarters full.
 */
const SLOT_WORDS = 7
const CONTENT = 4
const NUMBER = 6

export class KeyTable {
  readonly generation: number
  size = 0
  /** The number the next event gets. */
  next = 0
  #slots: number
  /** A key belongs at the slot its first word's highest bits say, so that slots keep their order when the table grows. */
  #shift: number
  /** The number is kept plus one: 0 is a free slot. */
  #words: Uint32Array

  constructor(generation: number, expected = 0) {
    this.generation = generation
    this.#slots = 1 << 12
    while (expected * 4 > this.#slots * 3) this.#slots *= 2
    this.#shift = Math.clz32(this.#slots) + 1
    this.#words = new Uint32Array(this.#slots * SLOT_WORDS)
  }

  /** The slot of the key at `key[at…at+3]`, or -1. */
  find(key: Uint32Array, at: number): number {
    const slot = this.#probe(key, at)
    return this.#words[slot * SLOT_WORDS + NUMBER] === 0 ? -1 : slot
  }

  numberOf(slot: number): number {
    return (this.#words[slot * SLOT_WORDS + NUMBER] as number) - 1
  }

  sameContent(slot: number, content: Uint32Array, at: number): boolean {
    const base = slot * SLOT_WORDS + CONTENT
    return this.#words[base] === content[at] && this.#words[base + 1] === content[at + 1]
  }

  /** A number for an event that is logged but not found by its key. */
  number(): number {
    return this.next++
  }

  /** Puts in a key that is not there, and gives it its number. */
  insert(key: Uint32Array, at: number, content: Uint32Array, contentAt: number): number {
    const n = this.next++
    this.#put(key, at, content, contentAt, n)
    return n
  }

  /** Rows of the log, as DuckDB hands them out; of two with one key the first stays. */
  insertAll(n: Int32Array, k0: BigUint64Array, k1: BigUint64Array, content: BigUint64Array): void {
    const [first, second, words] = [k0, k1, content].map((column) => new Uint32Array(column.slice().buffer)) as [Uint32Array, Uint32Array, Uint32Array]
    const key = new Uint32Array(4)
    for (let i = 0; i < n.length; i++) {
      key[0] = first[i * 2] as number
      key[1] = first[i * 2 + 1] as number
      key[2] = second[i * 2] as number
      key[3] = second[i * 2 + 1] as number
      if (this.find(key, 0) < 0) this.#put(key, 0, words, i * 2, n[i] as number)
    }
  }

  #put(key: Uint32Array, at: number, content: Uint32Array, contentAt: number, n: number): void {
    if (this.size * 4 >= this.#slots * 3) this.#grow()
    const base = this.#probe(key, at) * SLOT_WORDS
    const words = this.#words
    for (let w = 0; w < CONTENT; w++) words[base + w] = key[at + w] as number
    words[base + CONTENT] = content[contentAt] as number
    words[base + CONTENT + 1] = content[contentAt + 1] as number
    words[base + NUMBER] = n + 1
    this.size++
  }

  /** The slot that holds this key, or the free one where it belongs. */
  #probe(key: Uint32Array, at: number): number {
    const mask = this.#slots - 1
    const words = this.#words
    let slot = (key[at] as number) >>> this.#shift
    for (;;) {
      const base = slot * SLOT_WORDS
      if (words[base + NUMBER] === 0) return slot
      if (words[base] === key[at] && words[base + 1] === key[at + 1] && words[base + 2] === key[at + 2] && words[base + 3] === key[at + 3]) return slot
      slot = (slot + 1) & mask
    }
  }

  /** Old slots in their order go to new slots nearly in theirs: both tables are read and written from front to back. */
  #grow(): void {
    const [old, slots] = [this.#words, this.#slots]
    const words = new Uint32Array(slots * 2 * SLOT_WORDS)
    this.#words = words
    this.#slots *= 2
    this.#shift--
    for (let from = 0; from < slots * SLOT_WORDS; from += SLOT_WORDS) {
      if (old[from + NUMBER] === 0) continue
      const to = this.#probe(old, from) * SLOT_WORDS
      for (let w = 0; w < SLOT_WORDS; w++) words[to + w] = old[from + w] as number
    }
  }
}
