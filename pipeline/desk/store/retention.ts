/**
 * What is older than the desk keeps goes: entries, with them alerts whose last word is that they are resolved, and what was done about those. The last revision
 * of an alert that stands is kept however old it is; below the floor of a stream nothing can be replayed.
 */
import type { Database } from '../../store/database.ts'
import type { AlertLog } from '../feed/log.ts'
import type { DeskStore } from './desk-store.ts'

export const KEEP_MS = 35 * 86_400_000

/** `before`: wall ms. */
export async function forgetBefore(store: DeskStore, log: AlertLog, before: number): Promise<void> {
  const [old] = await store.read('SELECT count(*) FROM feed.entry e JOIN feed.stream s ON s.name = e.stream WHERE e.came < $1 AND e.seq > s.floor', before)
  if (Number(old?.[0]) === 0) return
  const { floors, gone } = await store.transaction((db) => remove(db, before))
  for (const [stream, floor] of floors) log.stream(stream).forget(floor, gone.get(stream) ?? [])
}

async function remove(db: Database, before: number): Promise<{ floors: Map<string, number>; gone: Map<string, string[]> }> {
  await db.run(`UPDATE feed.stream SET floor = f.seq FROM (SELECT stream, max(seq) AS seq FROM feed.entry WHERE came < ${before} GROUP BY stream) f
    WHERE name = f.stream AND f.seq > floor`)
  const resolved = await db.rows(`SELECT e.stream, e.alert FROM ${BELOW} WHERE e.seq = l.seq AND ${IS_RESOLVED}`)
  await db.run(`DELETE FROM feed.entry WHERE rowid IN (SELECT e.rowid FROM ${BELOW} WHERE e.seq < l.seq OR ${IS_RESOLVED})`)
  for (const table of ['action', 'receipt', 'hidden'])
    await db.run(
      `DELETE FROM feed.${table} t WHERE NOT EXISTS (SELECT 1 FROM feed.entry e WHERE e.alert = t.alert)${table === 'hidden' ? '' : ` AND came < ${before}`}`,
    )
  await db.run(`DELETE FROM feed.durable WHERE used < ${before}`)
  await db.run(`DELETE FROM feed.delivery WHERE came < ${before}`)
  const gone = new Map<string, string[]>()
  for (const [stream, alert] of resolved) gone.set(String(stream), [...(gone.get(String(stream)) ?? []), String(alert)])
  return { floors: new Map((await db.rows('SELECT name, floor FROM feed.stream')).map(([name, floor]) => [String(name), Number(floor)])), gone }
}

const BELOW = `feed.entry e JOIN feed.stream s ON s.name = e.stream AND e.seq <= s.floor
  JOIN (SELECT stream, alert, max(seq) AS seq FROM feed.entry GROUP BY stream, alert) l ON l.stream = e.stream AND l.alert = e.alert`
const IS_RESOLVED = `json_extract_string(e.body, '$.state') = 'resolved'`
