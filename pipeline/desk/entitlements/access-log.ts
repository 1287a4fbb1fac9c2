/**
 * What people did at the walls: tokens taken back, persons unmasked. One JSON object per line, on the disk before anybody is answered; what was revoked is
 * known from it after a restart.
 */
import { open, readFile } from 'node:fs/promises'
import { LookthroughError } from '../../contract/index.ts'
import type { Revocation } from './revocations.ts'

/** `at`: RFC 3339; `by`: a user's name. */
export type AccessEntry = { at: string; by: string } & (
  | { did: 'revoke'; of: string; revocations: readonly Revocation[] }
  | { did: 'unmask'; party?: string; token?: string; reason: string; parties: readonly string[] }
  | { did: 'rotate'; key: string }
)

export type AccessLog = {
  revoked: readonly Revocation[]
  /** Resolves once the entry is on the disk. */
  write(entry: AccessEntry): Promise<void>
  close(): Promise<void>
}

/** Without a file it lasts as long as the process. Throws LT-1001 for a file that cannot be opened. */
export async function openAccessLog(file: string | undefined): Promise<AccessLog> {
  if (file === undefined) return { revoked: [], write: () => Promise.resolve(), close: () => Promise.resolve() }
  const handle = await open(file, 'a', 0o600).catch((error: Error) => {
    throw new LookthroughError('LT-1001', { file, why: error.message }, error)
  })
  const text = await readFile(file, 'utf8')
  // A line that a crash tore was answered to nobody; the next begins on one of its own.
  if (text !== '' && !text.endsWith('\n')) await handle.appendFile('\n')
  let last = Promise.resolve()
  return {
    revoked: text.split('\n').flatMap(revocationsIn),
    write(entry) {
      const written = last.then(async () => {
        await handle.appendFile(`${JSON.stringify(entry)}\n`)
        await handle.datasync()
      })
      last = written.catch(() => undefined)
      return written
    },
    close: () => last.then(() => handle.close()),
  }
}

function revocationsIn(line: string): readonly Revocation[] {
  try {
    const entry = JSON.parse(line) as AccessEntry
    return entry.did === 'revoke' ? entry.revocations : []
  } catch {
    return []
  }
}
