/** One query on the lake, for one viewer: a process that holds only what the viewer may know, and limits on everything it uses. */
import { fileURLToPath } from 'node:url'
import { LookthroughError } from '../../contract/index.ts'
import { FORGET, macroOf, type PseudonymKey } from '../entitlements/pseudonyms.ts'
import type { Answer, Job, SqlResult } from './job.ts'
import { inOwnProcess } from './own-process.ts'
import { type SqlViewer, tablesFor } from './tables.ts'

export type { SqlResult, SqlValue } from './job.ts'

export type SqlOptions = {
  sql: string
  /** Rows; 10,000 unless given, 100,000 at most. */
  limit?: number
  lakeDirectory: string
  viewer: SqlViewer
  /** By which persons have other names. */
  key: PseudonymKey
  timeoutMs?: number
  /** Ends the query at once. */
  signal?: AbortSignal
}

const ROWS = 10_000
const MAX_ROWS = 100_000
const MAX_BYTES = 16 << 20
const TIMEOUT_MS = 30_000

/**
 * Decimals and 64-bit numbers are strings, times RFC 3339. `truncated`: there was more than `limit` rows or 16 MiB.
 * Throws LT-2130 (no single SELECT), LT-2131 (the query's own error), LT-2132 (time), LT-2134 (memory), LT-2135 (no tables).
 */
export async function runSql(options: SqlOptions): Promise<SqlResult> {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS
  const tables = await tablesFor(options.lakeDirectory, options.viewer)
  if (tables.length === 0) throw new LookthroughError('LT-2135')
  const around = { before: macroOf(options.key), after: FORGET }
  const job: Job = { sql: options.sql, tables, ...around, maxRows: Math.min(MAX_ROWS, options.limit ?? ROWS), maxBytes: MAX_BYTES, timeoutMs }
  const answer = await inOwnProcess<Answer>(CHILD, job, options.signal)
  if ('result' in answer) return answer.result
  const { failed, why } = answer
  switch (failed) {
    case 'refused':
      throw new LookthroughError('LT-2130')
    case 'timeout':
      throw new LookthroughError('LT-2132', { seconds: timeoutMs / 1000 })
    case 'memory':
      throw new LookthroughError('LT-2134')
    case 'no-tables':
      throw new LookthroughError('LT-2135', {}, new Error(why))
    case 'failed':
      throw new LookthroughError('LT-2131', { why })
  }
}

/** A process runs JavaScript only: from the sources, the compiled one next to them is taken. */
export const CHILD = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../../dist/pipeline/desk/sql/child.js' : './child.js', import.meta.url))
