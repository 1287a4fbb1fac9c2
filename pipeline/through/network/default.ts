/** Those that lose by a default, by number, in the order of their names: how much, in minor units of CNY, and who defaults too (1). */
export type Losses = { touched: Int32Array; loss: Float64Array; defaulted: Uint8Array }

/** One of them; `impact` is the part of its equity that is lost, 0…1. */
export type Loser = { id: number; equityAfter: bigint; loss: bigint; impact: number; defaulted: boolean }

export type DefaultParts = { of: number; debtRank: Losses; cascade: Losses; equity: ReadonlyMap<number, bigint>; capped: boolean }

/** The default of one institution and what it does to the others, under both models. */
export class Default {
  readonly #parts: DefaultParts
  /** What it costs the others by DebtRank. */
  readonly cost: bigint

  /** By DebtRank, the one that defaults is among those touched, with no loss. `equity` has its own and that of all that are touched. */
  constructor(parts: DefaultParts) {
    this.#parts = parts
    this.cost = parts.debtRank.loss.reduce((sum, loss) => sum + BigInt(loss), 0n)
  }

  get capped(): boolean {
    return this.#parts.capped
  }

  /** Whether it rests on the distress of one of those marked, by number. */
  restsOn(marked: Uint8Array): boolean {
    return this.#parts.debtRank.touched.some((id) => marked[id] === 1)
  }

  debtRank(): Loser[] {
    return this.#losers(this.#parts.debtRank)
  }

  cascade(): Loser[] {
    return [this.#own(), ...this.#losers(this.#parts.cascade)]
  }

  equals(other: Default): boolean {
    if (this === other) return true
    const [a, b] = [this.#parts, other.#parts]
    return sameLosses(a.debtRank, b.debtRank) && sameLosses(a.cascade, b.cascade) && [...a.equity].every(([id, equity]) => b.equity.get(id) === equity)
  }

  #losers({ touched, loss, defaulted }: Losses): Loser[] {
    return Array.from(touched, (id, n) => {
      if (id === this.#parts.of) return this.#own()
      const [lost, equity, gone] = [BigInt(loss[n] as number), this.#equityOf(id), defaulted[n] === 1]
      return { id, equityAfter: equity - lost, loss: lost, impact: gone && equity === 0n ? 1 : relativeLoss(lost, equity), defaulted: gone }
    })
  }

  #own(): Loser {
    const equity = this.#equityOf(this.#parts.of)
    return { id: this.#parts.of, equityAfter: equity < 0n ? equity : 0n, loss: equity > 0n ? equity : 0n, impact: 1, defaulted: true }
  }

  #equityOf(id: number): bigint {
    return this.#parts.equity.get(id) ?? 0n
  }
}

/** The part of `equity` that `loss` takes, 0…1; what takes anything from none takes all. */
export function relativeLoss(loss: bigint, equity: bigint): number {
  if (loss <= 0n) return 0
  return loss >= equity ? 1 : Number(loss) / Number(equity)
}

function sameLosses(a: Losses, b: Losses): boolean {
  return sameNumbers(a.touched, b.touched) && sameNumbers(a.loss, b.loss) && sameNumbers(a.defaulted, b.defaulted)
}

function sameNumbers(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
