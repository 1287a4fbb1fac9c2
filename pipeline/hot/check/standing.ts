/**
 * What stands for each thing of one stream, as far as the next statement about it needs: whose it is, since when, its row in the file,
 * and the few fields that sums are made of. In columns outside the heap, found by a hash of the thing: 66 bytes per loan, texts apart.
 */
import type { Names } from './names.ts'
import type { Data } from './statement.ts'

/** Money in minor units, anything else as text. */
export type KeptField = { field: string; kind: 'money' | 'text' }

export type Standing = {
  slot: number
  time: number
  source: string
  institution: string
  deleted: boolean
  data: Data
}

/** 128 bits that tell a thing apart, salted for this process, so that nobody can choose ids that collide. */
export type ThingHash = bigint

const FIRST_CAPACITY = 1024
const GROWTH = 1.5

export class StandingBook {
  readonly kept: readonly KeptField[]
  readonly #names: Names
  #count = 0
  #hashes = new BigUint64Array(FIRST_CAPACITY * 2)
  #slots = new Float64Array(FIRST_CAPACITY)
  #times = new Float64Array(FIRST_CAPACITY)
  #sources = new Uint32Array(FIRST_CAPACITY)
  #institutions = new Uint32Array(FIRST_CAPACITY)
  #deleted = new Uint8Array(FIRST_CAPACITY)
  #money: BigInt64Array[]
  #texts: Uint32Array[]
  /** Open addressing: record + 1, or 0 for a free place; at most half full. */
  #places = new Uint32Array(FIRST_CAPACITY * 2)
  readonly #probe = new BigUint64Array(1)
  readonly #probeWords = new Uint32Array(this.#probe.buffer)

  constructor(kept: readonly KeptField[], names: Names) {
    this.kept = kept
    this.#names = names
    this.#money = kept.filter((k) => k.kind === 'money').map(() => new BigInt64Array(FIRST_CAPACITY))
    this.#texts = kept.filter((k) => k.kind === 'text').map(() => new Uint32Array(FIRST_CAPACITY))
  }

  get size(): number {
    return this.#count
  }

