/**
 * The desk's record of what people did: one JSON object per line, chained, and on the disk before anybody is answered. What was revoked is known from it
 * after a restart.
 */
import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { LookthroughError } from '../../contract/index.ts'
import type { Revocation } from '../entitlements/revocations.ts'
import { BEFORE_ALL, follows, type Head, type Link, linkAfter } from './chain.ts'
import { type AuditEntry, told } from './entry.ts'

export { entryBy } from './entry.ts'

/** An entry at its place; what earlier versions wrote without one has it by counting. */
export type RecordedEntry = { entry: AuditEntry; link: Link }

export type AuditRecord = {
  revoked: readonly Revocation[]
  /** Numbers of the entries that do not follow from the one before: the file was changed by another hand. */
  breaks: readonly number[]
  /** Of what is on the disk. */
  head(): Head
  /** Resolves once they are on the disk. What comes while one write is under way goes with the next. */
  write(...entries: AuditEntry[]): Promise<void>
  /** All there is now, in order. */
  read(): AsyncIterable<RecordedEntry>
  close(): Promise<void>
}

/** Without a file it lasts as long as the process. Throws LT-1001 for a file that cannot be opened. */
export async function openAuditRecord(file: string | undefined): Promise<AuditRecord> {
  if (file === undefined) return recordIn(memoryShelf(), { revoked: [], breaks: [], head: BEFORE_ALL })
  const handle = await open(file, 'a+', 0o600).catch((error: Error) => {
    throw new LookthroughError('LT-1001', { file, why: error.message }, error)
  })
  const found = { revoked: [] as Revocation[], breaks: [] as number[], head: BEFORE_ALL }
  for await (const { entry, link, isSound } of entriesIn(file)) {
    if (entry.did === 'revoke') found.revoked.push(...entry.revocations)
    if (!isSound) found.breaks.push(link.n)
    found.head = link
  }
  return recordIn(await fileShelf(file, handle), found)
}

/** Where lines are put. */
type Shelf = { add(lines: string): Promise<void>; lines(): AsyncIterable<string>; close(): Promise<void> }

function recordIn(shelf: Shelf, { revoked, breaks, head }: { revoked: Revocation[]; breaks: number[]; head: Head }): AuditRecord {
  let waiting: AuditEntry[] = []
  let next: Promise<void> | undefined
  let last: Promise<void> = Promise.resolve()
  const flush = async () => {
    const entries = waiting
    waiting = []
    next = undefined
    let end = head
    const lines = entries.map((entry) => {
      const link = linkAfter(end, told(entry))
      end = link
      return `${JSON.stringify({ ...entry, ...link })}\n`
    })
    await shelf.add(lines.join(''))
    head = end
  }
  return {
    revoked,
    breaks,
    head: () => head,
    write(...entries) {
      if (entries.length === 0) return Promise.resolve()
      waiting.push(...entries)
      next ??= last.then(flush)
      last = next.catch(() => undefined)
      return next
    },
    async *read() {
      const end = head.n
      for await (const { entry, link } of placed(shelf.lines())) {
        if (link.n > end) return
        yield { entry, link }
        if (link.n === end) return
      }
    },
    close: () => last.then(() => shelf.close()),
  }
}

function memoryShelf(): Shelf {
  const kept: string[] = []
  return {
    add: async (lines) => void kept.push(...lines.split('\n').filter((line) => line !== '')),
    async *lines() {
      yield* kept
    },
    close: () => Promise.resolve(),
  }
}

async function fileShelf(file: string, handle: FileHandle): Promise<Shelf> {
  let { size } = await handle.stat()
  let isTorn = false
  // A line that a crash tore was answered to nobody; the next begins on one of its own.
  if (size > 0 && (await handle.read(Buffer.alloc(1), 0, 1, size - 1)).buffer.toString() !== '\n') {
    await handle.appendFile('\n')
    size += 1
  }
  return {
    async add(lines) {
      // What a write that failed has left would break the chain.
      if (isTorn) await handle.truncate(size)
      isTorn = true
      await handle.appendFile(lines)
      await handle.datasync()
      isTorn = false
      size += Buffer.byteLength(lines)
    },
    lines: () => linesOf(file),
    close: () => handle.close(),
  }
}

function linesOf(file: string): AsyncIterable<string> {
  return createInterface({ input: createReadStream(file), crlfDelay: Infinity })
}

async function* entriesIn(file: string): AsyncGenerator<RecordedEntry & { isSound: boolean }> {
  yield* placed(linesOf(file))
}

/** Lines that are none (torn by a crash) have no place. */
async function* placed(lines: AsyncIterable<string>): AsyncGenerator<RecordedEntry & { isSound: boolean }> {
  let head = BEFORE_ALL
  for await (const line of lines) {
    const found = entryIn(line)
    if (found === undefined) continue
    const { entry, given } = found
    const link = given ?? linkAfter(head, told(entry))
    yield { entry, link, isSound: follows(head, { ...told(entry), ...link }) }
    head = link
  }
}

function entryIn(line: string): { entry: AuditEntry; given: Link | undefined } | undefined {
  try {
    const { n, prev, hash, ...entry } = JSON.parse(line) as AuditEntry & Partial<Link>
    return { entry, given: n === undefined || prev === undefined || hash === undefined ? undefined : { n, prev, hash } }
  } catch {
    return undefined
  }
}
