/** A job in a process of its own, with limits on what it uses; it can be killed at any moment. */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** After its time a job is to end by itself; one that goes on is killed this much later. */
const GRACE_MS = 2000
const HEAP_MB = 256
/** DuckDB's 256 MB, the heap's, and what both need beside; string functions allocate outside DuckDB's limit. */
const MAX_RESIDENT_BYTES = 800 << 20
const WATCH_MS = 50

/** How a process ended that did not answer. */
export type Ended = { failed: 'timeout' | 'memory' | 'failed'; why: string }

/** `script`: compiled code that takes the job as its first message and answers with one. `signal` ends it at once. */
export async function inOwnProcess<Answer>(script: string, job: { timeoutMs: number }, signal: AbortSignal | undefined): Promise<Answer | Ended> {
  const folder = await mkdtemp(join(tmpdir(), `lookthrough-sql-${process.pid}-`))
  // Nothing of our environment is passed on: it may hold secrets.
  const child = fork(script, {
    cwd: folder,
    env: { HOME: folder, TMPDIR: folder, TZ: 'UTC' },
    execArgv: [`--max-old-space-size=${HEAP_MB}`],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  try {
    return await watched<Answer>(child, job, signal)
  } finally {
    child.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  }
}

function watched<Answer>(child: ChildProcess, job: { timeoutMs: number }, signal: AbortSignal | undefined): Promise<Answer | Ended> {
  return new Promise((resolve) => {
    let failed: 'timeout' | 'memory' = 'memory'
    const kill = (why: typeof failed) => {
      failed = why
      child.kill('SIGKILL')
    }
    const abort = () => kill('timeout')
    const timer = setTimeout(() => kill('timeout'), job.timeoutMs + GRACE_MS)
    const watch = setInterval(() => void residentBytes(child.pid).then((bytes) => bytes > MAX_RESIDENT_BYTES && kill('memory')), WATCH_MS)
    const done = (answer: Answer | Ended) => {
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
