/**
 * Common exposures: how far two institutions stand on the same ground. `cosine` of their exposure vectors is 1 when they hold the same in the same proportions and 0
 * when they share nothing; `shared` is the sum of the smaller of both amounts, in minor units of CNY.
 */
export type Overlap = { first: string; second: string; cosine: number; shared: bigint }

/** Obligor → amount in minor units, looked through; negative amounts count as none. */
export type Exposures = ReadonlyMap<string, bigint>

/** Every pair that shares an obligor, in the order of their names. Sums run in the order of the obligors' names: equal exposures give equal numbers. */
export function overlaps(institutions: ReadonlyMap<string, Exposures>): Overlap[] {
  const names = [...institutions.keys()].sort()
  const holders = holdersOf(names.map((name) => institutions.get(name) ?? new Map<string, bigint>()))
  const pairs = new Pairs(names.length)
  for (const obligor of [...holders.keys()].sort()) pairs.add(holders.get(obligor) ?? [])
  return pairs.overlaps(names)
}

type Holder = { place: number; amount: bigint }

function holdersOf(vectors: readonly Exposures[]): Map<string, Holder[]> {
  const holders = new Map<string, Holder[]>()
  for (const [place, vector] of vectors.entries()) {
    for (const [obligor, amount] of vector) {
      if (amount <= 0n) continue
      const of = holders.get(obligor)
      if (of === undefined) holders.set(obligor, [{ place, amount }])
      else of.push({ place, amount })
    }
  }
  return holders
}

/** Sums per pair, one triangle. */
class Pairs {
  readonly #size: number
  readonly #squares: Float64Array
  readonly #products: Float64Array
  readonly #shared: bigint[]

  constructor(size: number) {
    this.#size = size
    this.#squares = new Float64Array(size)
    this.#products = new Float64Array(size * size)
    this.#shared = Array.from({ length: size * size }, () => 0n)
  }

  /** One obligor's holders, in the order of their places. */
  add(holders: readonly Holder[]): void {
    for (const [n, a] of holders.entries()) {
      const amount = Number(a.amount)
      this.#squares[a.place] = (this.#squares[a.place] as number) + amount * amount
      for (const b of holders.slice(n + 1)) {
        const pair = a.place * this.#size + b.place
        this.#products[pair] = (this.#products[pair] as number) + amount * Number(b.amount)
        this.#shared[pair] = (this.#shared[pair] as bigint) + (a.amount < b.amount ? a.amount : b.amount)
      }
    }
  }

  overlaps(names: readonly string[]): Overlap[] {
    const found: Overlap[] = []
    for (const [i, first] of names.entries()) {
      for (const [j, second] of names.entries()) {
        const shared = this.#shared[i * this.#size + j] as bigint
        if (shared === 0n) continue
        const length = Math.sqrt(this.#squares[i] as number) * Math.sqrt(this.#squares[j] as number)
        found.push({ first, second, cosine: Math.min(1, (this.#products[i * this.#size + j] as number) / length), shared })
      }
    }
    return found
  }
}
