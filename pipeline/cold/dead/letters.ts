/** Dead letters as they lie in `lt.dead_letters` of a DuckDB file or on a desk. */
import { type DeadReason, LookthroughError } from '../../contract/index.ts'
import { type Position, parsePosition, type WireForm } from '../../contract/source.ts'
import { quote } from '../../store/database.ts'
import type { Query } from '../tables.ts'

export type Letter = Position & {
  reason: DeadReason
  pointer: string | null
  id: string | null
  institution: string | null
  form: WireForm
  bytes: Buffer
}

/** What is chosen; nothing: all. */
export type Chosen = { reason?: string; institution?: string; topic?: string; id?: string; position?: string }

/** In the order of the log. Throws LT-1031 when all are asked for and the desk keeps the bytes of some from this role; in a list those are empty. */
export async function lettersOf(query: Query, chosen: Chosen, limit?: number): Promise<Letter[]> {
  const order = limit === undefined ? 'ORDER BY topic, "partition", "offset"' : `ORDER BY "offset" DESC, topic, "partition" LIMIT ${limit}`
  const rows = await query(
    `SELECT topic, "partition", "offset"::BIGINT AS log_offset, reason, pointer, id, institution, form, base64(bytes) AS bytes FROM lt.dead_letters ${where(chosen)} ${order}`,
  )
  const hidden = rows.filter((row) => row['bytes'] === null).length
  if (limit === undefined && hidden > 0) throw new LookthroughError('LT-1031', { hidden })
  return rows.map((row) => ({
    ...(row as Pick<Letter, 'topic' | 'reason' | 'pointer' | 'id' | 'institution' | 'form'>),
    partition: Number(row['partition']),
    offset: Number(row['log_offset']),
    bytes: Buffer.from(String(row['bytes'] ?? ''), 'base64'),
  }))
}

export type Count = { reason: string; institution: string | null; topic: string; letters: number }

/** The most frequent first. */
export async function countsOf(query: Query, chosen: Chosen): Promise<Count[]> {
  const rows = await query(
    `SELECT reason, institution, topic, count(*)::INTEGER AS letters FROM lt.dead_letters ${where(chosen)} GROUP BY ALL ORDER BY letters DESC, reason, institution, topic`,
  )
  return rows.map((row) => ({ ...(row as Count), letters: Number(row['letters']) }))
}

/** Throws LT-1007 for a position that is none. */
function where({ position, ...fields }: Chosen): string {
  const tests = Object.entries(fields).map(([name, value]) => `${name} = ${quote(value)}`)
  if (position !== undefined) {
    const at = parsePosition(position)
    if (at === undefined) throw new LookthroughError('LT-1007', { why: `${position}: topic/partition/offset` })
    tests.push(`topic = ${quote(at.topic)}`, `"partition" = ${at.partition}`, `"offset" = ${at.offset}`)
  }
  return tests.length === 0 ? '' : `WHERE ${tests.join(' AND ')}`
}
