/**
 * Rebuilds from the file what state rules keep in memory: what stands for each thing, sums, capital bases, products and stakes. DuckDB numbers
 * the texts and adds up the sums; what comes over are numbers, and each text once.
 */
import type { EventType } from '../../contract/index.ts'
import type { Database } from '../../store/database.ts'
import { STATE_TYPES, stateTable } from '../../store/schema.ts'
import { type Effects, WHOLE } from './effects.ts'
import type { LookthroughStage } from './lookthrough.ts'
import type { Names } from './names.ts'
import { hashSql, readStanding } from './release.ts'
import { hashWords, type StandingBook } from './standing.ts'
import type { ThroughStage } from './through/stage.ts'

export type RecallPart = {
  db: Database
  effects: Effects
  lookthrough: LookthroughStage
  through: ThroughStage
  books: Map<EventType, StandingBook>
  names: Names
  lastTick: number
}

export async function recall({ db, effects, lookthrough, through, books, names, lastTick }: RecallPart): Promise<void> {
  // Bases first: nobody has to be measured again because one is there.
  for (const [type, where] of AS_STATED) for (const statement of await readStanding(db, type, effects.readOf(type), where)) effects.recallWhole(type, statement)
  await through.recall(db, lastTick)
  await db.eachChunk(`SELECT "partyId", kind FROM engine.standing_party WHERE op <> 'delete'`, (chunk) => {
    const [ids, kinds] = [chunk.getColumnValues(0), chunk.getColumnValues(1)]
    ids.forEach((id, i) => lookthrough.setParty(String(id), String(kinds[i])))
  })
  for (const type of STATE_TYPES) {
    const book = books.get(type)
    const [count] = await db.rows(`SELECT count(*) FROM engine.state_${stateTable(type)}`)
    if (book === undefined || Number(count?.[0]) === 0) continue
    await numberTexts(db, type, book, names)
    await recallStanding(db, type, book)
    await recallSums(db, type, effects, names)
    await db.run('DROP TABLE text_number')
  }
}

/** What is kept as it was stated, evidence and all. */
const AS_STATED: [EventType, string?][] = [['inst.metric'], ['product.holding'], ['book.position', `"productId" IS NOT NULL AND side = 'long'`]]

/** Makes `text_number`: every text that occurs in the book's columns, with its number in `names`. */
async function numberTexts(db: Database, type: EventType, book: StandingBook, names: Names): Promise<void> {
  const columns = ['source', 'institution', ...book.kept.filter((k) => k.kind === 'text').map((k) => textOf(k.field))]
  const texts = columns.map((c) => `SELECT DISTINCT ${c} AS text FROM engine.standing_${stateTable(type)}`).join(' UNION ')
  const known = names.size
  // Texts of an earlier type get a second number here; nothing compares numbers, and both give the text.
  await db.run(`CREATE TEMP TABLE text_number AS SELECT (${known} + row_number() OVER ())::INTEGER AS n, text FROM (${texts}) WHERE text IS NOT NULL`)
  await db.eachChunk('SELECT text FROM text_number ORDER BY n', (chunk) => {
    for (const text of chunk.getColumnValues(0)) names.append(String(text))
  })
}

async function recallStanding(db: Database, type: EventType, book: StandingBook): Promise<void> {
  const table = `engine.standing_${stateTable(type)}`
  const [count] = await db.rows(`SELECT count(*) FROM ${table}`)
  book.reserve(Number(count?.[0] ?? 0))
  const money = book.kept.filter((k) => k.kind === 'money').map((k) => `coalesce(s."${k.field}" * 100, 0)::BIGINT`)
  const texts = ['s.source', 's.institution', ...book.kept.filter((k) => k.kind === 'text').map((k) => textOf(k.field, 's.'))]
  const joins = texts.map((text, k) => `LEFT JOIN text_number t${k} ON t${k}.text = ${text}`)
  const numbers = texts.map((_, k) => `coalesce(t${k}.n, 0)::INTEGER`)
  const columns = ['s.slot::DOUBLE', 's.time', `(s.op = 'delete')::INTEGER`, ...numbers, ...money]
  await db.eachChunk(`SELECT ${hashSql(type, 's.')}, ${columns.join(', ')} FROM ${table} s ${joins.join(' ')}`, (chunk) => {
    const items = columns.map((_, k) => (chunk.getColumnVector(k + 1) as unknown as { items: Items }).items)
    book.append(chunk.rowCount, hashWords(chunk, 0), items)
  })
}

type Items = BigInt64Array | Float64Array | Int32Array

async function recallSums(db: Database, type: EventType, effects: Effects, names: Names): Promise<void> {
  for (const { by, sum, where, totals } of effects.sumsOver(type)) {
    // Number 0 is no text: the sum of a whole institution has no subject of its own.
    const [subject, join] = by === undefined ? ['0', ''] : ['b.n', `JOIN text_number b ON b.text = s."${by}"`]
    const sql = `SELECT institution, ${subject}, coalesce(ccy, 'CNY'), (sum(s."${sum}") * 100)::HUGEINT FROM engine.standing_${stateTable(type)} s
      ${join} WHERE op <> 'delete' AND (${where}) GROUP BY ALL HAVING sum(s."${sum}") <> 0`
    await db.eachChunk(sql, (chunk) => {
      const [institutions, subjects, currencies, amounts] = [0, 1, 2, 3].map((k) => chunk.getColumnValues(k))
      for (let i = 0; i < chunk.rowCount; i++)
        totals.recall(String(institutions?.[i]), names.text(Number(subjects?.[i])) ?? WHOLE, String(currencies?.[i]), amounts?.[i] as bigint)
    })
  }
}

function textOf(field: string, alias = ''): string {
  return `CAST(${alias}"${field}" AS VARCHAR)`
}
