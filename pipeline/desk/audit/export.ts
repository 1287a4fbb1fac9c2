/**
 * The record handed out, in one form or the other. A line is an entry as its reader may see it, with its link in the chain; then what the desk has on record
 * of alerts beside it, without a link (done before there was a chain, or through another desk); at last one that says where the chain ends and how many
 * lines there were: an export without it is not whole.
 */
import { parseTime } from '../../contract/index.ts'
import type { Viewer } from '../entitlements/see.ts'
import type { ActionLog } from '../store/action-log.ts'
import { type AuditEntry, entryFor, entryOf, TOLD } from './entry.ts'
import type { AuditRecord } from './record.ts'

/** `from`, `to`: ms. In the record, from the first entry at or after `from` up to the first at or after `to`, so that spans side by side leave out nothing. */
export type Span = { from: number; to: number }
export type AuditLine = Record<string, unknown>

export async function* auditLines(viewer: Viewer, span: Span, record: AuditRecord, actions: ActionLog): AsyncGenerator<AuditLine> {
  const head = record.head()
  const isWithin = (entry: AuditEntry) => timeOf(entry) >= span.from && timeOf(entry) < span.to
  const chained = new Set<string>()
  let place: 'before' | 'in' | 'after' = 'before'
  let entries = 0
  for await (const { entry, link } of record.read()) {
    if ('id' in entry && isWithin(entry)) chained.add(entry.id)
    if (place === 'before' && timeOf(entry) >= span.from) place = 'in'
    if (place === 'in' && timeOf(entry) >= span.to) place = 'after'
    const told = place === 'in' ? entryFor(viewer, entry) : undefined
    if (told === undefined) continue
    entries++
    yield { ...told, ...link }
  }
  for await (const action of actions.all()) {
    const entry = entryOf(action)
    const told = !chained.has(action.id) && isWithin(entry) ? entryFor(viewer, entry) : undefined
    if (told === undefined) continue
    entries++
    yield told
  }
  yield { did: 'head', n: head.n, hash: head.hash, entries }
}

function timeOf({ at }: AuditEntry): number {
  return parseTime(at) ?? Number.NaN
}

export const FORMATS = { ndjson: 'application/x-ndjson; charset=utf-8', csv: 'text/csv; charset=utf-8' } as const
export type Format = keyof typeof FORMATS

export async function* written(lines: AsyncIterable<AuditLine>, format: Format): AsyncGenerator<string> {
  // Spreadsheets take a file without the mark for one of the machine's own encoding.
  if (format === 'csv') yield `\uFEFF${COLUMNS.join(',')}\r\n`
  for await (const line of lines) yield format === 'csv' ? `${COLUMNS.map((name) => cell(line[name])).join(',')}\r\n` : `${JSON.stringify(line)}\n`
}

const COLUMNS = ['n', ...TOLD, 'entries', 'prev', 'hash'] as const

/** RFC 4180. A text that a spreadsheet would take for a formula has an apostrophe before it. */
function cell(value: unknown): string {
  if (value === undefined || value === null) return ''
  const text = typeof value === 'string' ? value.replace(/^[=+\-@\t\r]/, "'$&") : JSON.stringify(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
