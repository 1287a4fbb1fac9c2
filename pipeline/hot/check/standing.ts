/**
 * What stands for each thing of one stream, as far as the next statement about it needs: whose it is, since when, its row in the file,
 * and the few fields that sums are made of. In records outside the heap, found by a hash of the thing: 64 bytes per loan and 8 to 16 for its place, texts
 * apart. What is needed of a thing lies together, because which thing comes next is anyone's guess: each separate place is a wait for memory.
 */
import type { DuckDBDataChunk } from '@duckdb/node-api'
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

/** 128 bits that tell a thing apart, as four words, salted for this process, so that nobody can choose ids that collide. */
export type ThingHash = Uint32Array

const FIRST_CAPACITY = 1024
const GROWTH = 1.5

export class StandingBook {
  readonly kept: readonly KeptField[]
  readonly #names: Names
  readonly #layout: Layout
  #count = 0
  #capacity = FIRST_CAPACITY
  #records: Records
  /** Open addressing: record + 1, or 0 for a free place; at most half full. */
  #places = new Uint32Array(FIRST_CAPACITY * 2)

  constructor(kept: readonly KeptField[], names: Names) {
    this.kept = kept
    this.#names = names
    this.#layout = layoutOf(kept)
    this.#records = recordsOf(FIRST_CAPACITY * this.#layout.bytes)
  }

  get size(): number {
    return this.#count
  }

