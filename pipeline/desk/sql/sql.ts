/**
 * Ad-hoc SQL over the lake: one child process per query, holding nothing but what the viewer may know, with a locked DuckDB,
 * one SELECT, and caps on rows, bytes, memory and time. DuckDB's settings alone are no sandbox; the process is.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LookthroughError } from '../../contract/index.ts'
import type { ChildAnswer, ChildRequest, Cell } from './child.ts'

export type SqlRequest = {
  sql: string
  /** Rows at most: 10,000 unless said, never above 100,000. */
  limit?: number
  lakeDirectory: string
  /** A bank's desk names its institution and finds only its own rows; null sees everything. */
  viewer: { institution: string | null }
  timeoutMs?: number
  signal?: AbortSignal
}
export type SqlResult = { columns: { name: string; type: string }[]; rows: Cell[][]; truncated: boolean; ms: number }

const DEFAULT_ROWS = 10_000
const MAX_ROWS = 100_000
const TIMEOUT_MS = 30_000
/** After an interrupt the child has this long before it is killed. */
const GRACE_MS = 500

/** Throws LT-2150 (the query is wrong), LT-2151 (not one SELECT), LT-2152 (too much time or memory), LT-2153 (no lake yet). */
export async function runSql(request: SqlRequest): Promise<SqlResult> {
  if (!existsSync(join(request.lakeDirectory, 'tables'))) throw new LookthroughError('LT-2153')
  const started = performance.now()
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-sql-'))
  const child = fork(childProgram(), [], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '' },
    execArgv: ['--max-old-space-size=256'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
  })
  try {
    const answer = await answerOf(child, request)
    if ('failed' in answer) throw new LookthroughError(answer.failed, { why: answer.why })
    return { ...answer, ms: Math.round(performance.now() - started) }
  } finally {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
}

function answerOf(child: ChildProcess, request: SqlRequest): Promise<ChildAnswer> {
  return new Promise((resolve) => {
    const tooMuch = (why: string) => resolve({ failed: 'LT-2152', why })
    const timer = setTimeout(() => {
      child.send({ interrupt: true } satisfies ChildRequest)
      setTimeout(() => tooMuch(`no result within ${(request.timeoutMs ?? TIMEOUT_MS) / 1000} s`), GRACE_MS)
    }, request.timeoutMs ?? TIMEOUT_MS)
    request.signal?.addEventListener('abort', () => tooMuch('the caller went away'))
    child.on('message', (answer: ChildAnswer) => resolve(answer))
    child.on('exit', () => tooMuch('the query needed more memory than it may have'))
    child.on('error', (error) => tooMuch(error.message))
    child.once('exit', () => clearTimeout(timer))
    const { sql, lakeDirectory, viewer } = request
    child.send({
      sql,
      limit: Math.min(MAX_ROWS, Math.max(1, request.limit ?? DEFAULT_ROWS)),
      tables: join(lakeDirectory, 'tables'),
      institution: viewer.institution,
    } satisfies ChildRequest)
  })
}

/** A process cannot be forked from TypeScript: from sources the compiled child is taken. */
function childProgram(): string {
  const here = fileURLToPath(import.meta.url)
  return here.endsWith('.ts')
    ? fileURLToPath(new URL('../../../dist/pipeline/desk/sql/child.js', import.meta.url))
    : fileURLToPath(new URL('./child.js', import.meta.url))
}
