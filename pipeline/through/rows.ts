type Column = Float64Array | Int32Array | Uint32Array | Uint8Array
/** By how much what is full grows: most of what is kept should be in use. */
export const GROWTH = 1.25

type ColumnType = { new (length: number): Column }

/** Records as columns of numbers. Rows are numbered from 1, so that 0 is none; a freed row is given out again, all its columns 0. */
export class Rows<C extends Record<string, ColumnType>> {
  /** Replaced when the rows grow: not to be held across `take`. */
  at: { [name in keyof C]: InstanceType<C[name]> }
  readonly #types: C
  #capacity = 64
  #used = 0
  #free: number[] = []

  constructor(types: C) {
    this.#types = types
    this.at = this.#made(undefined)
  }

  take(): number {
    const old = this.#free.pop()
    if (old !== undefined) return old
    if (++this.#used === this.#capacity) {
      this.#capacity = Math.ceil(this.#capacity * GROWTH)
      this.at = this.#made(this.at)
    }
    return this.#used
  }

  free(row: number): void {
    for (const name in this.at) this.at[name][row] = 0
    this.#free.push(row)
  }

  /** Rows in use. */
  get size(): number {
    return this.#used - this.#free.length
  }

  #made(old: this['at'] | undefined): this['at'] {
    const columns = Object.entries(this.#types).map(([name, type]) => [
      name,
      old === undefined ? new type(this.#capacity) : grown(old[name] as Column, this.#capacity),
    ])
    return Object.fromEntries(columns) as this['at']
  }
}

/** The same numbers in an array of `length`, the rest 0. */
export function grown<A extends Column>(array: A, length: number): A {
  const larger = new (array.constructor as { new (length: number): A })(length)
  larger.set(array)
  return larger
}
