/**
 * The look-through beyond exposures: statements go to the parts that read them, in event order; after each tick the tables that rules query are brought up to it.
 * Parts are made for the tables that some rule queries, and for those that analysts read.
 */
import type { AlertSubject, EventType } from '../../../contract/index.ts'
import type { Rule } from '../../../contract/rule.ts'
import { THROUGH_TABLES, type ThroughTable } from '../../../contract/through-table.ts'
import type { Database } from '../../../store/database.ts'
import type { Locate } from '../evidence.ts'
import type { FxBook } from '../fx.ts'
import type { Exposure, LookthroughStage } from '../lookthrough.ts'
import { readStanding } from '../release.ts'
import type { Change, Part } from './part.ts'
import { Parties } from './parties.ts'
import { Pledges } from './pledges.ts'
import type { ChangedRow, Rows } from './rows.ts'
import { TwoSided } from './two-sided.ts'

export type ThroughStagePart = { rules: readonly Rule[]; fx: FxBook; lookthrough: LookthroughStage; locate: Locate }

export class ThroughStage {
  readonly parties: Parties
  readonly #parts: Part[]
  readonly #tables = new Map<ThroughTable, Rows>()

  constructor({ rules, fx, lookthrough, locate }: ThroughStagePart) {
    const queried = new Set(tablesOf(rules))
    this.parties = new Parties((party) => lookthrough.markParty(party))
    const optional = [new Pledges(locate), new TwoSided(fx, locate)]
    this.#parts = [this.parties, ...optional.filter((part) => Object.keys(part.tables).some((table) => queried.has(table as ThroughTable)))]
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
    for (const part of this.#parts) if (part.reads[change.type] !== undefined) part.apply(change)
  }

  ratesChanged(): void {
    for (const part of this.#parts) part.ratesChanged?.()
  }

  /** Whoever is measured against this institution's bases is measured again. */
  baseChanged(institution: string): void {
    for (const rows of this.#tables.values()) rows.markOf(institution)
  }

  markAll(): void {
    for (const rows of this.#tables.values()) rows.markAll()
  }

  /** A row counts as changed. */
  mark(table: ThroughTable, institution: string, subject: AlertSubject): void {
    this.#tables.get(table)?.mark(institution, subject)
  }

  /** Rows that changed since the last call, as they are at tick `at`, ms; `exposures`: those that changed, by institution. */
  settle(at: number, exposures: ReadonlyMap<string, readonly Exposure[]>): ReadonlyMap<ThroughTable, readonly ChangedRow[]> {
    for (const part of this.#parts) part.settle(at, exposures)
    return new Map([...this.#tables].map(([table, rows]) => [table, rows.takeChanged()]))
  }

  /** Takes in again what stands; nobody is measured for it. */
  async recall(db: Database): Promise<void> {
    for (const part of this.#parts)
      for (const [type, where] of Object.entries(part.recalls) as [EventType, string][])
        for (const after of await readStanding(db, type, [...(part.reads[type] ?? [])], where))
          part.apply({ type, was: undefined, from: undefined, is: after.data, after })
  }

  /** The next instant, ms, at which something changes by itself. */
  nextAt(): number {
    return Math.min(...this.#parts.map((part) => part.nextAt?.() ?? Infinity))
  }

  /** Writes what analysts read, where it has changed. */
  async write(db: Database): Promise<void> {
    for (const part of this.#parts) await part.write?.(db)
  }
}

function tablesOf(rules: readonly Rule[]): ThroughTable[] {
  const named = rules.flatMap((rule) => (rule.kind === 'graph' ? [rule.from] : rule.kind === 'limit' ? [rule.numerator.from] : []))
  return named.filter((from): from is ThroughTable => from in THROUGH_TABLES)
}
