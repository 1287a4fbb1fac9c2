/** What past exposures are told from, as it lies in the lake: versions of the statements they rest on, those that no longer stand partly apart. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { EventType } from '../../contract/index.ts'
import { FIELDS } from '../../hot/check/effects.ts'
import { quote } from '../../store/database.ts'
import { STATEMENT_NAMES, stateTable, thingColumns } from '../../store/schema.ts'

export const PAST_TYPES: readonly EventType[] = ['credit.loan', 'book.position', 'product.holding', 'inst.metric', 'mkt.price']

/** The columns kept of a type's versions. */
export function pastColumns(type: EventType): string {
  const fields = [...thingColumns(type), ...(FIELDS[type] ?? []).map((field) => `"${field}"`)]
  return [...new Set([...STATEMENT_NAMES, ...fields])].join(', ')
}

export function pastFile(lakeDirectory: string, table: string, part: 'state' | 'history' = 'state'): string {
  return join(lakeDirectory, 'past', part === 'state' ? `${table}.parquet` : `${table}.history.parquet`)
}

/** The files as views of the names that the engine's own tables have. */
export function pastViews(lakeDirectory: string): string {
  const view = (name: string, ...files: string[]) => `CREATE VIEW engine.${name} AS SELECT * FROM read_parquet([${files.map(quote).join(', ')}])`
  const versions = PAST_TYPES.map(stateTable).map((table) =>
    view(`version_${table}`, pastFile(lakeDirectory, table), pastFile(lakeDirectory, table, 'history')),
  )
  return ['CREATE SCHEMA engine', ...versions, ...['setting', 'kept'].map((table) => view(table, pastFile(lakeDirectory, table)))].join('; ')
}

/** Another word after a history was written anew: who reads on across that may have missed what was moved there. */
export async function historyMark(lakeDirectory: string): Promise<string> {
  const files = await Promise.all(PAST_TYPES.map((type) => stat(pastFile(lakeDirectory, stateTable(type), 'history'), { bigint: true })))
  return files.map(({ ino, mtimeNs }) => `${ino}/${mtimeNs}`).join(' ')
}
