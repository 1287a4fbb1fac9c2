/**
 * The events of one generation of the log of events seen, by number and by key: each has a 128-bit key and a 64-bit hash of its content. A key is found
 * through slots of 8 bytes (its first word and the number of its event), at most three quarters full, so that one that is new costs one look at memory;
 * keys and contents lie in the order of the numbers, 24 bytes each, and are only looked at where the first word is the same.
 */
const SLOT_WORDS = 2
const EVENT_WORDS = 6
/** Where an event's content stands behind its key. */
const CONTENT = 4
/** Events lie in blocks of so many: no event is ever moved. */
const BLOCK_BITS = 12
const IN_BLOCK = (1 << BLOCK_BITS) - 1

export class KeyTable {
  readonly generation: number
  /** Events that are found by their key. */
  size = 0
  /** The number the next event gets. */
  next = 0
  #slots: number
  /** A key belongs at the slot its first word's highest bits say, so that slots keep their order when the table grows. */
  #shift: number
  /** The number is kept plus one: 0 is a free slot. */
  #words: Uint32Array
  readonly #blocks: Uint32Array[] = []

  constructor(generation: number, expected = 0) {
    this.generation = generation
    this.#slots = 1 << 12
    while (expected * 4 > this.#slots * 3) this.#slots *= 2
    this.#shift = Math.clz32(this.#slots) + 1
    this.#words = new Uint32Array(this.#slots * SLOT_WORDS)
  }

  /** The number of the event whose key is `key[at…at+3]`, or -1. */
  find(key: Uint32Array, at: number): number {
    return (this.#words[this.#probe(key, at) * SLOT_WORDS + 1] as number) - 1
  }

  /**
   * Fetches from memory what looking up `rows` keys, one after the other from `key[at]` on, will need: loads that do not depend on each other are under way
   * together, where lookups wait for one after the other. Says whether any of them can be there.
   */
  touch(key: Uint32Array, at: number, rows: number): boolean {
    const [words, shift] = [this.#words, this.#shift]
    let taken = 0
    for (let i = at; i < at + rows * 4; i += 4) taken |= words[((key[i] as number) >>> shift) * SLOT_WORDS + 1] as number
    return taken !== 0
  }

  sameContent(n: number, content: Uint32Array, at: number): boolean {
    const [block, base] = [this.#blocks[n >>> BLOCK_BITS], (n & IN_BLOCK) * EVENT_WORDS + CONTENT]
    return block !== undefined && block[base] === content[at] && block[base + 1] === content[at + 1]
  }

  /** A number for an event that is logged but not found by its key. */
  number(): number {
    return this.next++
  }

  /** Puts in a key that is not there, and gives its number, which is `next`; of one that is there, gives the number it has, which is lower. */
  add(key: Uint32Array, at: number, content: Uint32Array, contentAt: number): number {
    return this.#put(key, at, content, contentAt, this.next)
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
      this.#put(key, 0, words, i * 2, n[i] as number)
    }
  }

  /** The number the key has then: `n`, where it was not there. */
  #put(key: Uint32Array, at: number, content: Uint32Array, contentAt: number, n: number): number {
    if (this.size * 4 >= this.#slots * 3) this.#grow()
    const slot = this.#probe(key, at) * SLOT_WORDS
    const words = this.#words
    const known = words[slot + 1] as number
    if (known !== 0) return known - 1
    words[slot] = key[at] as number
    words[slot + 1] = n + 1
    const block = (this.#blocks[n >>> BLOCK_BITS] ??= new Uint32Array(EVENT_WORDS << BLOCK_BITS))
    const base = (n & IN_BLOCK) * EVENT_WORDS
    for (let w = 0; w < CONTENT; w++) block[base + w] = key[at + w] as number
    block[base + CONTENT] = content[contentAt] as number
    block[base + CONTENT + 1] = content[contentAt + 1] as number
    this.size++
    if (n >= this.next) this.next = n + 1
    return n
  }

  /** The slot of this key, or the free one where it belongs. */
  #probe(key: Uint32Array, at: number): number {
    const mask = this.#slots - 1
    const words = this.#words
    const first = key[at] as number
    let slot = first >>> this.#shift
    for (;;) {
      const taken = words[slot * SLOT_WORDS + 1] as number
      if (taken === 0 || (words[slot * SLOT_WORDS] === first && this.#has(taken - 1, key, at))) return slot
      slot = (slot + 1) & mask
    }
  }

  /** Whether event `n` has this key, where the first words are the same. */
  #has(n: number, key: Uint32Array, at: number): boolean {
    const [block, base] = [this.#blocks[n >>> BLOCK_BITS] as Uint32Array, (n & IN_BLOCK) * EVENT_WORDS]
    return block[base + 1] === key[at + 1] && block[base + 2] === key[at + 2] && block[base + 3] === key[at + 3]
  }

  /** Old slots in their order go to new slots nearly in theirs: both tables are read and written from front to back. */
  #grow(): void {
    const [old, slots] = [this.#words, this.#slots]
    const words = new Uint32Array(slots * 2 * SLOT_WORDS)
    this.#words = words
    this.#slots *= 2
    this.#shift--
    const mask = this.#slots - 1
    for (let from = 0; from < slots * SLOT_WORDS; from += SLOT_WORDS) {
      if (old[from + 1] === 0) continue
      let to = (old[from] as number) >>> this.#shift
      while (words[to * SLOT_WORDS + 1] !== 0) to = (to + 1) & mask
      words[to * SLOT_WORDS] = old[from] as number
      words[to * SLOT_WORDS + 1] = old[from + 1] as number
    }
  }
}
