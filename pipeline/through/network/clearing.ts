/**
 * The greatest clearing vector of Eisenberg and Noe (2001): everyone pays what it owes, or all it has, each creditor the same part.
 * Found by fictitious defaults: at first all are taken to pay in full; who then cannot is short, and what the short ones pay is a linear system.
 * External liabilities are paid before those to the other banks (`external-first`), or alongside them (`equal`).
 *
 * Inside, the part r_j that a bank pays is a fixed-point number of 160 bits and cash is in 2^-160 of a cent, so that sums are exact. The system is solved in floating
 * point and corrected by its exact remainder until the correction is below 2^-60 of a cent. Less than 2^-40 of a cent (`HAIR`) is no shortage. What is given out is
 * rounded half to even to the cent, once per amount; verdicts rest on unrounded equity. Derivation and bounds: docs/decisions/0021.
 */
import { divideHalfEven } from '../../contract/index.ts'
import { Elimination } from './elimination.ts'
import type { Lending } from './lending.ts'

export type Seniority = 'external-first' | 'equal'

/** Amounts in minor units of CNY, by place. An institution whose `judged` is 0 is taken to pay in full. */
export type Balance = { assets: readonly bigint[]; liabilities: readonly bigint[]; judged: Uint8Array }

/** By place: what is paid to the other banks, what is owed to them, assets less all that is owed; `short`: that is below zero. `capped`: how many steps met a cap. */
export type Clearing = { payment: bigint[]; owed: bigint[]; equity: bigint[]; short: Uint8Array; capped: number }

/** More banks short at once are settled by iteration; a dense system of this size takes 32 MB. */
export const MOST_SOLVED = 2000
/** Sweeps of that iteration; what it leaves is too much by what the next sweep would have taken off. */
export const MOST_SWEEPS = 10_000
/** Corrections of one solution. */
const MOST_CORRECTIONS = 50

export function clear(lending: Lending, balance: Balance, seniority: Seniority): Clearing {
  const settlement = new Settlement(lending, balance, seniority)
  settlement.settle()
  return settlement.result()
}

const BITS = 160n
const ONE = 1n << BITS
const HAIR = 1n << (BITS - 40n)
const NEGLIGIBLE = 2 ** -60
const PER_CENT = 2 ** 160

class Settlement {
  capped = 0
  readonly #lending: Lending
  readonly #balance: Balance
  readonly #interbank: bigint[]
  /** Of which every creditor gets the same part; and what there is for it besides what the other banks pay. */
  readonly #owed: bigint[]
  readonly #own: bigint[]
  readonly #part: bigint[]
  readonly #incoming: bigint[]
  readonly #short: Uint8Array

  constructor(lending: Lending, balance: Balance, seniority: Seniority) {
    const { owed, lent } = lending.sums()
    const external = balance.liabilities.map((l) => (l > 0n ? l : 0n))
    this.#lending = lending
    this.#balance = balance
    this.#interbank = owed
    this.#owed = seniority === 'equal' ? owed.map((o, i) => o + (external[i] as bigint)) : owed
    this.#own = balance.assets.map((a, i) => a - (balance.liabilities[i] as bigint) + (seniority === 'equal' ? (external[i] as bigint) : 0n))
    this.#part = owed.map(() => ONE)
    this.#incoming = lent.map((l) => l << BITS)
    this.#short = new Uint8Array(lending.size)
  }

