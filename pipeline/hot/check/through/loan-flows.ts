/**
 * Where the money of loans went: CR-18 and CR-19, and table `flow_trace`. A loan is followed as long as payments of its money are kept; after that what was
 * found of it stands, and ends with the loan.
 */
import { ratioText } from '../../../contract/money.ts'
import type { Evidence, PathStep } from '../../../contract/index.ts'
import { integerColumn, textColumn } from '../../../store/columns.ts'
import { type Database, quote } from '../../../store/database.ts'
import type { MoneyTrace, Reached } from '../../../through/flows.ts'
import type { Method } from '../../../through/taint.ts'
import type { EvidenceSpec } from '../evidence.ts'
import type { ExposureEvidence } from '../exposure-evidence.ts'
import type { Capped } from './capped.ts'
import type { Owners } from './owners.ts'
import type { Change, Part } from './part.ts'
import type { Parties } from './parties.ts'
import type { PaymentBook } from './payment-book.ts'
import { loanNameOf } from './payment-rows.ts'
import { Rows } from './rows.ts'

/** How many ways into sinks are shown, the largest amounts first. */
const PATHS_SHOWN = 5
const LOAN: EvidenceSpec = { type: 'credit.loan', by: 'loanId', fields: [] }

/** `sinks`: flags of parties; `method`: by which taint in their accounts is added up. */
export type FlowOptions = { sinks: readonly string[]; method: Method }

export type LoanFlowsPart = {
  options: FlowOptions
  trace: MoneyTrace
  book: PaymentBook
  owners: Owners
  parties: Parties
  evidence: ExposureEvidence
}

/** `name`: as payments name it. */
type Loan = { institution: string; loanId: string; customer: string; name: string }

export class LoanFlows implements Part {
  readonly reads = { 'credit.loan': ['loanId', 'customerId', 'disbursementAccount'] }
  readonly recalls = { 'credit.loan': `"disbursementAccount" IS NOT NULL` }
  readonly tables = { loan_sinks: new Rows(), loan_return: new Rows() }
  readonly #part: LoanFlowsPart
  readonly #loans = new Map<string, Loan>()
  readonly #named = new Map<string, Set<string>>()
  readonly #borrowed = new Map<string, Set<string>>()
  readonly #stale = new Set<string>()
  readonly #unwritten = new Map<string, { institution: string; loanId: string }>()

  constructor(part: LoanFlowsPart) {
    this.#part = part
  }

