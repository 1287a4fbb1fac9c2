/**
 * Rows of a table read many at a time: of each text column the bytes of all rows side by side, of each column of numbers an array. Nothing becomes a string
 * or an object of its own on the way, which for a million rows takes longer than DuckDB takes to find them.
 */
import { DuckDBBlobValue, type DuckDBDataChunk, type DuckDBListVector } from '@duckdb/node-api'
import { TextColumn } from '../contract/text.ts'
import type { Database } from './database.ts'

/** Columns as SQL without nulls, by name; one text at least. */
export type BlockColumns = {
  texts: Record<string, string>
  /** INTEGER, BIGINT and DOUBLE. */
  integers: Record<string, string>
  bigints: Record<string, string>
  doubles: Record<string, string>
}

/** Rows in no order, the same one in all columns. */
export type Block<C extends BlockColumns> = {
  count: number
  texts: Record<keyof C['texts'], TextColumn>
  integers: Record<keyof C['integers'], Int32Array>
  bigints: Record<keyof C['bigints'], BigInt64Array>
  doubles: Record<keyof C['doubles'], Float64Array>
}

/**
 * Gives the rows of `table`, which has a column `slot`, where they satisfy `where`. One thread finds the next ones while `read` is at work on this one: a
 * second would wait for the first in a loop.
 */
export async function eachBlock<C extends BlockColumns>(
  db: Database,
  table: string,
  where: string,
  columns: C,
  read: (block: Block<C>) => void,
): Promise<void> {
  const ranges = await rangesOf(db, table)
  const find = (i: number) => {
    const [first, last] = ranges[i] ?? [0, -1]
    const found = db.connection.run(blockQuery(`${table} WHERE slot BETWEEN ${first} AND ${last} AND (${where})`, columns))
    // Whoever waits for it is told; until then nobody does.
    found.catch(() => undefined)
    return found
  }
  await db.onOneThread(async () => {
    let next = ranges.length === 0 ? undefined : find(0)
    for (let i = 1; next !== undefined; i++) {
      const chunk = await (await next).fetchChunk()
      next = i < ranges.length ? find(i) : undefined
      try {
        if (chunk !== null && chunk.rowCount > 0) read(blockOf(chunk, columns))
      } catch (error) {
        await next
        throw error
      }
    }
  })
}

/** Slots of about so many rows: those of a row group of DuckDB's. */
const ROWS = 122_880

/** First and last slots of parts of a table that have `ROWS` rows or somewhat more. */
async function rangesOf(db: Database, table: string): Promise<[first: number, last: number][]> {
  const ranges: [number, number][] = []
  let rows = ROWS
  for (const [part, count] of await db.rows(`SELECT slot // ${ROWS}, count(*) FROM ${table} GROUP BY ALL ORDER BY ALL`)) {
    const last = (Number(part) + 1) * ROWS - 1
    const open = ranges.at(-1)
    if (open === undefined || rows >= ROWS) {
      ranges.push([Number(part) * ROWS, last])
      rows = Number(count)
    } else {
      open[1] = last
      rows += Number(count)
    }
  }
  return ranges
}

/** One list of records holds the rows, so that all columns taken out of it are in the same order. */
function blockQuery(from: string, { texts, integers, bigints, doubles }: BlockColumns): string {
  const columns = [texts, integers, bigints, doubles].flatMap((of) => Object.values(of))
  const record = columns.map((sql, k) => `'c${k}': ${sql}`).join(', ')
  const taken = columns.flatMap((_, k) =>
    k >= Object.keys(texts).length
      ? [`list_transform(rows, lambda r: r.c${k})`]
      : [`encode(array_to_string(list_transform(rows, lambda r: r.c${k}), ''))`, `list_transform(rows, lambda r: strlen(r.c${k})::INTEGER)`],
  )
  return `SELECT ${taken.join(', ')} FROM (SELECT list({${record}}) AS rows FROM ${from}) WHERE rows IS NOT NULL`
}

function blockOf<C extends BlockColumns>(chunk: DuckDBDataChunk, columns: C): Block<C> {
  let k = 0
  const each = <V>(of: Record<string, string>, read: () => V) => Object.fromEntries(Object.keys(of).map((name) => [name, read()]))
  const block = {
    texts: each(columns.texts, () => textsOf(chunk.getColumnVector(k++).getItem(0), numbersOf<Int32Array>(chunk, k++))),
    integers: each(columns.integers, () => numbersOf<Int32Array>(chunk, k++)),
    bigints: each(columns.bigints, () => numbersOf<BigInt64Array>(chunk, k++)),
    doubles: each(columns.doubles, () => numbersOf<Float64Array>(chunk, k++)),
  }
  return { count: Object.values(block.texts)[0]?.count ?? 0, ...block } as Block<C>
}

function textsOf(value: unknown, lengths: Int32Array): TextColumn {
  const ends = Uint32Array.from(lengths)
  for (let row = 1; row < ends.length; row++) ends[row] = (ends[row] as number) + (ends[row - 1] as number)
  const bytes = value instanceof DuckDBBlobValue ? value.bytes : new Uint8Array()
  return TextColumn.from({ count: ends.length, bytes, ends, nulls: undefined, hasNulls: false })
}

/** A copy: the chunk's memory is DuckDB's. */
function numbersOf<N extends Int32Array | BigInt64Array | Float64Array>(chunk: DuckDBDataChunk, k: number): N {
  const { childVector } = chunk.getColumnVector(k) as DuckDBListVector
  return (childVector as unknown as { items: N }).items.slice() as N
}
