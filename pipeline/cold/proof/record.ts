/** The alert as it was put on record: its revisions in the bytes in which they lie in an alerts file, a state file, or on the alerts topic. */
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DuckDBInstance } from '@duckdb/node-api'
import { canonicalJson, formatTime, LookthroughError, type PublishedAlert } from '../../contract/index.ts'
import type { KafkaOptions } from '../../kafka/client.ts'
import { ALERTS_TOPIC, readBodies } from '../../kafka/sink.ts'

export type RecordedRevision = { alert: PublishedAlert; body: string }

export type AlertRecord = {
  /** As it is named to a person. */
  from: string
  kind: 'file' | 'state' | 'topic'
  revisions: RecordedRevision[]
  /** What a state file was made with: RFC 3339, or null where it judged from the beginning. Others do not say. */
  judgeFrom?: string | null
}

/**
 * An alerts file (NDJSON), a DuckDB file with `lt.alert_revisions` or a data folder with one; it is opened read-only.
 * Throws LT-1001 (cannot be read), LT-1004 (neither of these), LT-2402 (in use).
 */
export async function recordAt(path: string, ids: ReadonlySet<string>): Promise<AlertRecord> {
  const found = await stat(path).catch((error: Error) => {
    throw new LookthroughError('LT-1001', { file: path, why: error.message }, error)
  })
  const file = found.isDirectory() ? join(path, 'state.duckdb') : path
  return (await isDuckDb(file)) ? fromState(file, ids) : fromFile(file, ids)
}

/** Throws LT-2001, LT-2002. */
export async function recordOnTopic(options: KafkaOptions, ids: ReadonlySet<string>): Promise<AlertRecord> {
  const from = `${options.prefix ?? ''}${ALERTS_TOPIC}`
  const revisions: RecordedRevision[] = []
  for await (const body of readBodies(options, { follow: false })) keep(revisions, body, ids, from)
  return { from, kind: 'topic', revisions }
}

async function fromFile(file: string, ids: ReadonlySet<string>): Promise<AlertRecord> {
  const revisions: RecordedRevision[] = []
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) keep(revisions, line, ids, file)
  return { from: file, kind: 'file', revisions }
}

/** The same revision sent twice in the same bytes is one. */
function keep(revisions: RecordedRevision[], body: string, ids: ReadonlySet<string>, file: string): void {
  if (![...ids].some((id) => body.includes(id))) return
  let alert: PublishedAlert
  try {
    alert = JSON.parse(body) as PublishedAlert
  } catch (error) {
    throw new LookthroughError('LT-1004', { file, format: 'NDJSON', why: (error as Error).message }, error)
  }
  if (ids.has(alert.id) && !revisions.some((r) => r.body === body)) revisions.push({ alert, body })
}

const MAGIC = 'DUCK'

async function isDuckDb(file: string): Promise<boolean> {
  const handle = await open(file).catch((error: Error) => {
    throw new LookthroughError('LT-1001', { file, why: error.message }, error)
  })
  try {
    const { buffer } = await handle.read(Buffer.alloc(MAGIC.length), 0, MAGIC.length, 8)
    return buffer.toString('latin1') === MAGIC
  } finally {
    await handle.close()
  }
}

const COLUMNS = [
  'id, revision, state, mode, rule_code, rule_id, rule_version, rule_hash, institution, subject_kind, subject_id, subject_part, severity, band',
  `epoch_ms("at") AS "at", epoch_ms(window_start) AS window_start, epoch_ms(window_end) AS window_end, "values", threshold, says_zh, says_en`,
  'law, path, evidence, evidence_count, disclosure, positions',
].join(', ')

async function fromState(file: string, ids: ReadonlySet<string>): Promise<AlertRecord> {
  const instance = await DuckDBInstance.create(file, { access_mode: 'READ_ONLY' }).catch((error: Error) => {
    throw new LookthroughError('LT-2402', { file, why: error.message }, error)
  })
  const connection = await instance.connect()
  try {
    const read = async (sql: string) => (await connection.runAndReadAll(sql)).getRowObjects() as Record<string, unknown>[]
    const wanted = [...ids].map((id) => `'${id.replaceAll("'", "''")}'`).join(', ')
    const rows = await read(`SELECT ${COLUMNS} FROM lt.alert_revisions WHERE id IN (${wanted}) ORDER BY id, revision`)
    const [kept] = await read(`SELECT value FROM engine.meta WHERE key = 'judge-from'`)
    const revisions = rows.map(toAlert).map((alert) => ({ alert, body: canonicalJson(alert) }))
    return { from: file, kind: 'state', revisions, judgeFrom: kept === undefined ? null : String(kept['value']) }
  } catch (error) {
    throw new LookthroughError('LT-1004', { file, format: 'lt.alert_revisions', why: (error as Error).message }, error)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/** A row holds all that its alert did: the body is the same. */
function toAlert(row: Record<string, unknown>): PublishedAlert {
  const json = (name: string) => JSON.parse(String(row[name])) as unknown
  const positions = row['positions'] === null ? null : (json('positions') as PublishedAlert['positions'] | null)
  const time = (name: string) => formatTime(Number(row[name]))
  return {
    id: row['id'],
    revision: row['revision'],
    state: row['state'],
    mode: row['mode'],
    rule: { code: row['rule_code'], id: row['rule_id'], version: row['rule_version'], hash: row['rule_hash'] },
    institution: row['institution'],
    subject: { kind: row['subject_kind'], id: row['subject_id'], ...(row['subject_part'] !== null && { part: row['subject_part'] }) },
    severity: row['severity'],
    band: row['band'],
    at: time('at'),
    window: row['window_start'] === null ? null : { start: time('window_start'), end: time('window_end') },
    values: json('values'),
    threshold: row['threshold'],
    says: { zh: row['says_zh'], en: row['says_en'] },
    law: json('law'),
    path: json('path'),
    evidence: json('evidence'),
    evidenceCount: row['evidence_count'],
    disclosure: row['disclosure'],
    ...(positions !== null && { positions }),
  } as PublishedAlert
}
