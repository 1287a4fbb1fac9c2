/**
 * Folding: rows that no longer stand leave the state table for the history once there are many of them, range of slots by range of slots,
 * so that each fold reads a small part of the file and the views stay quick. History is kept for `keepMs` after a row was replaced.
 */
import type { EventType } from '../../contract/index.ts'
import type { Database } from '../../store/database.ts'
import { STATE_TYPES, stateTable, statementFields } from '../../store/schema.ts'
import type { Gone } from './release.ts'

/** Slots of one range; DuckDB skips in units of 122,880 rows. */
const RANGE = 65_536
/** Rows that stand no more: this many, or this part of what stands, may lie among it. */
export const FOLD_ABOVE = 65_536
const FOLD_ABOVE_PART = 0.25

export class Folding {
  readonly #above: number
  readonly #types = new Map<EventType, { total: number; ranges: Map<number, number> }>()

  /** `above`: how many rows that stand no more may always lie among the others. */
  constructor(above = FOLD_ABOVE) {
    this.#above = above
  }

  async restore(db: Database): Promise<void> {
    for (const type of STATE_TYPES) {
      const rows = await db.rows(`SELECT slot // ${RANGE}, count(*) FROM engine.gone_${stateTable(type)} GROUP BY 1`)
      for (const [range, count] of rows) this.#add(type, Number(range), Number(count))
    }
  }

  note(type: EventType, gone: Gone[]): void {
    for (const { slot } of gone) this.#add(type, Math.floor(slot / RANGE), 1)
  }

  /** Folds until few enough are left; `standing` things there are. What it costs follows what was replaced since. */
  async fold(db: Database, type: EventType, standing: number): Promise<void> {
    const of = this.#types.get(type)
    while (of !== undefined && of.total > Math.max(this.#above, standing * FOLD_ABOVE_PART)) {
      let fullest: [range: number, count: number] = [0, 0]
      for (const entry of of.ranges) if (entry[1] > fullest[1]) fullest = entry
      await foldRange(db, type, fullest[0])
      of.total -= fullest[1]
      of.ranges.delete(fullest[0])
    }
  }

  #add(type: EventType, range: number, count: number): void {
    const of = this.#types.get(type) ?? { total: 0, ranges: new Map<number, number>() }
    of.total += count
    of.ranges.set(range, (of.ranges.get(range) ?? 0) + count)
    this.#types.set(type, of)
  }
}

/** Forgets what was replaced before `before` (ms). */
export async function forgetHistory(db: Database, before: number): Promise<void> {
  if (!Number.isFinite(before)) return
  for (const type of STATE_TYPES) await db.run(`DELETE FROM engine.history_${stateTable(type)} WHERE until < ${before}`)
}

async function foldRange(db: Database, type: EventType, range: number): Promise<void> {
  const table = stateTable(type)
  const inRange = `slot BETWEEN ${range * RANGE} AND ${range * RANGE + RANGE - 1}`
  const gone = `(SELECT slot, until FROM engine.gone_${table} WHERE ${inRange})`
  await db.run(`INSERT INTO engine.history_${table}
      SELECT g.until, ${statementFields(type)
        .map((c) => `s.${c}`)
        .join(', ')} FROM (SELECT * FROM engine.state_${table} WHERE ${inRange}) s JOIN ${gone} g USING (slot);
    DELETE FROM engine.state_${table} WHERE ${inRange} AND slot IN (SELECT slot FROM ${gone});
    DELETE FROM engine.gone_${table} WHERE ${inRange}`)
}
