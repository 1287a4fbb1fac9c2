/**
 * Contagion between a handful of banks, exactly and slowly: fractions, and every case tried. Shares no code with the engine.
 * `owes[j][i]` is what j owes i; amounts in minor units.
 */
import { Fraction, solveExactly } from './fraction.ts'

export type Banks = { owes: bigint[][]; assets: bigint[]; liabilities: bigint[]; equity: (bigint | undefined)[]; judged: boolean[] }
export type ExactClearing = { parts: Fraction[]; payment: Fraction[]; equity: Fraction[] }

/** The greatest clearing vector, by fictitious defaults; what those in default can pay is found by trying each set of them that pays nothing. */
export function exactClearing(banks: Banks, equal: boolean): ExactClearing {
  const game = new Game(banks, equal)
  let short: number[] = []
  for (;;) {
    const parts = game.settle(short)
    const next = game.places.filter((i) => short.includes(i) || game.fallsShort(i, parts))
    if (next.length === short.length) return game.outcome(parts)
    short = next
  }
}

/** All clearing vectors among the ways in which each bank pays in full, part or nothing: 3^n of them. */
export function allClearings(banks: Banks, equal: boolean): ExactClearing[] {
  const game = new Game(banks, equal)
  const found: ExactClearing[] = []
  for (const paying of subsets(game.places)) {
    for (const nothing of subsets(game.places.filter((i) => !paying.includes(i)))) {
      const parts = game.partsOf(paying, nothing)
      if (parts !== undefined && game.places.every((i) => parts[i]?.compare(game.pays(i, parts)) === 0)) found.push(game.outcome(parts))
    }
  }
  return found
}

class Game {
  readonly places: number[]
  readonly #banks: Banks
  readonly #owed: bigint[]
  readonly #own: bigint[]
  readonly #interbank: bigint[]

