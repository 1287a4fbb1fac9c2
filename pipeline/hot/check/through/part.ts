/** A part of the look-through: statements go in tick by tick, rows that rules query come out. */
import type { EventType } from '../../../contract/index.ts'
import type { ThroughTable } from '../../../contract/through-table.ts'
import type { Database } from '../../../store/database.ts'
import type { Exposure } from '../lookthrough.ts'
import type { Data, Statement } from '../statement.ts'
import type { Capped } from './capped.ts'
import type { Table } from './rows.ts'

/** A statement that took effect. `was`: the kept fields of the one before it, `from` who had made it; `is`: what stands now, undefined when deleted. */
export type Change = { type: EventType; was: Data | undefined; from: string | undefined; is: Data | undefined; after: Statement }

export interface Part {
  /** Fields it reads of statements, by type. */
  readonly reads: Partial<Record<EventType, readonly string[]>>
  /** Which of those `was` must have. */
  readonly keeps?: Partial<Record<EventType, readonly string[]>>
  /** Which statements that stand it takes in again after a restart: conditions over the stored columns. */
  readonly recalls: Partial<Record<EventType, string>>
  /** How it takes in those that are too many to be read one by one. */
  recall?(db: Database, lastTick: number): Promise<void>
  readonly tables: Partial<Record<ThroughTable, Table>>
  /** Tables of others that it adds rows to. */
  readonly alsoWrites?: readonly ThroughTable[]
  apply(change: Change): void
  /** Brings its tables up to tick `at`, ms; `exposures`: those that changed since the last call, by institution. */
  settle(at: number, exposures: ReadonlyMap<string, readonly Exposure[]>): void
  /** Amounts in foreign currency have another value. */
  ratesChanged?(): void
  /** The next instant, ms, at which something changes by itself. */
  nextAt?(): number
  /** What it has cut short. */
  capped?(): Capped
  /** Writes what analysts read of it, inside the transaction. */
  write?(db: Database): Promise<void>
  /** What stands is written already. */
  forgetUnwritten?(): void
}
