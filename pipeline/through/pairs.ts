/** Rows by two numbers they hold: a table of row numbers (open addressing, at most half full). The numbers of a row do not change while it is in. */
export class Pairs {
  readonly #firsts: () => Int32Array
  readonly #seconds: () => Int32Array
  #table = new Int32Array(64)
  #size = 0

  constructor(firsts: () => Int32Array, seconds: () => Int32Array) {
    this.#firsts = firsts
    this.#seconds = seconds
  }

  /** 0: none. */
  find(first: number, second: number): number {
    const [firsts, seconds, table] = [this.#firsts(), this.#seconds(), this.#table]
    const mask = table.length - 1
    for (let i = home(first, second, mask); ; i = (i + 1) & mask) {
      const row = table[i] as number
      if (row === 0 || (firsts[row] === first && seconds[row] === second)) return row
    }
  }

  add(row: number): void {
    if (++this.#size * 2 > this.#table.length) this.#grow()
    this.#put(row)
  }

  remove(row: number): void {
    const mask = this.#table.length - 1
    let hole = this.#home(row)
    while (this.#table[hole] !== row) hole = (hole + 1) & mask
    for (let i = (hole + 1) & mask; this.#table[i] !== 0; i = (i + 1) & mask) {
      const moved = this.#table[i] as number
      if (((i - this.#home(moved)) & mask) < ((i - hole) & mask)) continue
      this.#table[hole] = moved
      hole = i
    }
    this.#table[hole] = 0
    this.#size--
  }

  #put(row: number): void {
    const mask = this.#table.length - 1
    let i = this.#home(row)
    while (this.#table[i] !== 0) i = (i + 1) & mask
    this.#table[i] = row
  }

  #home(row: number): number {
    return home(this.#firsts()[row] as number, this.#seconds()[row] as number, this.#table.length - 1)
  }

  #grow(): void {
    const old = this.#table
    this.#table = new Int32Array(old.length * 2)
    for (const row of old) if (row !== 0) this.#put(row)
  }
}

function home(first: number, second: number, mask: number): number {
  let h = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad)
  return (h ^ (h >>> 15)) & mask
}
