import type { Fallen } from './cascade.ts'
import type { Distress } from './debtrank.ts'

/** One who loses: by number, amounts in minor units of CNY. */
export type Loser = { id: number; equityAfter: bigint; loss: bigint; impact: number; defaulted: boolean }

/** The default of one institution and what it does to the others, under both models. Those it reaches by number, in the order of their names. */
export class Default {
  readonly #of: number
  readonly #distress: Distress
  readonly #fallen: Fallen
  readonly #equity: ReadonlyMap<number, bigint>
  /** What it costs the others by DebtRank, each loss rounded to the cent. */
  readonly cost: bigint

  /** `distress` and `fallen` name institutions by number, `equity` has that of each of them and of the one that defaults. */
  constructor(of: number, distress: Distress, fallen: Fallen, equity: ReadonlyMap<number, bigint>) {
    this.#of = of
    this.#distress = distress
    this.#fallen = fallen
    this.#equity = equity
    this.cost = distress.loss.reduce((sum, loss) => sum + BigInt(loss), 0n)
  }

  get capped(): boolean {
    return this.#distress.capped
  }

  /** Whether it rests on the distress of one of those marked, by number. */
  restsOn(marked: Uint8Array): boolean {
    return this.#distress.touched.some((id) => marked[id] === 1)
  }

  debtRank(): Loser[] {
    const { touched, loss, distress } = this.#distress
    return Array.from(touched, (id, n) => {
      if (id === this.#of) return this.#own()
      const share = distress[n] as number
      return this.#loser(id, BigInt(loss[n] as number), share, share === 1)
    })
  }

  cascade(): Loser[] {
    const { touched, loss, defaulted } = this.#fallen
    const losers = Array.from(touched, (id, n) => {
      const lost = BigInt(loss[n] as number)
      return this.#loser(id, lost, relativeLoss(lost, this.#equityOf(id)), defaulted[n] === 1)
    })
    return [this.#own(), ...losers]
  }

  equals(other: Default): boolean {
    if (this === other) return true
    const [a, b] = [this, other]
    const distress = [[a.#distress.touched, b.#distress.touched], [a.#distress.loss, b.#distress.loss], [a.#distress.distress, b.#distress.distress]] as const
    const fallen = [[a.#fallen.touched, b.#fallen.touched], [a.#fallen.loss, b.#fallen.loss], [a.#fallen.defaulted, b.#fallen.defaulted]] as const
    return [...distress, ...fallen].every(([x, y]) => sameNumbers(x, y)) && [...a.#equity].every(([id, equity]) => b.#equity.get(id) === equity)
  }

  #own(): Loser {
    const equity = this.#equityOf(this.#of)
    return { id: this.#of, equityAfter: equity < 0n ? equity : 0n, loss: equity > 0n ? equity : 0n, impact: 1, defaulted: true }
  }

  #loser(id: number, loss: bigint, impact: number, defaulted: boolean): Loser {
    return { id, equityAfter: this.#equityOf(id) - loss, loss, impact, defaulted }
  }

  #equityOf(id: number): bigint {
    return this.#equity.get(id) ?? 0n
  }
}

/** The part of `equity` that `loss` takes, 0…1; what takes anything from none takes all. */
export function relativeLoss(loss: bigint, equity: bigint): number {
  if (loss <= 0n) return 0
  return loss >= equity ? 1 : Number(loss) / Number(equity)
}

function sameNumbers(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
