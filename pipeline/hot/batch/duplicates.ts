/**
 * Which events were seen before: an open-addressing table of 128-bit keys of (source, id) with a 64-bit hash of the content.
 * Bounded: two generations; when the young one is full the old one is forgotten, so at least `capacity ÷ 2` of the latest
 * events are remembered. A repetition from before that is taken for a new event, which the metric of evictions makes visible.
 */
export type Repetition = 'new' | 'duplicate' | 'conflict'

/** Entries of both generations together: 24 bytes each at half load, 400 MB at most. */
export const DUPLICATE_CAPACITY = 1 << 23

export class Duplicates {
  readonly #perGeneration: number
  #young: KeyTable
  #old: KeyTable
  generation = 0

  constructor(capacity = DUPLICATE_CAPACITY) {
    this.#perGeneration = capacity >> 1
    this.#young = new KeyTable()
    this.#old = new KeyTable()
  }

  /** Looks row `i` up and remembers it when it is new. `key` has 4 words and `content` 2 words per row. */
  see(key: Uint32Array, content: Uint32Array, i: number): Repetition {
    for (const table of [this.#young, this.#old]) {
      const slot = table.find(key, i * 4)
      if (slot >= 0) return table.sameContent(slot, content, i * 2) ? 'duplicate' : 'conflict'
    }
    this.add(key, content, i)
    return 'new'
  }

  add(key: Uint32Array, content: Uint32Array, i: number): void {
    if (this.#young.size >= this.#perGeneration) {
      this.#old = this.#young
      this.#young = new KeyTable()
      this.generation++
    }
    this.#young.insert(key, i * 4, content, i * 2)
  }
}

const SLOT_WORDS = 6

class KeyTable {
  size = 0
  #slots = 1 << 12
  #words = new Uint32Array(this.#slots * SLOT_WORDS)
  #taken = new Uint8Array(this.#slots)

  /** The slot of this key, or -1. */
  find(key: Uint32Array, at: number): number {
    const slot = this.#probe(key, at)
    return this.#taken[slot] === 1 ? slot : -1
  }

  sameContent(slot: number, content: Uint32Array, at: number): boolean {
    const base = slot * SLOT_WORDS + 4
    return this.#words[base] === content[at] && this.#words[base + 1] === content[at + 1]
  }

  insert(key: Uint32Array, at: number, content: Uint32Array, contentAt: number): void {
    if (this.size * 2 >= this.#slots) this.#grow()
    const slot = this.#probe(key, at)
    this.#taken[slot] = 1
    const base = slot * SLOT_WORDS
    for (let w = 0; w < 4; w++) this.#words[base + w] = key[at + w] ?? 0
    for (let w = 0; w < 2; w++) this.#words[base + 4 + w] = content[contentAt + w] ?? 0
    this.size++
  }

  /** The slot that holds this key, or the free one where it belongs. */
  #probe(key: Uint32Array, at: number): number {
    const mask = this.#slots - 1
    let slot = (key[at] ?? 0) & mask
    while (this.#taken[slot] === 1) {
      const base = slot * SLOT_WORDS
      if (
        this.#words[base] === key[at] &&
        this.#words[base + 1] === key[at + 1] &&
        this.#words[base + 2] === key[at + 2] &&
        this.#words[base + 3] === key[at + 3]
      )
        return slot
      slot = (slot + 1) & mask
    }
    return slot
  }

  #grow(): void {
    const [words, taken, slots] = [this.#words, this.#taken, this.#slots]
    this.#slots *= 2
    this.#words = new Uint32Array(this.#slots * SLOT_WORDS)
    this.#taken = new Uint8Array(this.#slots)
    for (let slot = 0; slot < slots; slot++) {
      if (taken[slot] !== 1) continue
      const to = this.#probe(words, slot * SLOT_WORDS)
      this.#taken[to] = 1
      this.#words.set(words.subarray(slot * SLOT_WORDS, (slot + 1) * SLOT_WORDS), to * SLOT_WORDS)
    }
  }
}