  /** `hash`: of the thing, from place `at` on. */
  get(hash: ThingHash, at = 0): Standing | undefined {
    const record = (this.#places[this.#place(hash, at)] ?? 0) - 1
    if (record < 0) return undefined
    const { numbers, big, words } = this.#records
    const [at8, at4] = [record * (this.#layout.bytes / 8), record * (this.#layout.bytes / 4)]
    const data: Data = {}
    for (const { field, kind, at: own } of this.#layout.kept) data[field] = kind === 'money' ? big[at8 + own] : this.#names.text(words[at4 + own] as number)
    return {
      slot: numbers[at8 + SLOT] as number,
      time: numbers[at8 + TIME] as number,
      source: this.#text(at4 + this.#layout.source),
      institution: this.#text(at4 + this.#layout.institution),
      deleted: words[at4 + this.#layout.deleted] === 1,
      data,
    }
  }

  set(hash: ThingHash, at: number, s: Standing): void {
    const place = this.#place(hash, at)
    const record = (this.#places[place] ?? 0) - 1
    this.#write(record < 0 ? this.#add(hash, at, place) : record, s)
  }

  /**
   * Adds things that are not in it yet. `hashes`: four words each. `columns`: slot, time, deleted, the numbers of source,
   * institution and kept texts, then money.
   */
  append(count: number, hashes: Uint32Array, columns: readonly (ArrayLike<bigint> | ArrayLike<number>)[]): void {
    const at = this.#count
    this.reserve(at + count)
    const { numbers, big, words } = this.#records
    const { bytes, source, institution, deleted, kept } = this.#layout
    const put = <T>(to: { [i: number]: T }, width: number, place: number, from: ArrayLike<T>) => {
      for (let i = 0, p = at * (bytes / width) + place; i < count; i++, p += bytes / width) to[p] = from[i] as T
    }
    for (let i = 0, p = at * (bytes / 4); i < count; i++, p += bytes / 4) for (let k = 0; k < 4; k++) words[p + k] = hashes[i * 4 + k] as number
    const rest = [...kept.filter((k) => k.kind === 'text'), ...kept.filter((k) => k.kind === 'money')]
    put(numbers, 8, SLOT, columns[0] as ArrayLike<number>)
    put(numbers, 8, TIME, columns[1] as ArrayLike<number>)
    for (const [k, place] of [deleted, source, institution].entries()) put(words, 4, place, columns[2 + k] as ArrayLike<number>)
    for (const [k, { kind, at: place }] of rest.entries()) {
      if (kind === 'money') put(big, 8, place, columns[5 + k] as ArrayLike<bigint>)
      else put(words, 4, place, columns[5 + k] as ArrayLike<number>)
    }
    this.#count += count
    this.#index(at)
  }

  /** Makes room for `count` things at once. */
  reserve(count: number): void {
    if (count > this.#capacity) this.#grow(Math.max(count, Math.ceil(this.#capacity * GROWTH)))
  }

  #text(at: number): string {
    return this.#names.text(this.#records.words[at] as number) ?? ''
  }

  #write(record: number, s: Standing): void {
    const { numbers, big } = this.#records
    const [at8, at4] = [record * (this.#layout.bytes / 8), record * (this.#layout.bytes / 4)]
    numbers[at8 + SLOT] = s.slot
    numbers[at8 + TIME] = s.time
    this.#name(at4 + this.#layout.source, s.source)
    this.#name(at4 + this.#layout.institution, s.institution)
    this.#records.words[at4 + this.#layout.deleted] = s.deleted ? 1 : 0
    for (const { field, kind, at } of this.#layout.kept) {
      const value = s.data[field]
      if (kind === 'money') big[at8 + at] = (value as bigint | undefined) ?? 0n
      else this.#name(at4 + at, value as string | undefined)
    }
  }

  /** Most statements name what the one before named: then nothing is looked up. */
  #name(at: number, text: string | undefined): void {
    const { words } = this.#records
    if (this.#names.text(words[at] as number) !== text) words[at] = this.#names.number(text)
  }

  #add(hash: ThingHash, at: number, place: number): number {
    const record = this.#count++
    if (record >= this.#capacity) {
      this.#grow(Math.ceil(record * GROWTH))
      place = this.#place(hash, at)
    }
    for (let k = 0; k < 4; k++) this.#records.words[record * (this.#layout.bytes / 4) + k] = hash[at + k] as number
    this.#places[place] = record + 1
    return record
  }

  /** Where the thing is, or the free place it belongs to. */
  #place(hash: ThingHash, first: number): number {
    const a = hash[first] as number
    const b = hash[first + 1]
    const c = hash[first + 2]
    const d = hash[first + 3]
    const { words } = this.#records
    const mask = this.#places.length - 1
    const stride = this.#layout.bytes / 4
    let place = a & mask
    for (;;) {
      const at = ((this.#places[place] ?? 0) - 1) * stride
      if (at < 0 || (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d)) return place
      place = (place + 1) & mask
    }
  }

  #grow(capacity: number): void {
    const grown = recordsOf(capacity * this.#layout.bytes)
    grown.words.set(this.#records.words)
    this.#records = grown
    this.#capacity = capacity
    this.#places = new Uint32Array(2 ** Math.ceil(Math.log2(capacity * 2)))
    this.#index(0)
  }

  /** Finds a place for every record from `first` on. */
  #index(first: number): void {
    const mask = this.#places.length - 1
    const { words } = this.#records
    const stride = this.#layout.bytes / 4
    for (let record = first; record < this.#count; record++) {
      let place = (words[record * stride] as number) & mask
      while (this.#places[place] !== 0) place = (place + 1) & mask
      this.#places[place] = record + 1
    }
  }
}

/** The same memory as what lies in it. */
type Records = { numbers: Float64Array; big: BigInt64Array; words: Uint32Array }

function recordsOf(bytes: number): Records {
  const memory = new ArrayBuffer(bytes)
  return { numbers: new Float64Array(memory), big: new BigInt64Array(memory), words: new Uint32Array(memory) }
}

/** Where things lie in a record, in units of their width: hash, slot, time and money in eights, then numbers of texts in fours. */
type Layout = { bytes: number; source: number; institution: number; deleted: number; kept: (KeptField & { at: number })[] }

/** After the hash. */
const SLOT = 2
const TIME = 3

function layoutOf(kept: readonly KeptField[]): Layout {
  const money = kept.filter((k) => k.kind === 'money').length
  const source = (TIME + 1 + money) * 2
  let [eight, four] = [TIME + 1, source + 3]
  const placed = kept.map((k) => ({ ...k, at: k.kind === 'money' ? eight++ : four++ }))
  return { bytes: Math.ceil(four / 2) * 8, source, institution: source + 1, deleted: source + 2, kept: placed }
}

/** The hashes in a column of a result, one after the other. */
export function hashWords(chunk: DuckDBDataChunk, column: number): Uint32Array {
  const { buffer, byteOffset } = (chunk.getColumnVector(column) as unknown as { dataView: DataView }).dataView
  return new Uint32Array(buffer, byteOffset, chunk.rowCount * 4)
}
