/** `lookthrough replay`: judges files from start to end; prints counts and the digest. */
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { once } from 'node:events'
import { compareAlerts, digestLine, digestOf, type PublishedAlert } from '../../contract/index.ts'
import type { Source } from '../../contract/source.ts'
import type { Rule } from '../../contract/rule.ts'
import { DEFAULT_PACE, runEngine } from '../../engine.ts'
import type { Delivered, Unjudged } from '../../contract/stage.ts'
import type { Ledger } from '../../hot/batch/ledger.ts'
import type { Told } from '../../hot/check/check.ts'
import { Database } from '../../store/database.ts'
import { changed } from './rule-log.ts'

export type ReplayOptions = {
  source: Source
  rules: readonly Rule[]
  /** Files to write: alert revisions, the tables, the dead letters. */
  alerts?: string
  db?: string
  dead?: string
  onEvents?: (read: number) => void
  maxEvents?: number
  /** How long a batch may take before the next has fewer events, ms. */
  longestMs?: number
  /** What lies at this time or before, ms, is loaded and raises nothing; the log's own word on it holds where this is not given. */
  judgeFrom?: number
  /** How long what is replaced is kept in the tables, ms, and how far corrections reach back; default 35 days. */
  keepMs?: number
  /** Told of every batch, with the books as they stand after it. */
  watch?: (delivered: Delivered, ledger: Ledger) => void
  /** Told of what rules could not be asked about. */
  onUnjudged?: (unjudged: Unjudged) => void
  /** Told of everything the rules find. */
  told?: Told
  /** Keep full events in `lt.events` also where the tables are not written to a file. */
  keepEvents?: boolean
  /** Ends the replay before the log does, after a whole batch. */
  stop?: AbortSignal
  /** Asked before the tables are gone. */
  inspect?: (db: Database, ledger: Ledger) => Promise<void>
}

export type ReplayResult = {
  read: number
  used: number
  late: number
  duplicate: number
  dead: number
  revisions: PublishedAlert[]
  digest: string
  seconds: number
}

export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const { judgeFrom } = options
  const started = performance.now()
  if (options.db !== undefined) for (const file of [options.db, `${options.db}.wal`]) await rm(file, { force: true })
  const db = await Database.open(options.db ?? ':memory:')
  const revisions: PublishedAlert[] = []
  let read = 0
  try {
    const ledger = await runEngine({
      db,
      source:
        judgeFrom === undefined ? options.source : changed(options.source, { control: [...options.source.control, { kind: 'judge-from', at: judgeFrom }] }),
      rules: options.rules,
      keepEvents: options.db !== undefined || options.keepEvents === true,
      pace: {
        maxEvents: options.maxEvents ?? DEFAULT_PACE.maxEvents,
        waitMs: 50,
        ...(options.longestMs !== undefined && { longestMs: options.longestMs }),
      },
      sink: { deliver: () => Promise.resolve(), close: () => Promise.resolve() },
      ...(options.told !== undefined && { told: options.told }),
      ...(options.onUnjudged !== undefined && { onUnjudged: options.onUnjudged }),
      ...(options.stop !== undefined && { stop: options.stop }),
      ...(options.keepMs !== undefined && { keepMs: options.keepMs }),
      onDelivered(delivered, books) {
        for (const revision of delivered.revisions) revisions.push(revision)
        read += delivered.received
        options.onEvents?.(read)
        options.watch?.(delivered, books)
      },
    })
    await options.source.close()
    if (options.alerts !== undefined) await writeLines(options.alerts, [...revisions].sort(compareAlerts).map(digestLine))
    if (options.dead !== undefined) await writeLines(options.dead, await deadLines(db))
    await options.inspect?.(db, ledger)
    const sum = (of: 'used' | 'late' | 'duplicate' | 'dead') => ledger.books.reduce((n, b) => n + b[of], 0)
    const counts = { read, used: sum('used'), late: sum('late'), duplicate: sum('duplicate'), dead: sum('dead') }
    return { ...counts, revisions, digest: digestOf(revisions), seconds: (performance.now() - started) / 1000 }
  } finally {
    db.close()
  }
}

async function deadLines(db: Database): Promise<string[]> {
  const rows = await db.objects(
    `SELECT topic, "offset", reason, pointer, id, institution, base64(bytes) AS bytes FROM lt.dead_letters ORDER BY topic, "partition", "offset"`,
  )
  return rows.map((r) =>
    JSON.stringify({
      reason: r['reason'],
      ...optional('pointer', r['pointer']),
      file: r['topic'],
      line: Number(r['offset']) + 1,
      ...optional('id', r['id']),
      ...optional('institution', r['institution']),
      bytes: r['bytes'],
    }),
  )
}

function optional(name: string, value: unknown): Record<string, unknown> {
  return value === null ? {} : { [name]: value }
}

async function writeLines(file: string, lines: string[]): Promise<void> {
  const out = createWriteStream(file)
  for (const line of lines) if (!out.write(`${line}\n`)) await once(out, 'drain')
  out.end()
  await once(out, 'finish')
}
