/** Whether an export, in NDJSON, is as the desk handed it out, and agrees with others of the same desk. */
import { isWhole } from './chain.ts'

/**
 * `changed`: a line is not as it was hashed; `gap`: it does not follow from the one before; `other`: another export has something else at its place; `cut`: the
 * end is missing, or lines before it are.
 */
export type AuditFinding = { line: number; why: 'changed' | 'gap' | 'other' | 'cut' }
/** `first`, `last`: numbers of the entries in the chain, 0 without one. */
export type CheckedExport = { entries: number; first: number; last: number; findings: AuditFinding[] }

type Line = { did?: unknown; n?: number; prev?: string; hash?: string; entries?: number }

/** `known`: hashes by number, of exports looked at before; those of this one are added. */
export async function checkExport(lines: AsyncIterable<string>, known: Map<number, string>): Promise<CheckedExport> {
  const told: CheckedExport = { entries: 0, first: 0, last: 0, findings: [] }
  let before: Line | undefined
  let isEnded = false
  let number = 0
  for await (const text of lines) {
    const line = lineIn(text)
    number++
    const find = (why: AuditFinding['why']) => told.findings.push({ line: number, why })
    if (line.n !== undefined && line.hash !== undefined) {
      if ((known.get(line.n) ?? line.hash) !== line.hash) find('other')
      known.set(line.n, line.hash)
    }
    isEnded = line.did === 'head'
    if (isEnded) {
      if (line.entries !== told.entries) find('cut')
      continue
    }
    told.entries++
    if (line.n === undefined) continue
    if (!isWhole({ ...line })) find('changed')
    if (before !== undefined && (line.n !== (before.n ?? 0) + 1 || line.prev !== before.hash)) find('gap')
    before = line
    told.first ||= line.n
    told.last = line.n
  }
  if (!isEnded) told.findings.push({ line: number, why: 'cut' })
  return told
}

/** What is no line counts as a changed one. */
function lineIn(text: string): Line {
  try {
    const line: unknown = JSON.parse(text)
    return typeof line === 'object' && line !== null ? line : { n: -1 }
  } catch {
    return { n: -1 }
  }
}