  settle(): void {
    while (this.#findShort()) {
      while (this.#findShort());
      this.#settleShort()
    }
  }

  result(): Clearing {
    const equity = this.#incoming.map((incoming, i) => {
      const { assets, liabilities } = this.#balance
      return hairs(incoming + (((assets[i] as bigint) - (liabilities[i] as bigint) - (this.#interbank[i] as bigint)) << BITS))
    })
    return {
      payment: this.#interbank.map((owed, i) => cents(hairs(owed * (this.#part[i] as bigint)))),
      owed: this.#interbank,
      equity: equity.map(cents),
      short: Uint8Array.from(equity, (e, i) => (e < 0n && this.#balance.judged[i] === 1 ? 1 : 0)),
      capped: this.capped,
    }
  }

  /** One round over all banks, from above: parts only fall, and stay at or above those of the greatest clearing vector. True when someone is newly short. */
  #findShort(): boolean {
    let found = false
    for (let i = 0; i < this.#lending.size; i++) {
      if (this.#owed[i] === 0n || this.#balance.judged[i] === 0) continue
      const cash = this.#cash(i)
      if (this.#short[i] === 0) {
        if (cash >= ((this.#owed[i] as bigint) << BITS) - HAIR) continue
        this.#short[i] = 1
        found = true
      }
      this.#lower(i, cash)
    }
    return found
  }

  #lower(i: number, cash: bigint): void {
    const part = affordable(cash, this.#owed[i] as bigint)
    if (part < (this.#part[i] as bigint)) this.#pay(i, part)
  }

  /** What the short ones pay, given that all others pay in full: those with no cash at all nothing, the rest all of it. */
  #settleShort(): void {
    const short = places(this.#short)
    if (short.length > MOST_SOLVED) return this.#sweep(short)
    for (const i of short) this.#pay(i, 0n)
    const paying = new Uint8Array(this.#lending.size)
    while (this.#findPaying(short, paying)) this.#solve(places(paying))
  }

  /** Who of the short has cash to pay from: its own, or because someone who pays owes it. True when someone is newly found. */
  #findPaying(short: readonly number[], paying: Uint8Array): boolean {
    const found = short.filter((i) => paying[i] === 0 && this.#cash(i) > HAIR)
    for (const i of found) paying[i] = 1
    for (let next = 0; next < found.length; next++) {
      const debtor = found[next] as number
      for (let e = this.#lending.start(debtor); e < this.#lending.end(debtor); e++) {
        const i = this.#lending.creditor[e] as number
        if (this.#short[i] === 0 || paying[i] === 1 || this.#cash(i) < 0n) continue
        paying[i] = 1
        found.push(i)
      }
    }
    return found.length > 0
  }

  #solve(members: readonly number[]): void {
    const elimination = this.#eliminate(members)
    const rest = new Float64Array(members.length)
    for (let round = 0; round < MOST_CORRECTIONS; round++) {
      for (const [m, i] of members.entries()) rest[m] = Number(this.#cash(i) - (this.#owed[i] as bigint) * (this.#part[i] as bigint)) / PER_CENT
      const correction = elimination.solve(rest)
      let largest = 0
      for (const [m, i] of members.entries()) {
        largest = Math.max(largest, Math.abs(correction[m] as number) * Number(this.#owed[i]))
        this.#pay(i, within((this.#part[i] as bigint) + BigInt(Math.round((correction[m] as number) * PER_CENT))))
      }
      if (largest < NEGLIGIBLE) return
    }
    this.capped++
  }

  #eliminate(members: readonly number[]): Elimination {
    const size = members.length
    const flow = new Float64Array(size * size)
    const leak = new Float64Array(size)
    const place = new Int32Array(this.#lending.size).fill(-1)
    for (const [m, i] of members.entries()) place[i] = m
    for (const [m, debtor] of members.entries()) {
      let beyond = this.#owed[debtor] as bigint
      for (let e = this.#lending.start(debtor); e < this.#lending.end(debtor); e++) {
        const to = place[this.#lending.creditor[e] as number] as number
        if (to < 0) continue
        flow[m * size + to] = this.#lending.weight[e] as number
        beyond -= this.#lending.amount[e] as bigint
      }
      leak[m] = Number(beyond)
    }
    return new Elimination(size, flow, leak)
  }

  /** The system is too large to be solved at once: round after round from above. */
  #sweep(short: readonly number[]): void {
    this.capped++
    for (let round = 0; round < MOST_SWEEPS; round++) {
      let moved = 0n
      for (const i of short) {
        const before = this.#part[i] as bigint
        this.#lower(i, this.#cash(i))
        moved += (before - (this.#part[i] as bigint)) * (this.#owed[i] as bigint)
      }
      if (moved < HAIR) return
    }
  }

  /** What `i` has for those it owes, in 2^-160 of a cent. */
  #cash(i: number): bigint {
    return (this.#incoming[i] as bigint) + ((this.#own[i] as bigint) << BITS)
  }

  #pay(debtor: number, part: bigint): void {
    const more = part - (this.#part[debtor] as bigint)
    if (more === 0n) return
    this.#part[debtor] = part
    for (let e = this.#lending.start(debtor); e < this.#lending.end(debtor); e++) {
      const i = this.#lending.creditor[e] as number
      this.#incoming[i] = (this.#incoming[i] as bigint) + (this.#lending.amount[e] as bigint) * more
    }
  }
}

/** The part of `owed` that `cash` covers, rounded up. */
function affordable(cash: bigint, owed: bigint): bigint {
  return cash <= 0n ? 0n : (cash + owed - 1n) / owed
}

function within(part: bigint): bigint {
  if (part < 0n) return 0n
  return part > ONE ? ONE : part
}

function places(flags: Uint8Array): number[] {
  const found: number[] = []
  for (let i = 0; i < flags.length; i++) if (flags[i] === 1) found.push(i)
  return found
}

/** In 2^-40 of a cent: finer differences are the error of the computation. */
function hairs(fine: bigint): bigint {
  return divideHalfEven(fine, HAIR)
}

function cents(hairs: bigint): bigint {
  return divideHalfEven(hairs, 1n << 40n)
}
