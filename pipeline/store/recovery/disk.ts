/** Trouble with the disk that passes: full, over quota, read-only. The engine waits for it to pass; any other error ends it. */
import { open, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const PASSING = /no space left|ENOSPC|disk quota exceeded|EDQUOT|read-only file system|EROFS|file too large|EFBIG/i

/** Whether an error, or the text of one from another thread or process, says that the disk takes no writes at present. */
export function isDiskTrouble(error: unknown): boolean {
  return PASSING.test(error instanceof Error ? `${error.message} ${String((error as NodeJS.ErrnoException).code ?? '')}` : String(error))
}

/** Between two looks at the disk, ms: the first, and the longest they grow to. */
export type DiskWait = { first: number; longest: number }

export const DISK_WAIT: DiskWait = { first: 1000, longest: 15_000 }

/** Resolves once this folder takes writes, or `signal` aborts; looks after `wait` ms first, and ever more rarely. */
export async function untilWritable(folder: string, { first, longest }: DiskWait, signal: AbortSignal): Promise<void> {
  let wait = first
  do {
    await sleep(wait, undefined, { signal }).catch(() => undefined)
    wait = Math.min(longest, wait * 2)
  } while (!signal.aborted && (await diskTrouble(folder)) !== undefined)
}

const PROBE_BYTES = 4 << 20

/** Why nothing can be written into this folder now; undefined when it can. */
export async function diskTrouble(folder: string): Promise<string | undefined> {
  const file = join(folder, '.write-probe')
  try {
    const handle = await open(file, 'w')
    try {
      await handle.writeFile(Buffer.alloc(PROBE_BYTES, 1))
      await handle.sync()
    } finally {
      await handle.close()
    }
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    await rm(file, { force: true }).catch(() => undefined)
  }
}

/** Bytes an ordinary user may still write there. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
