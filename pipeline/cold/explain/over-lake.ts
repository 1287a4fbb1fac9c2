/** An explanation from the lake: in a process of its own, since it may take seconds of one core. */
import { fileURLToPath } from 'node:url'
import { LookthroughError } from '../../contract/index.ts'
import type { Facts } from '../../contract/errors.ts'
import type { Lookthrough } from '../../contract/lookthrough.ts'
import { inOwnProcess } from '../../desk/sql/own-process.ts'
import type { Asked } from './as-of.ts'

export type ExplainJob = { lakeDirectory: string; asked: Asked; timeoutMs: number }
/** `no-tables`: the files could not be read; its text may name paths and is for the log only. */
export type ExplainAnswer =
  | { result: Lookthrough }
  | { error: { code: LookthroughError['code']; facts: Facts } }
  | { failed: 'no-tables' | 'memory'; why: string }

const TIMEOUT_MS = 30_000
/** A process runs JavaScript only: from the sources, the compiled one is taken. */
const CHILD = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../../dist/pipeline/cold/explain/child.js' : './child.js', import.meta.url))

/** Throws what `explain` throws, LT-2132 (time), LT-2134 (memory), LT-2135 (no tables). */
export async function explainOverLake(lakeDirectory: string, asked: Asked, signal?: AbortSignal): Promise<Lookthrough> {
  const job: ExplainJob = { lakeDirectory, asked, timeoutMs: TIMEOUT_MS }
  const answer = await inOwnProcess<ExplainAnswer>(CHILD, job, signal)
  if ('result' in answer) return answer.result
  if ('error' in answer) throw new LookthroughError(answer.error.code, answer.error.facts)
  if (answer.failed === 'timeout') throw new LookthroughError('LT-2132', { seconds: TIMEOUT_MS / 1000 })
  if (answer.failed === 'memory') throw new LookthroughError('LT-2134')
  throw new LookthroughError('LT-2135', {}, new Error(answer.why))
}
