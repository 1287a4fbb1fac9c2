import { grown } from './grown.ts'

/**
 * Spots with taint in them, by list, in one slab; beside each the two numbers by which a payment is known not to concern it. A loop reads the columns from
 * `start(list)` on, `length(list)` values, backward where it takes out; the columns are replaced when they grow.
 * Room is given and taken as in `Lists`, but not by code of both: loops that see two classes took 8 % more for a payment.
 */
export class ActiveSpots {
  /** Below 0 (the spot × −1): shut, what it pays is followed no further. */
  spots = new Int32Array(1024)
  keys = new Float64Array(1024)
  untils = new Float64Array(1024)
  #used = 0
  #start = new Int32Array(256)
  #length = new Int32Array(256)
  /** Room of a list, a power of two; 0 where it has none. */
  #room = new Int32Array(256)
  /** Given back, by log2 of the room. */
  readonly #free: number[][] = Array.from({ length: 32 }, () => [])

  start(list: number): number {
    return this.#start[list] as number
  }

  length(list: number): number {
    return this.#length[list] as number
  }

  /** Its place in the list. */
  add(list: number, spot: number, key: number, until: number): number {
    const length = this.length(list)
    if (length === this.#room[list]) this.#move(list, length === 0 ? 1 : length * 2)
    const i = this.start(list) + length
    this.spots[i] = spot
    this.keys[i] = key
    this.untils[i] = until
    this.#length[list] = length + 1
    return length
  }

  /** Takes out what lies at a place; the spot that lies there now, 0: none. */
  remove(list: number, place: number): number {
    const last = this.length(list) - 1
    const [i, end] = [this.start(list) + place, this.start(list) + last]
    this.#length[list] = last
    if (last === 0) this.#giveBack(list)
    if (place === last) return 0
    this.keys[i] = this.keys[end] as number
    this.untils[i] = this.untils[end] as number
    const moved = this.spots[end] as number
    this.spots[i] = moved
    return Math.abs(moved)
  }

  /** Empties a list; `attach` brings back what was in it, and drops what is. */
  detach(list: number): Detached {
    const detached = { start: this.start(list), length: this.length(list), room: this.#room[list] as number }
    this.#length[list] = this.#room[list] = 0
    return detached
  }

  attach(list: number, { start, length, room }: Detached): void {
    this.#giveBack(list)
    this.#start[list] = start
    this.#length[list] = length
    this.#room[list] = room
  }

  /** Room for so many lists. */
  reserve(lists: number): void {
    this.#start = grown(this.#start, lists)
    this.#length = grown(this.#length, lists)
    this.#room = grown(this.#room, lists)
  }

  #move(list: number, room: number): void {
    const start = this.#free[31 - Math.clz32(room)]?.pop() ?? this.#end(room)
    const [from, length] = [this.start(list), this.length(list)]
    const { spots, keys, untils } = this
    for (let i = 0; i < length; i++) {
      spots[start + i] = spots[from + i] as number
      keys[start + i] = keys[from + i] as number
      untils[start + i] = untils[from + i] as number
    }
    this.#giveBack(list)
    this.#start[list] = start
    this.#room[list] = room
  }

  #end(room: number): number {
    const start = this.#used
    this.#used += room
    this.spots = grown(this.spots, this.#used)
    this.keys = grown(this.keys, this.#used)
    this.untils = grown(this.untils, this.#used)
    return start
  }

  #giveBack(list: number): void {
    const room = this.#room[list] as number
    if (room > 0) this.#free[31 - Math.clz32(room)]?.push(this.#start[list] as number)
    this.#room[list] = 0
  }
}

/** Where the content of a list lies. */
export type Detached = { start: number; length: number; room: number }
