/** One query on the lake, for one viewer: a process that holds only what the viewer may know, and limits on everything it uses. */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LookthroughError } from '../../contract/index.ts'
import type { Answer, Job, SqlResult } from './job.ts'
import { tablesFor } from './tables.ts'

export type { SqlResult, SqlValue } from './job.ts'

export type SqlOptions = {
  sql: string
  /** Rows; 10,000 unless given, 100,000 at most. */
  limit?: number
  lakeDirectory: string
  /** Null: all institutions. */
  viewer: { institution: string | null }
  timeoutMs?: number
  /** Ends the query at once. */
  signal?: AbortSignal
}

const ROWS = 10_000
const MAX_ROWS = 100_000
const MAX_BYTES = 16 << 20
const TIMEOUT_MS = 30_000
/** After its time a query is interrupted; one that goes on is killed this much later. */
const GRACE_MS = 2000
const HEAP_MB = 256
/** DuckDB's 256 MB, the heap's, and what both need beside; string functions allocate outside DuckDB's limit. */
const MAX_RESIDENT_BYTES = 800 << 20
const WATCH_MS = 50

/**
 * Decimals and 64-bit numbers are strings, times RFC 3339. `truncated`: there was more than `limit` rows or 16 MiB.
 * Throws LT-2130 (no single SELECT), LT-2131 (the query's own error), LT-2132 (time), LT-2134 (memory), LT-2135 (no tables).
 */
export async function runSql(options: SqlOptions): Promise<SqlResult> {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS
  const tables = await tablesFor(options.lakeDirectory, options.viewer.institution)
  if (tables.length === 0) throw new LookthroughError('LT-2135')
  const job: Job = { sql: options.sql, tables, maxRows: Math.min(MAX_ROWS, options.limit ?? ROWS), maxBytes: MAX_BYTES, timeoutMs }
  const answer = await inOwnProcess(job, options.signal)
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
const CHILD = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../../dist/pipeline/desk/sql/child.js' : './child.js', import.meta.url))

async function inOwnProcess(job: Job, signal: AbortSignal | undefined): Promise<Answer> {
  const folder = await mkdtemp(join(tmpdir(), `lookthrough-sql-${process.pid}-`))
  // Nothing of our environment is passed on: it may hold secrets.
  const child = fork(CHILD, {
    cwd: folder,
    env: { HOME: folder, TMPDIR: folder, TZ: 'UTC' },
    execArgv: [`--max-old-space-size=${HEAP_MB}`],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  try {
    return await watched(child, job, signal)
  } finally {
    child.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  }
}

function watched(child: ChildProcess, job: Job, signal: AbortSignal | undefined): Promise<Answer> {
  return new Promise((resolve) => {
    let failed: 'timeout' | 'memory' = 'memory'
    const kill = (why: typeof failed) => {
      failed = why
      child.kill('SIGKILL')
    }
    const abort = () => kill('timeout')
    const timer = setTimeout(() => kill('timeout'), job.timeoutMs + GRACE_MS)
    const watch = setInterval(() => void residentBytes(child.pid).then((bytes) => bytes > MAX_RESIDENT_BYTES && kill('memory')), WATCH_MS)
    const done = (answer: Answer) => {
      clearTimeout(timer)
      clearInterval(watch)
      signal?.removeEventListener('abort', abort)
      resolve(answer)
    }
    signal?.addEventListener('abort', abort)
    if (signal?.aborted === true) abort()
    child.once('message', (answer: Answer) => done(answer))
    child.once('error', (error) => done({ failed: 'failed', why: error.message }))
    // Killed by us, or by V8 when the heap was full: the one way it ends by itself without an answer. An answer sent before is read first.
    child.once('disconnect', () => setImmediate(() => done({ failed, why: '' })))
    child.send(job, () => undefined)
  })
}

/** Resident memory of a process, where the system tells; else 0. */
async function residentBytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid ?? 0}/status`, 'utf8').catch(() => '')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024
}
