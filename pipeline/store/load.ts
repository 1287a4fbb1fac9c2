/** A batch becomes a temporary table, vector by vector; what reads the batch then are queries. */
import type { TextColumn } from '../contract/text.ts'
import { type Column, sqlTypeOf } from './columns.ts'
import type { Database } from './database.ts'

/** `text` in bytes; numbers as `appendColumns` takes them. */
export type LoadColumn = { name: string; column: Column } | { name: string; text: TextColumn }

/** Makes the temporary table `name` anew with `count` rows, and gives the relation to read it by. */
export async function loadTable(db: Database, name: string, columns: readonly LoadColumn[], count: number): Promise<string> {
  const values = columns.map((c): Column => ('text' in c ? { type: 'utf8', values: c.text } : c.column))
  await db.run(`CREATE OR REPLACE TEMP TABLE "${name}"(${columns.map((c, k) => `"${c.name}" ${sqlTypeOf(values[k] as Column)}`).join(', ')})`)
  await db.append('main', name, values, count)
  return loaded(name)
}

/** The relation of what was loaded last under this name. */
export function loaded(name: string): string {
  return `"${name}"`
}
