/**
 * A batch becomes a temporary table: numbers are copied vector by vector, text goes in as one value per column that DuckDB splits itself
 * (half the time of handing over each string, and not on the thread that decodes). What reads the batch then are queries.
 */
import { type TextColumn, unescapedSql } from '../contract/text.ts'
import { type Column, integerColumn, sqlTypeOf } from './columns.ts'
import type { Database } from './database.ts'

/** `text` in bytes; numbers as `appendColumns` takes them. */
export type LoadColumn = { name: string; column: Column } | { name: string; text: TextColumn }

/** Makes the temporary tables of `name` anew with `count` rows, and gives the relation to read them by; `_row` is a row's number in the columns. */
export async function loadTable(db: Database, name: string, columns: readonly LoadColumn[], count: number): Promise<string> {
  const numbers = columns.filter((c): c is { name: string; column: Column } => 'column' in c)
  const texts = columns.filter((c): c is { name: string; text: TextColumn } => 'text' in c)
  await db.run(`CREATE OR REPLACE TEMP TABLE "${name}_numbers"(_row INTEGER, ${numbers.map((c) => `"${c.name}" ${sqlTypeOf(c.column)}`).join(', ')})`)
  await db.append('main', `${name}_numbers`, [integerColumn(Int32Array.from({ length: count }, (_, i) => i)), ...numbers.map((c) => c.column)], count)
  const split = texts.map((_, i) => `unnest(string_split($${i + 1}, chr(31))) AS t${i}`)
  const value = texts.map((c, i) => `${unescapedSql(`t${i}`, c.text.escaped)} AS "${c.name}"`)
  const rows =
    count === 0
      ? `SELECT 0 AS _row, ${texts.map((_, i) => `NULL::VARCHAR AS t${i}`).join(', ')} WHERE false`
      : `SELECT unnest(range(${count}))::INTEGER AS _row, ${split.join(', ')}`
  await db.connection.run(
    `CREATE OR REPLACE TEMP TABLE "${name}_texts" AS SELECT _row, ${value.join(', ')} FROM (${rows})`,
    count === 0 ? [] : texts.map((c) => c.text.joined()),
  )
  // Put together by the queries, which need some columns only; by number, because no scan promises its order.
  return loaded(name)
}

/** The relation of what was loaded last under this name. */
export function loaded(name: string): string {
  return `("${name}_numbers" JOIN "${name}_texts" USING (_row))`
}
