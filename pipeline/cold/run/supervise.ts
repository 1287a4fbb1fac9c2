/**
 * Keeps an engine going over its file: checks the file, starts the engine, and, where the disk takes no writes, waits until it does
 * and builds the engine anew from the file; also where the log has more partitions than the engine opened (LT-2408), at once. DuckDB gives a file up after a failed write, so nothing is gone on with in memory.
 */
import { dirname } from 'node:path'
import { LookthroughError } from '../../contract/index.ts'
import { DISK_WAIT, diskTrouble, type DiskWait, isDiskTrouble, untilWritable } from '../../store/recovery/disk.ts'
import { recover, type RecoverOptions } from '../../store/recovery/recover.ts'
import type { FileFacts } from '../../store/recovery/verify.ts'

export type Running = {
  /** Resolves when the engine has ended, rejects when it failed. */
  done: Promise<void>
  /** Ends the engine and lets go of all it had opened. */
  stop(): Promise<void>
}

export type SuperviseOptions = Omit<RecoverOptions, 'onNotice'> & {
  /** Opens the source where the file says, and starts the engine. */
  start(facts: FileFacts): Promise<Running>
  onNotice(notice: LookthroughError): void
  onState(state: 'running' | 'paused'): void
  waitMs?: DiskWait
}

/** An engine that ran for so long has come over its trouble. */
const LONG_MS = 60_000

/** Returns once the engine runs or waits for the disk. Throws whatever else keeps it from starting. */
export async function supervise(options: SuperviseOptions): Promise<Running> {
  const stopping = new AbortController()
  let current: Running | undefined
  let begun: () => void = () => undefined
  const first = new Promise<void>((resolve) => (begun = resolve))
  const loop = async () => {
    const { first: firstMs, longest } = options.waitMs ?? DISK_WAIT
    let wait = firstMs
    while (!stopping.signal.aborted) {
      const started = performance.now()
      try {
        await mustWrite(dirname(options.file))
        current = await options.start(await recover(options))
        options.onState('running')
        begun()
        if (!stopping.signal.aborted) await current.done
        return
      } catch (error) {
        if (stopping.signal.aborted || !passes(error)) throw error
        if (hasGrown(error)) {
          options.onNotice(error)
          continue
        }
        options.onState('paused')
        options.onNotice(error instanceof LookthroughError ? error : paused(dirname(options.file), firstLine(error)))
        begun()
      } finally {
        await current?.stop()
        current = undefined
      }
      if (performance.now() - started > LONG_MS) wait = firstMs
      await untilWritable(dirname(options.file), { first: wait, longest }, stopping.signal)
      // Each pause is longer, for a disk that is full again at once.
      wait = Math.min(longest, wait * 2)
    }
  }
  const done = loop()
  await Promise.race([first, done])
  done.catch(() => undefined)
  return {
    done,
    async stop() {
      stopping.abort()
      await current?.stop()
      await done.catch(() => undefined)
    },
  }
}

function passes(error: unknown): boolean {
  return hasGrown(error) || (error instanceof LookthroughError && error.code === 'LT-2406') || isDiskTrouble(error)
}

function hasGrown(error: unknown): error is LookthroughError {
  return error instanceof LookthroughError && error.code === 'LT-2408'
}

async function mustWrite(folder: string): Promise<void> {
  const why = await diskTrouble(folder)
  if (why !== undefined) throw paused(folder, why)
}

function paused(folder: string, why: string): LookthroughError {
  return new LookthroughError('LT-2406', { folder, why })
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? ''
}
