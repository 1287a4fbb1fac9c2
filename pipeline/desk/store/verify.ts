/** What has to hold in a desk's file before a desk goes on from it. Asked in the process that checks state files (`store/recovery`). */
import { name, type Database } from '../../store/database.ts'
import { Broken, type FileFacts, NO_FACTS, OtherSchema, readAll } from '../../store/recovery/verify.ts'
import { DESK_SCHEMA } from './schema.ts'

/** The compiled module: the checking process runs JavaScript only. */
export const VERIFIER = new URL(import.meta.url.endsWith('.ts') ? '../../../dist/pipeline/desk/store/verify.js' : './verify.js', import.meta.url).href

/** Throws Broken with the reason, OtherSchema with the version found. A file without tables is new, and good. */
export async function verify(db: Database, onTable: (done: number, of: number) => void): Promise<FileFacts> {
  const tables = await db.rows(`SELECT table_name FROM duckdb_tables() WHERE schema_name = 'feed' ORDER BY ALL`)
  if (tables.length === 0) return NO_FACTS
  const meta = new Map((await db.rows('SELECT key, value FROM feed.meta')).map(([key, value]) => [String(key), String(value)]))
  if (meta.get('schema') === undefined) throw new Broken('feed.meta names no schema')
  if (meta.get('schema') !== DESK_SCHEMA) throw new OtherSchema(meta.get('schema'))
  if (!meta.has('epoch') || !meta.has('key')) throw new Broken('feed.meta names no epoch, or no key')
  for (const [i, [table]] of tables.entries()) {
    onTable(i, tables.length)
    await readAll(db, `feed.${name(String(table))}`)
  }
  const [wrong] = await db.rows(`SELECT stream FROM feed.entry LEFT JOIN feed.stream s ON s.name = stream GROUP BY stream
    HAVING count(*) <> count(DISTINCT entry.seq) OR max(entry.seq) > coalesce(max(s.seq), 0) LIMIT 1`)
  if (wrong !== undefined) throw new Broken(`stream ${String(wrong[0])}: a sequence stands twice, or beyond its end`)
  return NO_FACTS
}
