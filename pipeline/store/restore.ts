/** Reading back what a running engine keeps in memory. */
import { failpoint } from '../contract/failpoint.ts'
import { type EventType, formatTime, LookthroughError } from '../contract/index.ts'
import type { Books, SourcePartition } from '../contract/source.ts'
import type { Database } from './database.ts'
import type { Progress } from './meta.ts'
import { createSchema, STATE_TYPES, stateTable } from './schema.ts'

/**
 * Makes the tables in a new file, else takes the file over under a higher epoch. A partition keeps the place the file gave it: `partitions` names the
 * known ones at their places, then those the file does not know yet, whose places are `added`; `isNew`: it knows none. Throws LT-2401.
 */
export async function takeOver(db: Database, partitions: readonly SourcePartition[]): Promise<{ epoch: number; added: number[]; isNew: boolean }> {
  if (!(await db.exists('engine', 'meta'))) {
    // All tables or none: an engine killed while it makes them leaves an empty file.
    await db.run('BEGIN')
    await createSchema(db)
    failpoint('create-tables')
    await db.run('COMMIT')
  }
  const known = (await db.rows('SELECT topic, "partition" FROM engine.partition ORDER BY idx')).map(([topic, partition]) => `${topic}/${partition}`)
  for (const [place, name] of known.entries()) {
    const p = partitions[place]
    const found = p === undefined ? '–' : `${p.topic}/${p.partition}`
    if (found !== name) throw new LookthroughError('LT-2401', { file: db.file, place, known: name, found })
  }
  db.meta.forget()
  const [row] = await db.rows('UPDATE engine.mark SET epoch = epoch + 1 RETURNING epoch')
  return { epoch: Number(row?.[0]), added: [...partitions.keys()].slice(known.length), isNew: known.length === 0 }
}

/** Gives partitions, after those the file knows, their place in it. */
export async function addPartitions(db: Database, partitions: readonly SourcePartition[], places: number[], epoch: number): Promise<void> {
  if (places.length === 0) return
  const books = partitions.map((p, index): Progress => ({ ...UNREAD, topic: p.topic, partition: p.partition, index }))
  await readBooks(db, books)
  await db.meta.commit(epoch, books)
}

const UNREAD = { nextOffset: 0, own: -Infinity, raised: -Infinity, used: 0, late: 0, duplicate: 0, dead: 0 }

/** A file is made with one judge-from, or none, for good: with another a replay would say something else than the file does. Throws LT-2409. */
export async function keepJudgeFrom(db: Database, judgeFrom: number | undefined, isNew: boolean): Promise<void> {
  const text = judgeFrom === undefined ? undefined : formatTime(judgeFrom)
  if (isNew) {
    if (text !== undefined) await db.run(`INSERT OR REPLACE INTO engine.meta VALUES ('judge-from', '${text}')`)
    return
  }
  const [row] = await db.rows(`SELECT value FROM engine.meta WHERE key = 'judge-from'`)
  const kept = row === undefined ? undefined : String(row[0])
  if (kept !== text) throw new LookthroughError('LT-2409', { file: db.file, kept: kept ?? 'none', asked: text ?? 'none' })
}

/** How far each partition was read, and its books, into `books` (same order as the source's partitions). */
export async function readBooks(db: Database, books: Books[]): Promise<void> {
  for (const row of await db.rows('SELECT idx, next_offset, own, raised, used, late, duplicate, dead FROM engine.partition')) {
    const [idx, nextOffset, own, raised, used, late, duplicate, dead] = row.map(Number) as [number, number, number, number, number, number, number, number]
    const b = books[idx]
    if (b !== undefined) Object.assign(b, { nextOffset, own, raised: Math.max(raised, b.raised), used, late, duplicate, dead })
  }
}

/** The last row number used in each state table. */
export async function readSlots(db: Database): Promise<Map<EventType, number>> {
  const tables = STATE_TYPES.map((type) => `SELECT '${type}', max(slot) FROM engine.state_${stateTable(type)}`)
  return new Map((await db.rows(tables.join(' UNION ALL '))).map(([type, slot]) => [type as EventType, Number(slot ?? 0)]))
}
