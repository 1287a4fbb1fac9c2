import { grown } from './grown.ts'
import type { Payments } from './payments.ts'

/**
 * Accounts by how many payments they lie from a start, each with the best time of reaching it, and the payments of the last step there. One front serves
 * search after search: maps made anew for each took longer than the search.
 */
export class Front {
  start = 0
  /** The latest level; those above are left from earlier searches. */
  depth = 0
  /** How many payments lead on from the latest level; below 0: not counted. */
  fan = -1
  readonly #levels = [new Level()]

  /** Begins anew from an account. */
  from(account: number, time: number): void {
    this.start = account
    this.depth = -1
    const level = this.deepen()
    level.times[level.reach(account)] = time
  }

  get latest(): Level {
    return this.level(this.depth)
  }

  level(depth: number): Level {
    return this.#levels[depth] as Level
  }

  /** A next level, nothing in it yet. */
  deepen(): Level {
    this.fan = -1
    if (++this.depth === this.#levels.length) this.#levels.push(new Level())
    this.latest.clear()
    return this.latest
  }

  drop(): void {
    this.depth--
    this.fan = -1
  }

  /** Whether an account can be reached by so many payments before `time`, as far as is known. */
  reaches(account: number, depth: number, time: number): boolean {
    if (depth > this.depth) return true
    const level = this.level(depth)
    const i = level.indexOf(account)
    return i >= 0 && (level.times[i] as number) < time
  }

  /** The last payments of ways so long into an account, the latest first. */
  into(account: number, depth: number, payments: Payments): readonly number[] {
    return this.level(depth).into(account, payments)
  }
}

/** What lies so many payments from a start: `accounts` and their `times`, ms, in the order in which they were reached, `size` of them. */
export class Level {
  size = 0
  accounts = new Uint32Array(64)
  times = new Float64Array(64)
  /** Open addressing, at most half full: index + 1 by account, 0 free; and the slot of each. */
  #slots = new Int32Array(128)
  #slotOf = new Int32Array(64)
  #edges = new Uint32Array(64)
  #edgeCount = 0
  /** The edges by the account they lead to, once somebody asks. */
  #into: Map<number, number[]> | undefined

  clear(): void {
    for (let i = 0; i < this.size; i++) this.#slots[this.#slotOf[i] as number] = 0
    this.size = this.#edgeCount = 0
    this.#into = undefined
  }

  /** Where an account stands; below 0: it is not reached. */
  indexOf(account: number): number {
    return (this.#slots[this.#slot(account)] as number) - 1
  }

  /** Where an account stands that is reached; where it was not before, with the time NaN. A time that is handed over would be an object of its own. */
  reach(account: number): number {
    const slot = this.#slot(account)
    const known = this.#slots[slot] as number
    return known === 0 ? this.#add(account, slot) : known - 1
  }

  /** A payment leads here. */
  lead(place: number): void {
    if (this.#edgeCount === this.#edges.length) this.#edges = grown(this.#edges, this.#edgeCount + 1)
    this.#edges[this.#edgeCount++] = place
  }

  /** The payments that lead to an account, the latest first. */
  into(account: number, payments: Payments): readonly number[] {
    this.#into ??= this.#byAccount(payments)
    return this.#into.get(account) ?? []
  }

  #byAccount(payments: Payments): Map<number, number[]> {
    const into = new Map<number, number[]>()
    for (const place of Array.from(this.#edges.subarray(0, this.#edgeCount)).sort((a, b) => payments.compare(b, a))) {
      const places = into.get(payments.to(place))
      if (places === undefined) into.set(payments.to(place), [place])
      else places.push(place)
    }
    return into
  }

  #slot(account: number): number {
    const slots = this.#slots
    const accounts = this.accounts
    const mask = slots.length - 1
    for (let slot = Math.imul(account, 0x9e3779b1) >>> 7; ; slot++) {
      const known = slots[slot & mask] as number
      if (known === 0 || accounts[known - 1] === account) return slot & mask
    }
  }

  #add(account: number, slot: number): number {
    if (this.size === this.accounts.length) {
      this.#grow()
      slot = this.#slot(account)
    }
    const i = this.size++
    this.accounts[i] = account
    this.times[i] = Number.NaN
    this.#slotOf[i] = slot
    this.#slots[slot] = i + 1
    return i
  }

  #grow(): void {
    const room = this.size * 2
    this.accounts = grown(this.accounts, room)
    this.times = grown(this.times, room)
    this.#slotOf = grown(this.#slotOf, room)
    this.#slots = new Int32Array(2 * room)
    for (let i = 0; i < this.size; i++) {
      const slot = this.#slot(this.accounts[i] as number)
      this.#slotOf[i] = slot
      this.#slots[slot] = i + 1
    }
  }
}
