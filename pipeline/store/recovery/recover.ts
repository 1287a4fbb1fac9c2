/**
 * From whatever lies there to a state file that is good: the file as it is, else without its log, else the newest good snapshot,
 * else, where the log of events still holds its beginning, none. What is broken is moved aside, never deleted.
 */
import { rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { LookthroughError } from '../../contract/index.ts'
import { type CheckAnswer, checkFile, type CheckProgress } from './check.ts'
import { copyWhole, exists, LOGS, quarantine, removeState, sizeOf, snapshotsOf } from './files.ts'
import { type FileFacts, NO_FACTS } from './verify.ts'

export type RecoverOptions = {
  file: string
  memoryLimit?: string | undefined
  /** As in `check.ts`. */
  verifier?: string | undefined
  /** Whether everything can be read again from the first event on; asked only when nothing else is left. */
  canStartOver(): Promise<boolean>
  /** Told what was moved aside (LT-2410) or missing (LT-2411), and where it goes on from. */
  onNotice(notice: LookthroughError): void
  onProgress?: ((progress: CheckProgress & { file: string; bytes: number }) => void) | undefined
  deadlineMs?: number | undefined
}

/**
 * The facts of the file to go on from; an empty file has no starts. Throws LT-2402 (in use), LT-2403 (broken, and nothing to go on from),
 * LT-2404 (made by another version), LT-2405 (cannot be checked here), LT-2406 (the disk takes no writes).
 */
export async function recover(options: RecoverOptions): Promise<FileFacts> {
  const { file } = options
  let why: string | undefined
  let kept: string | undefined
  if (await exists(file)) {
    const answer = await check(options, file)
    if ('good' in answer) return answer.good
    why = answer.broken
    if (await anyLog(file)) {
      kept = await quarantine(file, 'logs')
      const alone = await check(options, file)
      if ('good' in alone) return goOn(options, alone.good, { why, kept, from: 'the last checkpoint' })
    }
  } else {
    // Logs of a file that is gone say nothing; DuckDB would make a new file and replay them into it.
    if (await anyLog(file)) kept = await quarantine(file, 'logs')
    else if ((await snapshotsOf(file)).length === 0) return NO_FACTS
  }
  for (const snapshot of await snapshotsOf(file)) {
    const good = await take(options, snapshot)
    if (good === undefined) continue
    if (why !== undefined) kept = await quarantine(file, 'all', kept)
    await rename(restoring(file), file)
    return goOn(options, good, { why, kept, from: snapshot })
  }
  if (!(await options.canStartOver())) throw new LookthroughError('LT-2403', { file, why: why ?? 'missing', folder: dirname(file) })
  if (why !== undefined) kept = await quarantine(file, 'all', kept)
  return goOn(options, NO_FACTS, { why, kept, from: 'the first event' })
}

/** A snapshot as a file of its own, checked; a broken one is left where it lies. */
async function take(options: RecoverOptions, snapshot: string): Promise<FileFacts | undefined> {
  const to = restoring(options.file)
  await removeState(to)
  await copyWhole(snapshot, to)
  const answer = await check(options, to)
  if ('good' in answer) return answer.good
  await removeState(to)
  await rm(`${snapshot}.broken`, { force: true })
  await rename(snapshot, `${snapshot}.broken`)
  return undefined
}

function restoring(file: string): string {
  return `${file}.restoring`
}

async function anyLog(file: string): Promise<boolean> {
  const there = await Promise.all(LOGS.map((suffix) => exists(`${file}${suffix}`)))
  return there.includes(true)
}

/** Good or broken; everything else is thrown. */
async function check(options: RecoverOptions, file: string): Promise<Exclude<CheckAnswer, { refused: string }>> {
  const bytes = await sizeOf(file)
  const answer = await checkFile({
    file,
    memoryLimit: options.memoryLimit,
    verifier: options.verifier,
    deadlineMs: options.deadlineMs,
    onProgress: (progress) => options.onProgress?.({ ...progress, file, bytes }),
  })
  if (!('refused' in answer)) return answer
  const facts = { file, why: answer.why, folder: dirname(file) }
  switch (answer.refused) {
    case 'locked':
      throw new LookthroughError('LT-2402', facts)
    case 'schema':
      throw new LookthroughError('LT-2404', facts)
    case 'unreadable':
      throw new LookthroughError('LT-2405', facts)
    case 'disk':
      throw new LookthroughError('LT-2406', facts)
  }
}

function goOn(options: RecoverOptions, facts: FileFacts, { why, kept, from }: { why: string | undefined; kept: string | undefined; from: string }): FileFacts {
  const { file } = options
  options.onNotice(why === undefined ? new LookthroughError('LT-2411', { file, from }) : new LookthroughError('LT-2410', { file, why, kept: kept ?? '', from }))
  return facts
}
