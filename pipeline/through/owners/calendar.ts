/** When statements begin and end by themselves: moments ahead and the statements they concern. A moment is ms since the epoch. */
export class Calendar {
  now = Number.NEGATIVE_INFINITY
  readonly #ahead = new Map<number, Set<number>>()

  /** Notes the moments of a statement that are still ahead. */
  add(statement: number, moments: readonly number[]): void {
    for (const moment of moments) {
      if (!(moment > this.now) || moment === Number.POSITIVE_INFINITY) continue
      const due = this.#ahead.get(moment)
      if (due === undefined) this.#ahead.set(moment, new Set([statement]))
      else due.add(statement)
    }
  }

  remove(statement: number, moments: readonly number[]): void {
    for (const moment of moments) {
      const due = this.#ahead.get(moment)
      if (due?.delete(statement) === true && due.size === 0) this.#ahead.delete(moment)
    }
  }

  /** Moves the clock, never back; returns the statements whose moment has come. */
  moveTo(now: number): Set<number> {
    const due = new Set<number>()
    if (now <= this.now) return due
    this.now = now
    for (const [moment, statements] of this.#ahead) {
      if (moment > now) continue
      for (const statement of statements) due.add(statement)
      this.#ahead.delete(moment)
    }
    return due
  }

  /** The next moment ahead; undefined where there is none. */
  next(): number | undefined {
    let next: number | undefined
    for (const moment of this.#ahead.keys()) if (next === undefined || moment < next) next = moment
    return next
  }
}