  constructor(banks: Banks, equal: boolean) {
    this.#banks = banks
    this.#interbank = banks.owes.map((row) => row.reduce((sum, x) => sum + x, 0n))
    const alongside = banks.liabilities.map((l) => (equal && l > 0n ? l : 0n))
    this.#owed = this.#interbank.map((o, i) => o + (alongside[i] ?? 0n))
    this.#own = banks.assets.map((a, i) => a - (banks.liabilities[i] ?? 0n) + (alongside[i] ?? 0n))
    this.places = banks.assets.flatMap((_, i) => (banks.judged[i] === true && (this.#owed[i] ?? 0n) > 0n ? [i] : []))
  }

  cash(i: number, parts: Fraction[]): Fraction {
    return this.#banks.owes.reduce((sum, row, j) => sum.plus(new Fraction(row[i] ?? 0n).times(parts[j] as Fraction)), new Fraction(this.#own[i] ?? 0n))
  }

  /** What part of what it owes i can pay, given what the others pay. */
  pays(i: number, parts: Fraction[]): Fraction {
    const part = this.cash(i, parts).over(new Fraction(this.#owed[i] ?? 1n))
    if (part.compare(Fraction.zero) < 0) return Fraction.zero
    return part.compare(Fraction.one) > 0 ? Fraction.one : part
  }

  fallsShort(i: number, parts: Fraction[]): boolean {
    return this.cash(i, parts).compare(new Fraction(this.#owed[i] ?? 0n)) < 0
  }

  /** The parts when `paying` pay all they have, `nothing` pay nothing and everyone else in full; undefined where they do not follow. */
  partsOf(paying: number[], nothing: number[]): Fraction[] | undefined {
    const fixed = this.#banks.assets.map((_, i) => (paying.includes(i) || nothing.includes(i) ? Fraction.zero : Fraction.one))
    const rows = paying.map((i) => paying.map((j) => new Fraction((i === j ? (this.#owed[i] ?? 0n) : 0n) - (this.#banks.owes[j]?.[i] ?? 0n))))
    const solved = solveExactly(
      rows,
      paying.map((i) => this.cash(i, fixed)),
    )
    return solved && fixed.map((part, i) => (paying.includes(i) ? (solved[paying.indexOf(i)] as Fraction) : part))
  }

  settle(short: number[]): Fraction[] {
    for (const nothing of subsets(short)) {
      const paying = short.filter((i) => !nothing.includes(i))
      const parts = this.partsOf(paying, nothing)
      if (parts === undefined) continue
      const consistent = paying.every((i) => (parts[i] as Fraction).numerator >= 0n) && nothing.every((i) => this.cash(i, parts).numerator <= 0n)
      if (consistent) return parts
    }
    throw new Error('no set of banks that pay nothing is consistent')
  }

  outcome(parts: Fraction[]): ExactClearing {
    const { assets, liabilities, owes } = this.#banks
    const received = (i: number) => owes.reduce((sum, row, j) => sum.plus(new Fraction(row[i] ?? 0n).times(parts[j] as Fraction)), Fraction.zero)
    return {
      parts,
      payment: this.#interbank.map((owed, i) => new Fraction(owed).times(parts[i] as Fraction)),
      equity: this.#interbank.map((owed, i) => new Fraction((assets[i] ?? 0n) - (liabilities[i] ?? 0n) - owed).plus(received(i))),
    }
  }
}

/**
 * Linear DebtRank: the least h with h = 1 at the bank that defaults and h = min(1, Σ what the others owe it × their h ÷ equity) elsewhere, by trying each set of
 * banks that lose all. Equity below zero or not known: h = 0; of zero: 1 as soon as anything is lost.
 */
export function exactDebtRank({ owes, equity }: Banks, defaulting: number): Fraction[] {
  const reached = new Set([defaulting])
  for (const j of reached) owes[j]?.forEach((amount, i) => amount > 0n && (equity[i] ?? -1n) >= 0n && reached.add(i))
  const others = [...reached].filter((i) => i !== defaulting)
  const penniless = others.filter((i) => equity[i] === 0n)
  let least: Fraction[] | undefined
  for (const more of subsets(others.filter((i) => equity[i] !== 0n))) {
    const h = distress(
      owes,
      equity,
      [defaulting, ...penniless, ...more],
      others.filter((i) => equity[i] !== 0n && !more.includes(i)),
    )
    if (h !== undefined && (least === undefined || h.every((x, i) => x.compare((least as Fraction[])[i] as Fraction) <= 0))) least = h
  }
  if (least === undefined) throw new Error('there is no least solution')
  return least
}

/** h when `gone` have lost all and `partly` what follows from that; undefined where it does not follow or is none. */
function distress(owes: bigint[][], equity: (bigint | undefined)[], gone: number[], partly: number[]): Fraction[] | undefined {
  const lost = (i: number, h: Fraction[]) => owes.reduce((sum, row, j) => sum.plus(new Fraction(row[i] ?? 0n).times(h[j] as Fraction)), Fraction.zero)
  const start = equity.map((_, i) => (gone.includes(i) ? Fraction.one : Fraction.zero))
  const rows = partly.map((i) => partly.map((j) => new Fraction((i === j ? (equity[i] ?? 0n) : 0n) - (owes[j]?.[i] ?? 0n))))
  const solved = solveExactly(
    rows,
    partly.map((i) => lost(i, start)),
  )
  if (solved === undefined) return undefined
  const h = start.map((x, i) => (partly.includes(i) ? (solved[partly.indexOf(i)] as Fraction) : x))
  const within = partly.every((i) => (h[i] as Fraction).numerator >= 0n && (h[i] as Fraction).compare(Fraction.one) <= 0)
  const all = gone.slice(1).every((i) => lost(i, h).compare(new Fraction(equity[i] ?? 0n)) >= 0)
  return within && all ? h : undefined
}

function subsets(of: readonly number[]): number[][] {
  const all = Array.from({ length: 2 ** of.length }, (_, bits) => of.filter((_unused, n) => (bits >> n) % 2 === 1))
  return all.sort((a, b) => a.length - b.length)
}
