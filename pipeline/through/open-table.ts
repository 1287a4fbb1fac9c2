/** Numbers from 1 on by a hash of what each stands for: open addressing, at most two thirds full. What a number stands for does not change while it is in. */
export abstract class OpenTable {
  size = 0
  /** 0: free. */
  protected table = new Uint32Array(64)

  /** 32 bits, of which the low ones are its place. */
  protected abstract hashOf(entry: number): number

  /** What it stands for is not in yet. */
  add(entry: number): void {
    if (++this.size * 3 > this.table.length * 2) this.#grow()
    this.#put(entry)
  }

  remove(entry: number): void {
    const mask = this.table.length - 1
    let hole = this.#home(entry)
    while (this.table[hole] !== entry) hole = (hole + 1) & mask
    for (let i = (hole + 1) & mask; this.table[i] !== 0; i = (i + 1) & mask) {
      const moved = this.table[i] as number
      if (((i - this.#home(moved)) & mask) < ((i - hole) & mask)) continue
      this.table[hole] = moved
      hole = i
    }
    this.table[hole] = 0
    this.size--
  }

  #put(entry: number): void {
    const mask = this.table.length - 1
    let i = this.#home(entry)
    while (this.table[i] !== 0) i = (i + 1) & mask
    this.table[i] = entry
  }

  #home(entry: number): number {
    return this.hashOf(entry) & (this.table.length - 1)
  }

  #grow(): void {
    const old = this.table
    this.table = new Uint32Array(old.length * 2)
    for (let i = 0; i < old.length; i++) if (old[i] !== 0) this.#put(old[i] as number)
  }
}
