/** Rebuilds from the file what state rules keep in memory: what stands for each thing, sums, capital bases, products and stakes. */
import type { DuckDBDataChunk, DuckDBValue } from '@duckdb/node-api'
import type { EventType } from '../../contract/index.ts'
import type { Database } from '../../store/database.ts'
import { STATE_TYPES, stateTable } from '../../store/schema.ts'
import type { Effects } from './effects.ts'
import type { LookthroughStage } from './lookthrough.ts'
import { hashSql, readStanding } from './release.ts'
import type { KeptField, Standing, StandingBook } from './standing.ts'

export async function recall(db: Database, effects: Effects, lookthrough: LookthroughStage, books: Map<EventType, StandingBook>): Promise<void> {
  // Bases first: nobody has to be measured again because one is there.
  for (const [type, where] of WHOLE) for (const statement of await readStanding(db, type, effects.readOf(type), where)) effects.recallWhole(type, statement)
  await eachChunk(db, `SELECT "partyId", kind FROM engine.standing_party WHERE op <> 'delete'`, (chunk) => {
    const [ids, kinds] = [chunk.getColumnValues(0), chunk.getColumnValues(1)]
    ids.forEach((id, i) => lookthrough.setParty(String(id), String(kinds[i])))
  })
  for (const type of STATE_TYPES) {
    const book = books.get(type)
    if (book !== undefined) await recallStanding(db, type, book, (standing) => effects.recallSums(type, standing))
  }
}

/** What is kept as it was stated, evidence and all. */
const WHOLE: [EventType, string?][] = [['inst.metric'], ['product.holding'], ['book.position', `"productId" IS NOT NULL AND side = 'long'`]]

async function recallStanding(db: Database, type: EventType, book: StandingBook, each: (standing: Standing) => void): Promise<void> {
  const table = `engine.standing_${stateTable(type)}`
  const [count] = await db.rows(`SELECT count(*) FROM ${table}`)
  book.reserve(Number(count?.[0] ?? 0))
  const fields = book.kept.map(({ field, kind }) => (kind === 'money' ? `coalesce("${field}" * 100, 0)::BIGINT` : `CAST("${field}" AS VARCHAR)`))
  const columns = [...hashSql(type), 'slot', 'time', 'source', 'institution', `op = 'delete'`, ...fields]
  await eachChunk(db, `SELECT ${columns.join(', ')} FROM ${table}`, (chunk) => {
    const values = columns.map((_, k) => chunk.getColumnValues(k))
    for (let i = 0; i < chunk.rowCount; i++) {
      const standing = standingOf(values, i, book.kept)
      book.set([values[0]?.[i] as bigint, values[1]?.[i] as bigint], standing)
      if (!standing.deleted) each(standing)
    }
  })
}

const BEFORE_FIELDS = 7

function standingOf(values: readonly DuckDBValue[][], i: number, kept: readonly KeptField[]): Standing {
  const data: Standing['data'] = {}
  for (let k = 0; k < kept.length; k++) data[kept[k]?.field ?? ''] = (values[BEFORE_FIELDS + k]?.[i] ?? undefined) as bigint | string | undefined
  return {
    slot: Number(values[2]?.[i]),
    time: values[3]?.[i] as number,
    source: values[4]?.[i] as string,
    institution: values[5]?.[i] as string,
    deleted: values[6]?.[i] as boolean,
    data,
  }
}

async function eachChunk(db: Database, sql: string, read: (chunk: DuckDBDataChunk) => void): Promise<void> {
  const result = await db.connection.stream(sql)
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) read(chunk)
}
