/**
 * Upper bounds of the tables that only grow. Nothing the engine judges by lies in them: every event is in the log, every alert on its topic;
 * the tables keep what is recent within reach of a query.
 */
import type { Database } from './database.ts'
import { noted } from './meta.ts'

/** `rows`: the oldest beyond them go. `alertDays`: revisions older than this by the log's own time go, but for the last of an alert that is not resolved. */
export type Bounds = { rows: { late: number; dead_letters: number; alert_revisions: number }; alertDays: number }

export const BOUNDS: Bounds = { rows: { late: 1_000_000, dead_letters: 100_000, alert_revisions: 1_000_000 }, alertDays: 35 }

/** Deleted at most at one time and from one table, so that the next commit is not held up. */
const AT_ONCE = 50_000
const DAY_MS = 86_400_000

/** Call with no transaction open. `more`: some are still beyond their bound. */
export async function enforceBounds(db: Database, bounds: Bounds): Promise<{ rows: Record<string, number>; deleted: Record<string, number>; more: boolean }> {
  const rows: Record<string, number> = {}
  const deleted: Record<string, number> = { alert_revisions: await deleteOldAlerts(db, bounds.alertDays) }
  const unsent = await unsentLetters(db)
  let more = false
  for (const [table, most] of Object.entries(bounds.rows)) {
    const [count] = await db.rows(`SELECT count(*) FROM lt.${table}`)
    const over = Number(count?.[0] ?? 0) - (table === 'dead_letters' ? Math.max(most, unsent) : most)
    const gone = over > 0 ? await deleteOldest(db, table, Math.min(over, AT_ONCE)) : 0
    deleted[table] = (deleted[table] ?? 0) + gone
    rows[table] = Number(count?.[0] ?? 0) - gone
    more ||= over > gone
  }
  const [waiting] = await db.rows(`SELECT (SELECT count(*) FROM engine.outbox),
    (SELECT coalesce(sum(estimated_size), 0) FROM duckdb_tables() WHERE schema_name = 'engine' AND starts_with(table_name, 'seen_'))`)
  return { rows: { ...rows, outbox: Number(waiting?.[0]) + unsent, seen: Number(waiting?.[1]) }, deleted, more }
}

/** How many dead letters, the last ones, are not known to be out. */
async function unsentLetters(db: Database): Promise<number> {
  const [row] = await db.rows(`SELECT (SELECT sum(dead) FROM engine.partition) - ${noted('letters')}::BIGINT`)
  return Number(row?.[0] ?? 0)
}

/** Rows lie in the order in which they came. */
async function deleteOldest(db: Database, table: string, n: number): Promise<number> {
  const result = await db.connection.run(`DELETE FROM lt.${table} WHERE rowid <= (SELECT rowid FROM lt.${table} ORDER BY rowid LIMIT 1 OFFSET ${n - 1})`)
  return result.rowsChanged
}

async function deleteOldAlerts(db: Database, days: number): Promise<number> {
  const [low] = await db.rows('SELECT min(greatest(own, raised)) FILTER (isfinite(greatest(own, raised))) FROM engine.partition')
  if (low?.[0] === null || low === undefined) return 0
  const before = `epoch_ms(${Math.floor(Number(low[0]) - days * DAY_MS)}::BIGINT)`
  const result = await db.connection.run(`DELETE FROM lt.alert_revisions r WHERE "at" < ${before}
    AND (state = 'resolved' OR revision < (SELECT max(l.revision) FROM lt.alert_revisions l WHERE l.id = r.id))
    AND id NOT IN (SELECT id FROM engine.outbox)`)
  return result.rowsChanged
}
