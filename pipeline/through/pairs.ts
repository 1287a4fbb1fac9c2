import { OpenTable } from './open-table.ts'

/** Rows by two numbers they hold. */
export class Pairs extends OpenTable {
  readonly #firsts: () => Int32Array
  readonly #seconds: () => Int32Array

  constructor(firsts: () => Int32Array, seconds: () => Int32Array) {
    super()
    this.#firsts = firsts
    this.#seconds = seconds
  }

  /** 0: none. */
  find(first: number, second: number): number {
    const [firsts, seconds, table] = [this.#firsts(), this.#seconds(), this.table]
    const mask = table.length - 1
    for (let i = hash(first, second) & mask; ; i = (i + 1) & mask) {
      const row = table[i] as number
      if (row === 0 || (firsts[row] === first && seconds[row] === second)) return row
    }
  }

  protected hashOf(row: number): number {
    return hash(this.#firsts()[row] as number, this.#seconds()[row] as number)
  }
}

function hash(first: number, second: number): number {
  let h = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad)
  return h ^ (h >>> 15)
}
