/** What has to hold in a state file before an engine goes on from it. */
import type { Position } from '../../contract/source.ts'
import { name } from '../database.ts'
import type { Database } from '../database.ts'
import { SCHEMA_VERSION } from '../schema.ts'

/**
 * What a good file says: where to go on, under which epoch it was written last, how many alert revisions it has sent or has to send, and how many dead
 * letters it counts, of which the last `unsent` may not be out: in each partition those from `from` on, where it has any.
 */
export type FileFacts = {
  starts: { topic: string; partition: number; nextOffset: number }[]
  epoch: number
  sequence: number
  letters: { counted: number; unsent: number; from: Position[] }
}

/** A file without tables. */
export const NO_FACTS: FileFacts = { starts: [], epoch: 0, sequence: 0, letters: { counted: 0, unsent: 0, from: [] } }

export class Broken extends Error {}
export class OtherSchema extends Error {}

export type Verify = (db: Database, onTable: (done: number, of: number) => void) => Promise<FileFacts>

/** Throws Broken with the reason, OtherSchema with the version found. A file without tables is new, and good. */
export async function verify(db: Database, onTable: (done: number, of: number) => void): Promise<FileFacts> {
  const tables = await db.rows(`SELECT schema_name, table_name FROM duckdb_tables() WHERE schema_name IN ('lt', 'engine') ORDER BY ALL`)
  if (tables.length === 0) return NO_FACTS
  const meta = new Map((await db.rows('SELECT key, value FROM engine.meta')).map(([key, value]) => [String(key), String(value)]))
  const schema = meta.get('schema')
  if (schema === undefined) throw new Broken('engine.meta names no schema')
  if (schema !== String(SCHEMA_VERSION)) throw new OtherSchema(schema)
  for (const [i, [owner, table]] of tables.entries()) {
    onTable(i, tables.length)
    await readAll(db, `${name(String(owner))}.${name(String(table))}`)
  }
  const [mark] = await db.rows('SELECT epoch, notes FROM engine.mark')
  if (mark === undefined) throw new Broken('engine.mark is empty')
  const notes = JSON.parse(String(mark[1])) as Record<string, string>
  const epoch = Number(mark[0])
  const sequence = Number(notes['sequence'] ?? 0)
  await checkBooks(db)
  await checkOutbox(db, sequence)
  const letters = await checkLetters(db, notes['letters'])
  const starts = await db.rows('SELECT topic, "partition", next_offset FROM engine.partition ORDER BY idx')
  return {
    starts: starts.map(([topic, partition, next]) => ({ topic: String(topic), partition: Number(partition), nextOffset: Number(next) })),
    epoch,
    sequence,
    letters,
  }
}

/** Every block of every column: DuckDB compares a block with its checksum when it reads it. */
export async function readAll(db: Database, table: string): Promise<void> {
  await db.rows(`SELECT count(*), bit_xor(hash(t)) FROM ${table} t`)
}

async function checkBooks(db: Database): Promise<void> {
  const rows = await db.rows('SELECT idx, next_offset, own, raised, used, late, duplicate, dead FROM engine.partition ORDER BY idx')
  for (const [expected, row] of rows.entries()) {
    const [idx, next, own, raised, used, late, duplicate, dead] = row.map((v) => (v === null ? Number.NaN : Number(v))) as number[]
    if (idx !== expected) throw new Broken(`partition ${expected} has no books`)
    const counts = [used, late, duplicate, dead]
    if (counts.some((n) => !((n ?? -1) >= 0)) || !((next ?? -1) >= 0) || Number.isNaN(own) || Number.isNaN(raised))
      throw new Broken(`the books of partition ${idx} are not numbers that can be`)
    if (next === 0 && counts.some((n) => n !== 0)) throw new Broken(`partition ${idx}: events accounted for, but none read`)
  }
  const [kept] = await db.rows(`SELECT (SELECT count(*) FROM lt.late), (SELECT count(*) FROM lt.dead_letters),
    (SELECT coalesce(sum(late), 0) FROM engine.partition), (SELECT coalesce(sum(dead), 0) FROM engine.partition)`)
  const [late, dead, lateCounted, deadCounted] = (kept ?? []).map(Number) as [number, number, number, number]
  if (late > lateCounted) throw new Broken(`${late} late events kept, ${lateCounted} counted`)
  if (dead > deadCounted) throw new Broken(`${dead} dead letters kept, ${deadCounted} counted`)
}

/** Revisions on their way out are numbered without gaps up to the last number given, and each stands in `lt.alert_revisions`. */
async function checkOutbox(db: Database, sequence: number): Promise<void> {
  const [row] = await db.rows('SELECT count(*), count(DISTINCT sequence), min(sequence), max(sequence) FROM engine.outbox')
  const [count, distinct, low, high] = (row ?? []).map(Number) as [number, number, number, number]
  if (count === 0) return
  if (distinct !== count || high - low + 1 !== count || high !== sequence)
    throw new Broken(`outbox: ${count} rows numbered ${low} to ${high}, the last number given is ${sequence}`)
  const [missing] = await db.rows('SELECT count(*) FROM engine.outbox o ANTI JOIN lt.alert_revisions r ON r.id = o.id AND r.revision = o.revision')
  if (Number(missing?.[0]) > 0) throw new Broken(`outbox: ${String(missing?.[0])} revisions are not among the alerts`)
}

/** Dead letters on their way out are the last of those kept. `out`: how many are out; undefined: nobody sends any. */
async function checkLetters(db: Database, out: string | undefined): Promise<FileFacts['letters']> {
  const [row] = await db.rows('SELECT (SELECT coalesce(sum(dead), 0) FROM engine.partition), (SELECT count(*) FROM lt.dead_letters)')
  const [counted, kept] = (row ?? []).map(Number) as [number, number]
  const unsent = out === undefined ? 0 : counted - Number(out)
  if (!(unsent >= 0 && unsent <= kept)) throw new Broken(`dead letters: ${counted} counted, ${out} out, ${kept} kept`)
  const from = await db.rows(`SELECT topic, "partition", min("offset") FROM (FROM lt.dead_letters ORDER BY rowid DESC LIMIT ${unsent}) GROUP BY ALL`)
  return { counted, unsent, from: from.map(([topic, partition, offset]) => ({ topic: String(topic), partition: Number(partition), offset: Number(offset) })) }
}
