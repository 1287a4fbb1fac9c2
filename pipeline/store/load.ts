/**
 * A batch becomes a temporary table: numbers are copied vector by vector, text goes in as one value per column that DuckDB splits itself
 * (half the time of handing over each string, and not on the thread that decodes). What reads the batch then are queries.
 */
import { type TextColumn, unescapedSql } from '../contract/text.ts'
import { type Column, integerColumn, sqlTypeOf } from './columns.ts'
import type { Database } from './database.ts'

/** `text` in bytes; numbers as `appendColumns` takes them. */
export type LoadColumn = { name: string; column: Column } | { name: string; text: TextColumn }

/** Makes (or makes anew) the temporary view `view` with `count` rows; `_row` is their number in the columns. */
export async function loadTable(db: Database, view: string, columns: readonly LoadColumn[], count: number): Promise<void> {
  const numbers = columns.filter((c): c is { name: string; column: Column } => 'column' in c)
  const texts = columns.filter((c): c is { name: string; text: TextColumn } => 'text' in c)
  await db.run(`CREATE OR REPLACE TEMP TABLE "${view}_numbers"(_row INTEGER, ${numbers.map((c) => `"${c.name}" ${sqlTypeOf(c.column)}`).join(', ')})`)
  await db.append('main', `${view}_numbers`, [integerColumn(Int32Array.from({ length: count }, (_, i) => i)), ...numbers.map((c) => c.column)], count)
  const split = texts.map((c, i) => `${unescapedSql(`unnest(string_split($${i + 1}, chr(31)))`, c.text.escaped)} AS "${c.name}"`)
  const none = texts.map((c) => `NULL::VARCHAR AS "${c.name}"`)
  await db.connection.run(
    `CREATE OR REPLACE TEMP TABLE "${view}_texts" AS SELECT unnest(range(${count}))::INTEGER AS _row, ${(count === 0 ? none : split).join(', ')}`,
    count === 0 ? [] : texts.map((c) => c.text.joined()),
  )
  // Put together by the queries, which need some columns only; by number, because no scan promises its order.
  await db.run(`CREATE OR REPLACE TEMP VIEW "${view}" AS SELECT * FROM "${view}_numbers" JOIN "${view}_texts" USING (_row)`)
}
