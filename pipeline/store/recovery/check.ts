/** The start-up check of a state file: in a child process, with a deadline. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { LOGS, sizeOf } from './files.ts'
import type { FileFacts } from './verify.ts'

/** `verifier`: the compiled module whose `verify` says what has to hold in the file; without it, that of an engine. */
export type CheckJob = { file: string; memoryLimit?: string | undefined; verifier?: string | undefined }
export type CheckProgress = { done: number; of: number }

/** `refused`: the file may well be good, but cannot be gone on from here and now. */
export type CheckAnswer = { good: FileFacts } | { broken: string } | { refused: 'schema' | 'disk' | 'locked' | 'unreadable'; why: string }

/** How long a check may take: a minute, and a second for every 5 MB. */
export function deadlineMs(bytes: number): number {
  return 60_000 + bytes / 5000
}

export type CheckOptions = CheckJob & { onProgress?: ((progress: CheckProgress) => void) | undefined; deadlineMs?: number | undefined }

export async function checkFile(options: CheckOptions): Promise<CheckAnswer> {
  const { file, memoryLimit, verifier, onProgress } = options
  const sizes = await Promise.all(['', ...LOGS].map((suffix) => sizeOf(`${file}${suffix}`)))
  const limit = options.deadlineMs ?? deadlineMs(sizes.reduce((a, b) => a + b, 0))
  const child = fork(CHILD, { env: { TZ: 'UTC', UV_THREADPOOL_SIZE: '4' }, execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  return new Promise((resolve) => {
    let answer: CheckAnswer | undefined
    let late = false
    const timer = setTimeout(() => {
      late = true
      child.kill('SIGKILL')
    }, limit)
    child.on('message', (message: CheckProgress | CheckAnswer) => {
      if ('done' in message) onProgress?.(message)
      else answer = message
    })
    child.once('error', (error) => resolve({ refused: 'unreadable', why: error.message }))
    // Not `exit`: its last message may still be on the way then.
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      if (answer !== undefined) resolve(answer)
      else if (late) resolve({ broken: `no answer within ${Math.round(limit / 1000)} s` })
      // Killed from outside, most likely because memory ran out: that says nothing about the file.
      else if (signal === 'SIGKILL') resolve({ refused: 'unreadable', why: 'the checking process was killed' })
      else resolve({ broken: `opening it ends the process with ${signal ?? code}` })
    })
    child.send({ file, memoryLimit, verifier } satisfies CheckJob)
  })
}

/** A process runs JavaScript only: from the sources, the compiled one is taken. */
const CHILD = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../../dist/pipeline/store/recovery/check-child.js' : './check-child.js', import.meta.url),
)