  capped(): Capped {
    return { taint: this.#part.trace.capped }
  }

  apply({ is, after }: Change): void {
    const account = is?.['disbursementAccount']
    if (account === undefined && this.#loans.size === 0) return
    const { institution } = after
    const loanId = String(after.data['loanId'])
    const key = `${institution}\u0000${loanId}`
    const [before, customer] = [this.#loans.get(key), String(is?.['customerId'])]
    const name = account === undefined ? undefined : loanNameOf(loanId, String(account))
    if (before?.name === name && (name === undefined || before?.customer === customer)) return
    const loan = name === undefined ? undefined : { institution, loanId, customer, name }
    if (loan !== undefined) this.#put(key, loan, String(account))
    if (before !== undefined) this.#remove(key, before, loan)
    if (loan === undefined) this.#end(institution, loanId)
    if (before?.name !== name) this.#unwritten.set(key, { institution, loanId })
    this.#stale.add(key)
  }

  settle(): void {
    this.#letGo()
    for (const name of this.#part.trace.changed())
      for (const key of this.#named.get(name) ?? []) {
        const { institution, loanId } = this.#loans.get(key) as Loan
        this.#unwritten.set(key, { institution, loanId })
        this.#stale.add(key)
      }
    for (const { group, joined, left } of this.#part.owners.changedGroups)
      for (const party of [...joined, ...left, ...this.#part.owners.groups.members(group)])
        for (const key of this.#borrowed.get(party) ?? []) this.#stale.add(key)
    for (const key of this.#stale) this.#write(key)
    this.#stale.clear()
  }

  /** Flags of a party have changed. */
  flagsChanged(party: string): void {
    if (this.#part.book.payments.parties.find(party) !== undefined) for (const key of this.#loans.keys()) this.#stale.add(key)
  }

  async write(db: Database): Promise<void> {
    const loans = [...this.#unwritten.values()]
    if (loans.length === 0) return
    const named = loans.map(({ institution, loanId }) => `(${quote(institution)}, ${quote(loanId)})`).join(', ')
    await db.run(`DELETE FROM engine.flow_trace WHERE (institution, loan_id) IN (${named})`)
    const rows = [...this.#unwritten].flatMap(([key, loan]) => {
      const name = this.#loans.get(key)?.name
      return name === undefined ? [] : this.#part.trace.reached(name).map((reached) => ({ ...loan, ...reached }))
    })
    await db.append(
      'engine',
      'flow_trace',
      [
        textColumn(rows.map((r) => r.institution)),
        textColumn(rows.map((r) => r.loanId)),
        textColumn(rows.map((r) => r.method)),
        textColumn(rows.map((r) => r.account)),
        textColumn(rows.map((r) => r.party)),
        { type: 'bigint', values: BigInt64Array.from(rows, (r) => r.amount) },
        integerColumn(rows.map((r) => r.hops)),
      ],
      rows.length,
    )
    this.forgetUnwritten()
  }

  forgetUnwritten(): void {
    this.#unwritten.clear()
  }

  /** Loans whose money has begun to leave the payments kept: of what is left they are followed, else what was found stands. */
  #letGo(): void {
    for (const name of this.#part.trace.aged()) {
      if (this.#part.trace.renew(name)) continue
      for (const key of this.#named.get(name) ?? []) {
        const { institution, loanId } = this.#loans.get(key) as Loan
        for (const table of Object.values(this.tables)) table.forget(institution, subjectOf(loanId))
      }
    }
  }

  #put(key: string, loan: Loan, account: string): void {
    this.#loans.set(key, loan)
    add(this.#named, loan.name, key)
    add(this.#borrowed, loan.customer, key)
    this.#part.trace.set(loan.name, { account })
  }

  /** What was known of a loan before it is `now` this. */
  #remove(key: string, { customer, name }: Loan, now: Loan | undefined): void {
    if (now === undefined) this.#loans.delete(key)
    if (now?.customer !== customer) this.#borrowed.get(customer)?.delete(key)
    if (now?.name === name) return
    const named = this.#named.get(name)
    named?.delete(key)
    if (named?.size !== 0) return
    this.#named.delete(name)
    this.#part.trace.set(name, undefined)
  }

  /** A loan that is no more ends what was found of it, however long ago. */
  #end(institution: string, loanId: string): void {
    for (const table of Object.values(this.tables)) {
      table.delete(institution, subjectOf(loanId))
      table.mark(institution, subjectOf(loanId))
    }
  }

  #write(key: string): void {
    const loan = this.#loans.get(key)
    if (loan === undefined) return
    const { drawn } = this.#part.trace.whereabouts(loan.name, this.#part.options.method)
    this.#writeSinks(loan, drawn)
    this.#writeReturn(loan, drawn)
  }

  #writeSinks({ institution, loanId, name }: Loan, drawn: bigint): void {
    const { trace, options } = this.#part
    const sunk = trace.reached(name).filter(({ method, party }) => method === options.method && this.#sinksOf(party).length > 0)
    const tainted = sunk.reduce((sum, { amount }) => sum + amount, 0n)
    if (tainted === 0n) return this.tables.loan_sinks.delete(institution, subjectOf(loanId))
    const sinks = [...new Set(sunk.flatMap(({ party }) => this.#sinksOf(party)))].sort().join(',')
    const cells = { tainted, loan: drawn, sinks }
    const path = this.#waysInto(name, sunk)
    const from = Math.min(...trace.reached(name).map(({ first }) => first))
    this.tables.loan_sinks.set({ institution, subject: subjectOf(loanId), cells, capture: (at) => () => this.#evidenceOf(institution, loanId, path, from, at) })
  }

  #writeReturn({ institution, loanId, customer, name }: Loan, drawn: bigint): void {
    const { trace, owners } = this.#part
    const { groups } = owners
    const inside = (party: string) => party === customer || groups.groupOf(party) === groups.groupOf(customer)
    const { amount, path } = trace.returned(name, inside)
    if (amount === 0n) return this.tables.loan_return.delete(institution, subjectOf(loanId))
    const cells = { returned: amount, loan: drawn, share: ratioText(amount, drawn) }
    const from = Math.min(...trace.reached(name).map(({ first }) => first))
    this.tables.loan_return.set({
      institution,
      subject: subjectOf(loanId),
      cells,
      capture: (at) => () => this.#evidenceOf(institution, loanId, path, from, at),
    })
  }

  #sinksOf(party: string): string[] {
    const flags = this.#part.parties.flagsOf(party)
    return this.#part.options.sinks.filter((sink) => flags.has(sink))
  }

  /** The ways to the accounts with the largest amounts, each payment once, as they come. */
  #waysInto(name: string, sunk: readonly Reached[]): PathStep[] {
    const largest = [...sunk].sort((a, b) => (a.amount < b.amount ? 1 : a.amount > b.amount ? -1 : 0)).slice(0, PATHS_SHOWN)
    const steps = largest.flatMap(({ method, account }) => this.#part.trace.path(name, method, account))
    return [...new Map(steps.map((step) => [step.event, step])).values()]
  }

  /** The loan, and the payments of the path; `from`: when its money was paid out, ms. */
  async #evidenceOf(institution: string, loanId: string, path: PathStep[], from: number, at: number): Promise<Evidence> {
    const { evidence, book } = this.#part
    const events = path.flatMap(({ event }) => event ?? [])
    const [loan, payments] = await Promise.all([evidence.ask(LOAN, { institution, subject: loanId, at }), book.refs(events, from, at)])
    return { refs: [...loan.refs, ...payments], count: loan.count + payments.length, path }
  }
}

function subjectOf(loanId: string): { kind: string; id: string } {
  return { kind: 'loan', id: loanId }
}

function add(sets: Map<string, Set<string>>, key: string, value: string): void {
  sets.set(key, (sets.get(key) ?? new Set()).add(value))
}
