/**
 * Who lent to whom, as arrays: institutions in the order of their names, each debtor's creditors in that order too. What is computed over it
 * follows from the state alone, in whatever order the state was reached. Amounts in minor units of CNY.
 */
export class Lending {
  readonly size: number
  /** Creditors of debtor j: `creditor` and `amount` from `first[j]` up to `first[j + 1]`. */
  readonly first: Int32Array
  readonly creditor: Int32Array
  readonly amount: readonly bigint[]
  /** The same amounts as numbers, exact up to 2^53 (90 trillion yuan). */
  readonly weight: Float64Array

  /** `loans`: at most one per creditor and debtor, which are places below `size`; a loan of nothing, or to itself, is none. */
  constructor(size: number, loans: readonly Loan[]) {
    const kept = loans.filter((l) => l.amount > 0n && l.creditor !== l.debtor).sort((a, b) => a.debtor - b.debtor || a.creditor - b.creditor)
    this.size = size
    this.first = new Int32Array(size + 1)
    for (const loan of kept) this.first[loan.debtor + 1] = (this.first[loan.debtor + 1] as number) + 1
    for (let j = 0; j < size; j++) this.first[j + 1] = (this.first[j + 1] as number) + (this.first[j] as number)
    this.creditor = Int32Array.from(kept, (l) => l.creditor)
    this.amount = kept.map((l) => l.amount)
    this.weight = Float64Array.from(kept, (l) => Number(l.amount))
  }

  start(debtor: number): number {
    return this.first[debtor] as number
  }

  end(debtor: number): number {
    return this.first[debtor + 1] as number
  }

  /** What each institution owes the others, and what it lent them. */
  sums(): { owed: bigint[]; lent: bigint[] } {
    const owed = Array.from({ length: this.size }, () => 0n)
    const lent = [...owed]
    for (let debtor = 0; debtor < this.size; debtor++) {
      for (let e = this.start(debtor); e < this.end(debtor); e++) {
        const amount = this.amount[e] as bigint
        const creditor = this.creditor[e] as number
        owed[debtor] = (owed[debtor] as bigint) + amount
        lent[creditor] = (lent[creditor] as bigint) + amount
      }
    }
    return { owed, lent }
  }
}

export type Loan = { creditor: number; debtor: number; amount: bigint }
