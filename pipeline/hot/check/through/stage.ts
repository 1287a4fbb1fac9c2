/**
 * The look-through beyond exposures: statements go to the parts that read them, in event order; after each tick the tables that rules query are brought up to it.
 * Parts are made for the tables that some rule queries, and for those that analysts read.
 */
import { type AlertSubject, type EventType, parseDecimal } from '../../../contract/index.ts'
import { EVERYONE, type Rule } from '../../../contract/rule.ts'
import { OCCURRENCE_TABLES, THROUGH_TABLES, type ThroughTable } from '../../../contract/through-table.ts'
import type { Batched } from '../../../contract/stage.ts'
import type { Database } from '../../../store/database.ts'
import type { CapitalBook } from '../capital.ts'
import type { NetworkOptions } from '../../../through/network/network.ts'
import type { BookAsOf, Locate } from '../evidence.ts'
import type { ExposureEvidence } from '../exposure-evidence.ts'
import { parameterText } from '../expression.ts'
import type { FxBook } from '../fx.ts'
import type { Exposure, LookthroughStage } from '../lookthrough.ts'
import { readStanding } from '../release.ts'
import { Backtest } from './backtest.ts'
import type { Capped } from './capped.ts'
import { EquityAssets } from './equity-assets.ts'
import { GroupExposures } from './group-exposures.ts'
import { Guarantees } from './guarantees.ts'
import { Money } from './money.ts'
import { Network } from './network.ts'
import { OpenPosition } from './open-position.ts'
import { Owners } from './owners.ts'
import type { Change, Part } from './part.ts'
import { Parties } from './parties.ts'
import { Pledges } from './pledges.ts'
import { ProductRows } from './product-rows.ts'
import { type CustomerOf, RelatedCredit } from './related-credit.ts'
import { PAYMENT, type PaymentSource } from './payment-feed.ts'
import { type ChangedRow, Rows, type Table } from './rows.ts'
import { TwoSided } from './two-sided.ts'

export type ThroughStagePart = {
  rules: readonly Rule[]
  capital: CapitalBook
  fx: FxBook
  lookthrough: LookthroughStage
  customerOf: CustomerOf
  evidence: ExposureEvidence
  book: BookAsOf
  locate: Locate
  db: Database
  /** Where payments lie, for rules over money. */
  payments?: PaymentSource | undefined
  /** How much of them may wait in memory, bytes; default 64 MiB. */
  waitingBytes?: number
}

export class ThroughStage {
  readonly parties: Parties
  readonly #parts: Part[]
  /** Who reads the statements of a type. */
  readonly #readers = new Map<EventType, Part[]>()
  readonly #money: Money | undefined
  readonly #tables = new Map<ThroughTable, Table>()

