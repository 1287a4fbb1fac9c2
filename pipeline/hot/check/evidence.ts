/** Evidence: the events a verdict rests on, in event order (e, source, type, sequence, id). */
import type { DuckDBValue } from '@duckdb/node-api'
import type { EvidenceRef } from '../../contract/finding.ts'
import type { EventType } from '../../contract/event.ts'
import { type Database, quote } from '../../store/database.ts'
import { asOf, type Statement } from './release.ts'

/** How many events an alert names; `evidenceCount` counts all. */
export const EVIDENCE_SHOWN = 20

/** Gives the log position of an event: partition index and offset to (topic, partition, offset), or nothing where the source has none. */
export type Locate = (part: number, offset: number) => EvidenceRef['position'] | undefined

export function refOf(s: Pick<Statement, 'e' | 'source' | 'id' | 'sequence' | 'part' | 'offset'>, type: EventType, locate: Locate): EvidenceRef {
  const time = (s.e + 1e15).toFixed(0).padStart(17, '0')
  const position = locate(s.part, s.offset)
  return {
    event: `${s.source}|${s.id}`,
    order: `${time}|${s.source}|${type}|${s.sequence.toString().padStart(19, '0')}|${s.id}`,
    ...(position !== undefined && { position }),
  }
}

export type StatementsAsOf = { refs: EvidenceRef[]; rows: Record<string, string>[]; count: number }

/** The statements of a type in force at tick `at` that satisfy `where`: the first few in event order, how many there are, and their rows. */
export async function statementsAsOf(db: Database, type: EventType, at: number, where: string, fields: string[], locate: Locate): Promise<StatementsAsOf> {
  const columns = fields.map((f) => `CAST("${f}" AS VARCHAR) AS "${f}"`)
  const rows = await db.objects(`SELECT e, source, id, sequence, part, log_offset, count(*) OVER () AS n${columns.map((c) => `, ${c}`).join('')}
    FROM ${asOf(type, at, where)} WHERE op <> 'delete' ORDER BY e, source, sequence, id LIMIT ${EVIDENCE_SHOWN}`)
  return {
    refs: rows.map((r) => refOf(statementOf(r), type, locate)),
    rows: rows.map((r) => Object.fromEntries(fields.map((f) => [f, String(r[f] ?? '')]))),
    count: Number(rows[0]?.['n'] ?? 0),
  }
}

function statementOf(r: Record<string, DuckDBValue>): Parameters<typeof refOf>[0] {
  return {
    e: Number(r['e']),
    source: String(r['source']),
    id: String(r['id']),
    sequence: r['sequence'] as bigint,
    part: Number(r['part']),
    offset: Number(r['log_offset']),
  }
}

/** `institution = 'B0001' AND "customerId" = 'P1'`. */
export function about(institution: string, field: string, subject: string): string {
  return `institution = ${quote(institution)} AND "${field}" = ${quote(subject)}`
}
