import { grown } from './grown.ts'

/**
 * Lists of int32 by dense key, all in one slab: the neighbours of a graph's nodes. The order within a list follows its history; who depends on an order sorts.
 * A loop reads `slab` from `start(key)` on, `length(key)` values, and must not add meanwhile.
 */
export class Lists {
  slab = new Int32Array(1024)
  #used = 0
  #start = new Int32Array(0)
  #length = new Int32Array(0)
  /** Room of a list, a power of two; 0 where it has none. */
  #room = new Int32Array(0)
  /** Given back, by log2 of the room. */
  readonly #free: number[][] = Array.from({ length: 32 }, () => [])

  /** Lists of the numbers from 0 on, each in that of its key and in this order; `keys` are below `size`. */
  static byKey(keys: Int32Array, size: number): Lists {
    const lists = new Lists()
    lists.#reserve(size)
    const lengths = lists.#length
    for (const key of keys) lengths[key] = (lengths[key] as number) + 1
    for (let key = 0; key < size; key++) {
      const length = lengths[key] as number
      if (length === 0) continue
      const room = length === 1 ? 1 : 2 ** (32 - Math.clz32(length - 1))
      lists.#room[key] = room
      lists.#start[key] = lists.#used
      lists.#used += room
    }
    lists.slab = grown(lists.slab, lists.#used)
    lengths.fill(0)
    for (let value = 0; value < keys.length; value++) {
      const key = keys[value] as number
      const length = lengths[key] as number
      lists.slab[(lists.#start[key] as number) + length] = value
      lengths[key] = length + 1
    }
    return lists
  }

  start(key: number): number {
    return this.#start[key] as number
  }

  length(key: number): number {
    return key < this.#length.length ? (this.#length[key] as number) : 0
  }

  /** A view of the list, good until the next change. */
  of(key: number): Int32Array {
    const length = this.length(key)
    return length === 0 ? NOTHING : this.slab.subarray(this.start(key), this.start(key) + length)
  }

  add(key: number, value: number): void {
    if (key >= this.#length.length) this.#reserve(key + 1)
    const length = this.#length[key] as number
    if (length === this.#room[key]) this.#move(key, length === 0 ? 1 : length * 2)
    this.slab[(this.#start[key] as number) + length] = value
    this.#length[key] = length + 1
  }

  /** Takes one `value` out; false where there is none. */
  remove(key: number, value: number): boolean {
    const list = this.of(key)
    const at = list.indexOf(value)
    if (at < 0) return false
    list[at] = list[list.length - 1] as number
    this.#length[key] = list.length - 1
    if (list.length === 1) this.#giveBack(key)
    return true
  }

  #reserve(keys: number): void {
    this.#start = grown(this.#start, keys)
    this.#length = grown(this.#length, keys)
    this.#room = grown(this.#room, keys)
  }

  #move(key: number, room: number): void {
    const free = this.#free[31 - Math.clz32(room)] as number[]
    const start = free.pop() ?? this.#end(room)
    const from = this.#start[key] as number
    const [slab, length] = [this.slab, this.#length[key] as number]
    if (length > FEW) slab.copyWithin(start, from, from + length)
    else for (let i = 0; i < length; i++) slab[start + i] = slab[from + i] as number
    this.#giveBack(key)
    this.#start[key] = start
    this.#room[key] = room
  }

  #end(room: number): number {
    const start = this.#used
    this.#used += room
    this.slab = grown(this.slab, this.#used)
    return start
  }

  #giveBack(key: number): void {
    const room = this.#room[key] as number
    if (room > 0) this.#free[31 - Math.clz32(room)]?.push(this.#start[key] as number)
    this.#room[key] = 0
  }
}

/** Up to so many a loop is faster than a call. */
const FEW = 32
const NOTHING = new Int32Array(0)
