/**
 * What stands for each thing of one stream, as far as the next statement about it needs: whose it is, since when, its row in the file,
 * and the few fields that sums are made of. In columns outside the heap, found by a hash of the thing: 10 M loans are about 0.7 GB.
 */
import type { Names } from './names.ts'

/** Money in minor units, anything else as text. */
export type KeptField = { field: string; kind: 'money' | 'text' }

export type Standing = {
  slot: number
  time: number
  source: string
  institution: string
  deleted: boolean
  data: Record<string, bigint | string | undefined>
}

/** 128 bits that tell a thing apart, in two halves; salted for this process, so that nobody can choose ids that collide. */
export type ThingHash = readonly [bigint, bigint]

const FIRST_CAPACITY = 1024

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
    const record = (this.#places[this.#place(hash[0], hash[1])] ?? 0) - 1
    if (record < 0) return undefined
    let [money, text] = [0, 0]
    const data: Standing['data'] = {}
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
    const place = this.#place(hash[0], hash[1])
    const record = (this.#places[place] ?? 0) - 1
    this.#write(record < 0 ? this.#add(hash[0], hash[1], place) : record, s)
  }

  /** Makes room for `count` things at once. */
  reserve(count: number): void {
    if (count > this.#times.length) this.#grow(count)
  }

  #write(record: number, s: Standing): void {
    this.#slots[record] = s.slot
    this.#times[record] = s.time
    this.#sources[record] = this.#names.number(s.source)
    this.#institutions[record] = this.#names.number(s.institution)
    this.#deleted[record] = s.deleted ? 1 : 0
    let [money, text] = [0, 0]
    for (const { field, kind } of this.kept) {
      const value = s.data[field]
      if (kind === 'money') (this.#money[money++] ?? NONE)[record] = (value as bigint | undefined) ?? 0n
      else (this.#texts[text++] ?? NO_TEXTS)[record] = this.#names.number(value as string | undefined)
    }
  }

  #add(k0: bigint, k1: bigint, place: number): number {
    const record = this.#count++
    if (record >= this.#times.length) {
      this.#grow(record * 2)
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
    const mask = this.#places.length - 1
    const words = new Uint32Array(this.#hashes.buffer)
    for (let record = 0; record < this.#count; record++) {
      let place = (words[record * 4] ?? 0) & mask
      while (this.#places[place] !== 0) place = (place + 1) & mask
      this.#places[place] = record + 1
    }
  }
}

const NONE = new BigInt64Array(0)
const NO_TEXTS = new Uint32Array(0)
