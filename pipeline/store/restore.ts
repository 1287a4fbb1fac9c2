/** Reading back what a running engine keeps in memory. */
import { failpoint } from '../contract/failpoint.ts'
import { type EventType, LookthroughError } from '../contract/index.ts'
import type { SourcePartition } from '../contract/source.ts'
import { type Database, quote } from './database.ts'
import { createSchema, STATE_TYPES, stateTable } from './schema.ts'

type Books = SourcePartition & { nextOffset: number; own: number; raised: number; used: number; late: number; duplicate: number; dead: number }

/** Makes the tables in a new file, else takes the file over under a higher epoch; partitions it does not know yet get a row. */
export async function takeOver(db: Database, partitions: readonly Books[]): Promise<{ epoch: number }> {
  if (!(await db.exists('engine', 'meta'))) {
    // All tables or none: an engine killed while it makes them leaves an empty file.
    await db.run('BEGIN')
    await createSchema(db)
    failpoint('create-tables')
    await db.run('COMMIT')
  }
  const [last] = await db.rows(`SELECT value FROM engine.meta WHERE key = 'epoch'`)
  const epoch = (last === undefined ? 0 : Number(last[0])) + 1
  await db.run(`BEGIN; INSERT OR REPLACE INTO engine.meta VALUES ('epoch', '${epoch}'); UPDATE engine.partition SET epoch = ${epoch}`)
  const known = new Map(
    (await db.rows('SELECT idx, topic, "partition" FROM engine.partition')).map(([idx, topic, partition]) => [`${topic}/${partition}`, Number(idx)]),
  )
  for (const [idx, p] of partitions.entries()) {
    const was = known.get(`${p.topic}/${p.partition}`)
    if (was === undefined)
      await db.run(`INSERT INTO engine.partition VALUES (${idx}, ${quote(p.topic)}, ${p.partition}, 0, '-inf', '-inf', 0, 0, 0, 0, ${epoch})`)
    else if (was !== idx) throw new LookthroughError('LT-2401', { file: db.file, partition: `${p.topic}/${p.partition}` })
  }
  await db.run('COMMIT')
  return { epoch }
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
