/** The tables of a DuckDB file (`replay --db`) or of a running desk, to be read. */
import { DuckDBInstance } from '@duckdb/node-api'
import { type Language, LookthroughError } from '../contract/index.ts'
import { ask, type DeskOptions, signIn } from './commands/sql.ts'

export type Query = (sql: string) => Promise<Record<string, unknown>[]>

/** What a desk gives at once. */
const MOST_ROWS = 100_000

/** Read-only. Throws LT-1001 when the file cannot be opened, LT-2102 and LT-2103 for a desk that cannot be asked, LT-1013 when it would be asked for too much. */
export async function openTables(from: DeskOptions & { db?: string }, language: Language): Promise<{ query: Query; close(): void }> {
  if (from.db === undefined) {
    const { url, token } = await signIn(from)
    const query: Query = async (sql) => {
      const { columns, rows, truncated } = await ask(url, token, sql, MOST_ROWS, language)
      if (truncated) throw new LookthroughError('LT-1013', {})
      return rows.map((row) => Object.fromEntries(columns.map(({ name }, k) => [name, row[k]])))
    }
    return { query, close: () => undefined }
  }
  const file = from.db
  const instance = await DuckDBInstance.create(file, { access_mode: 'READ_ONLY' }).catch((error: Error) => {
    throw new LookthroughError('LT-1001', { file, why: error.message }, error)
  })
  const connection = await instance.connect()
  return {
    query: async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson(),
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}