  get(hash: ThingHash): Standing | undefined {
    const record = (this.#places[this.#place(low(hash), high(hash))] ?? 0) - 1
    if (record < 0) return undefined
    let [money, text] = [0, 0]
    const data: Data = {}
    for (const { field, kind } of this.kept)
      data[field] = kind === 'money' ? this.#money[money++]?.[record] : this.#names.text(this.#texts[text++]?.[record] ?? 0)
    return {
      slot: this.#slots[record] ?? 0,
      time: this.#times[record] ?? 0,
      source: this.#names.text(this.#sources[record] ?? 0) ?? '',
      institution: this.#names.text(this.#institutions[record] ?? 0) ?? '',
      deleted: this.#deleted[record] === 1,
      data,
    }
  }

  set(hash: ThingHash, s: Standing): void {
    const place = this.#place(low(hash), high(hash))
    const record = (this.#places[place] ?? 0) - 1
    this.#write(record < 0 ? this.#add(low(hash), high(hash), place) : record, s)
  }

  /**
   * Adds things that are not in it yet. `hashes`: two words each, the low one first. `columns`: slot, time, deleted, the numbers of source,
   * institution and kept texts, then money.
   */
  append(count: number, hashes: BigUint64Array, columns: readonly (ArrayLike<bigint> | ArrayLike<number>)[]): void {
    const at = this.#count
    this.reserve(at + count)
    const numbers = (k: number) => columns[k] as ArrayLike<number>
    this.#hashes.set(hashes, at * 2)
    this.#slots.set(numbers(0), at)
    this.#times.set(numbers(1), at)
    this.#deleted.set(numbers(2), at)
    this.#sources.set(numbers(3), at)
    this.#institutions.set(numbers(4), at)
    this.#texts.forEach((texts, k) => texts.set(numbers(5 + k), at))
    this.#money.forEach((money, k) => money.set(columns[5 + this.#texts.length + k] as ArrayLike<bigint>, at))
    this.#count += count
    this.#index(at)
  }

  /** Makes room for `count` things at once. */
  reserve(count: number): void {
    if (count > this.#times.length) this.#grow(Math.max(count, Math.ceil(this.#times.length * GROWTH)))
  }

  #write(record: number, s: Standing): void {
    this.#slots[record] = s.slot
    this.#times[record] = s.time
    this.#name(this.#sources, record, s.source)
    this.#name(this.#institutions, record, s.institution)
    this.#deleted[record] = s.deleted ? 1 : 0
    let [money, text] = [0, 0]
    for (const { field, kind } of this.kept) {
      const value = s.data[field]
      if (kind === 'money') (this.#money[money++] ?? NONE)[record] = (value as bigint | undefined) ?? 0n
      else this.#name(this.#texts[text++] ?? NO_TEXTS, record, value as string | undefined)
    }
  }

  /** Most statements name what the one before named: then nothing is looked up. */
  #name(numbers: Uint32Array, record: number, text: string | undefined): void {
    if (this.#names.text(numbers[record] ?? 0) !== text) numbers[record] = this.#names.number(text)
  }

  #add(k0: bigint, k1: bigint, place: number): number {
    const record = this.#count++
    if (record >= this.#times.length) {
      this.#grow(Math.ceil(record * GROWTH))
      place = this.#place(k0, k1)
    }
    this.#hashes[record * 2] = k0
    this.#hashes[record * 2 + 1] = k1
    this.#places[place] = record + 1
    return record
  }

  /** Where the thing is, or the free place it belongs to. */
  #place(k0: bigint, k1: bigint): number {
    const mask = this.#places.length - 1
    this.#probe[0] = k0
    let place = (this.#probeWords[0] ?? 0) & mask
    for (;;) {
      const record = (this.#places[place] ?? 0) - 1
      if (record < 0 || (this.#hashes[record * 2] === k0 && this.#hashes[record * 2 + 1] === k1)) return place
      place = (place + 1) & mask
    }
  }

  #grow(capacity: number): void {
    const grown = <T extends BigUint64Array | BigInt64Array | Float64Array | Uint32Array | Uint8Array>(from: T, to: T): T => {
      to.set(from as never)
      return to
    }
    this.#hashes = grown(this.#hashes, new BigUint64Array(capacity * 2))
    this.#slots = grown(this.#slots, new Float64Array(capacity))
    this.#times = grown(this.#times, new Float64Array(capacity))
    this.#sources = grown(this.#sources, new Uint32Array(capacity))
    this.#institutions = grown(this.#institutions, new Uint32Array(capacity))
    this.#deleted = grown(this.#deleted, new Uint8Array(capacity))
    this.#money = this.#money.map((m) => grown(m, new BigInt64Array(capacity)))
    this.#texts = this.#texts.map((t) => grown(t, new Uint32Array(capacity)))
    this.#rehash(capacity)
  }

  #rehash(capacity: number): void {
    this.#places = new Uint32Array(2 ** Math.ceil(Math.log2(capacity * 2)))
    this.#index(0)
  }

  /** Finds a place for every record from `first` on. */
  #index(first: number): void {
    const mask = this.#places.length - 1
    const words = new Uint32Array(this.#hashes.buffer)
    for (let record = first; record < this.#count; record++) {
      let place = (words[record * 4] ?? 0) & mask
      while (this.#places[place] !== 0) place = (place + 1) & mask
      this.#places[place] = record + 1
    }
  }
}

function low(hash: ThingHash): bigint {
  return BigInt.asUintN(64, hash)
}

function high(hash: ThingHash): bigint {
  return BigInt.asUintN(64, hash >> 64n)
}

const NONE = new BigInt64Array(0)
const NO_TEXTS = new Uint32Array(0)