  constructor(stage: ThroughStagePart) {
    const { rules, capital, fx, lookthrough, customerOf, evidence, book, locate, payments } = stage
    const queried = new Set(tablesOf(rules))
    const sanity = new Rows()
    const owners = new Owners(locate, sanity)
    this.parties = new Parties((party) => {
      lookthrough.markParty(party)
      this.#money?.flagsChanged(party)
    })
    if (payments !== undefined) this.#money = Money.of({ ...stage, payments, owners, parties: this.parties })
    const optional: Part[] = [
      new GroupExposures(owners, lookthrough, evidence),
      new RelatedCredit(owners, lookthrough, fx, customerOf, evidence, locate),
      new ProductRows(lookthrough, sanity, locate),
      new EquityAssets(lookthrough, capital, fx, locate),
      new Pledges(locate),
      new Guarantees(countOf(rules, 'guarantee_circle', 'size') ?? 3, customerOf, locate),
      new TwoSided(fx, locate),
      new Network(networkOptions(rules), capital, fx, locate),
      new Backtest(countOf(rules, 'backtest', 'days') ?? 250, locate),
      new OpenPosition(book, fx),
    ]
    // Whoever asks about owners comes after them.
    this.#parts = [this.parties, owners, ...optional.filter((part) => tablesOfPart(part).some((table) => queried.has(table))), ...(this.#money?.parts ?? [])]
    for (const part of this.#parts)
      for (const type of Object.keys(part.reads) as EventType[]) this.#readers.set(type, [...(this.#readers.get(type) ?? []), part])
    this.#tables.set('sanity', sanity)
    for (const part of this.#parts) for (const [table, rows] of Object.entries(part.tables)) this.#tables.set(table as ThroughTable, rows)
  }

  /** Fields statements of a type are read with. */
  readOf(type: EventType): string[] {
    return [...new Set(this.#parts.flatMap((part) => part.reads[type] ?? []))]
  }

  /** The fields of what stands that come with the next statement about the same thing. */
  keptOf(type: EventType): string[] {
    return [...new Set(this.#parts.flatMap((part) => part.keeps?.[type] ?? []))]
  }

  apply(change: Change): void {
    for (const part of this.#readers.get(change.type) ?? []) part.apply(change)
  }

  /** Takes in the payments that a batch appended. */
  occurred(occurred: Batched['occurred']): void {
    const payments = occurred.get(PAYMENT)
    if (payments !== undefined) this.#money?.arrived(payments)
  }

  /** Makes ready payments that take effect in (after, upTo], about as many as may lie in memory; gives their ticks, and up to which tick they are all. */
  takePayments(after: number, upTo: number): ReturnType<Money['take']> {
    return this.#money?.take(after, upTo) ?? Promise.resolve({ ticks: NO_TICKS, upTo })
  }

  /** Before a release: payments that nobody needs any more are let go. */
  async expire(lastTick: number): Promise<void> {
    await this.#money?.book.expire(lastTick)
  }

  /** Takes payments in that take effect up to `tick`, ms, after its statements. In silence nobody is told who would find something in one alone. */
  pay(tick: number, inSilence: boolean): void {
    this.#money?.pay(tick, inSilence)
  }

  ratesChanged(): void {
    for (const part of this.#parts) part.ratesChanged?.()
  }

  /** Whoever is measured against this institution's bases is measured again. */
  baseChanged(institution: string): void {
    for (const rows of this.#tables.values()) rows.markOf(institution)
  }

  /** Whoever is measured by parameters of this institution, `*`: anybody, is measured again. */
  parametersChanged(institution: string): void {
    for (const rows of this.#tables.values())
      if (institution !== EVERYONE) rows.markOf(institution)
      else if (rows instanceof Rows) rows.markAll()
  }

  markAll(): void {
    for (const rows of this.#tables.values()) rows.markAll()
  }

  /** The same without occurrences, which are judged once. */
  markStanding(): void {
    for (const [table, rows] of this.#tables) if (!OCCURRENCE_TABLES.includes(table)) rows.markAll()
  }

  /** A row counts as changed. */
  mark(table: ThroughTable, institution: string, subject: AlertSubject): void {
    this.#tables.get(table)?.mark(institution, subject)
  }

  /** Rows that changed since the last call, as they are at tick `at`, ms; `exposures`: those that changed, by institution. */
  settle(at: number, exposures: ReadonlyMap<string, readonly Exposure[]>): ReadonlyMap<ThroughTable, readonly ChangedRow[]> {
    for (const part of this.#parts) part.settle(at, exposures)
    this.#money?.settled()
    const changed = new Map<ThroughTable, readonly ChangedRow[]>()
    for (const [table, rows] of this.#tables) {
      const taken = rows.takeChanged()
      if (taken.length > 0) changed.set(table, taken)
    }
    return changed
  }

  /** Takes in again what stands, and the payments up to tick `lastTick`, ms; nobody is measured for it. */
  async recall(db: Database, lastTick: number): Promise<void> {
    for (const part of this.#parts) {
      await part.recall?.(db, lastTick)
      for (const [type, where] of Object.entries(part.recalls) as [EventType, string][])
        for (const after of await readStanding(db, type, [...(part.reads[type] ?? [])], where))
          part.apply({ type, was: undefined, from: undefined, is: after.data, after })
    }
    await this.#money?.restore(lastTick)
  }

  /** What stands is in the tables already. */
  forgetUnwritten(): void {
    for (const part of this.#parts) part.forgetUnwritten?.()
  }

  /** The next instant, ms, at which something changes by itself. */
  nextAt(): number {
    let next = Infinity
    for (const part of this.#parts) next = Math.min(next, part.nextAt?.() ?? Infinity)
    return next
  }

  capped(): Capped {
    return Object.assign({}, ...this.#parts.map((part) => part.capped?.() ?? {})) as Capped
  }

  /** Writes what analysts read, where it has changed, and what a restart needs of payments. */
  async write(db: Database): Promise<void> {
    await this.#money?.write()
    for (const part of this.#parts) await part.write?.(db)
  }
}

const NO_TICKS: ReadonlySet<number> = new Set()

function tablesOfPart(part: Part): ThroughTable[] {
  return [...(Object.keys(part.tables) as ThroughTable[]), ...(part.alsoWrites ?? [])]
}

function tablesOf(rules: readonly Rule[]): ThroughTable[] {
  const named = rules.flatMap((rule) => (rule.kind === 'graph' ? [rule.from] : rule.kind === 'limit' ? [rule.numerator.from] : []))
  return named.filter((from): from is ThroughTable => from in THROUGH_TABLES)
}

/** A parameter of the rule over a table, if one runs. */
function countOf(rules: readonly Rule[], table: ThroughTable, parameter: string): number | undefined {
  const rule = rules.find((r) => r.kind === 'graph' && r.from === table)
  return rule === undefined ? undefined : Number(parameterText(rule, parameter))
}

/** As the rule over the clearing vector has its parameters. */
function networkOptions(rules: readonly Rule[]): NetworkOptions {
  const rule = rules.find((r) => r.kind === 'graph' && r.from === 'clearing')
  if (rule === undefined) return {}
  const shock = parseDecimal(parameterText(rule, 'shock'), 20) ?? 0n
  return { shock, seniority: parameterText(rule, 'seniority') === 'equal' ? 'equal' : 'external-first' }
}
