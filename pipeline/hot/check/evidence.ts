/** Evidence: the events a verdict rests on, in event order (e, source, type, sequence, id). */
import type { DuckDBValue } from '@duckdb/node-api'
import type { EvidenceRef } from '../../contract/finding.ts'
import type { EventType } from '../../contract/event.ts'
import { type Database, quote } from '../../store/database.ts'
import { ABOUT, aboutHash, stateTable } from '../../store/schema.ts'
import { gather } from './gather.ts'
import { inEventOrder, type Statement } from './statement.ts'

/** How many events an alert names; `evidenceCount` counts all. */
export const EVIDENCE_SHOWN = 20

/** Gives the log position of an event: partition index and offset to (topic, partition, offset), or nothing where the source has none. */
export type Locate = (part: number, offset: number) => EvidenceRef['position'] | undefined

export function refOf(s: Pick<Statement, 'e' | 'source' | 'id' | 'sequence' | 'part' | 'offset'>, type: EventType, locate: Locate): EvidenceRef {
  const time = (s.e + 1e15).toFixed(0).padStart(17, '0')
  const position = locate(s.part, s.offset)
  // Between them a character before all others: a source comes before one that begins like it.
  const order = [time, s.source, type, s.sequence.toString().padStart(19, '0'), s.id].join('\u0000')
  return {
    event: `${s.source}|${s.id}`,
    order,
    ...(position !== undefined && { position }),
  }
}

/** Statements of one institution about one subject in force at tick `at`. */
export type AskedFor = { institution: string; subject: string; at: number }
/** The same, or all that the institution states. */
type Asked = Omit<AskedFor, 'subject'> & { subject?: string }
/** The first few in event order, their fields as asked, and how many there are. */
export type StatementsAsOf = { refs: EvidenceRef[]; rows: Record<string, string>[]; count: number }

/** Which statements (`s`) are asked for: those of a type that satisfy `where`, whose field `by` names the subject where that is asked for. */
export type EvidenceSpec = { type: EventType; by?: string; where?: string; fields: string[] }

/** Asks for statements in force at a tick of the last release. What is asked in one turn reads the state once however many subjects there are; `most` of its rows come over. */
export function statementsAsOf(db: Database, spec: EvidenceSpec, locate: Locate, most = FEW): (asked: Asked) => Promise<StatementsAsOf> {
  return gather(async (asked: Asked[]) => {
    const found: StatementsAsOf[] = []
    for (let from = 0; from < asked.length; from += ASKED_AT_ONCE) {
      const some = asked.slice(from, from + ASKED_AT_ONCE)
      for (const one of (await few(db, spec, locate, some, most)) ?? (await many(db, spec, locate, some))) found.push(one)
    }
    return found
  })
}

/** All that an institution states in a stream, where it satisfies `where`. */
export type BookSpec = Pick<EvidenceSpec, 'type' | 'where'>
export type BookAsOf = (spec: BookSpec, institution: string, at: number) => Promise<StatementsAsOf>

/** Asks what of a book is in force at a tick of the last release. What is asked in one turn about books alike is one query. */
export function booksAsOf(db: Database, locate: Locate): BookAsOf {
  const asks = new Map<string, ReturnType<typeof statementsAsOf>>()
  return (spec, institution, at) => {
    const key = `${spec.type}|${spec.where ?? ''}`
    const ask = asks.get(key) ?? statementsAsOf(db, { ...spec, fields: [] }, locate)
    asks.set(key, ask)
    return ask({ institution, at })
  }
}

/** Keeps the text of a query, and what it holds in memory, within bounds. */
const ASKED_AT_ONCE = 5000
/** Of so many rows those in force are found in memory: planning the query that finds them takes longer than that. */
const FEW = 5000

/** Row of the state with its columns as they are asked for, and when another took its place. */
type Version = Stated & { fields: string[]; until: number }
type Stated = Parameters<typeof refOf>[0]

/** Where all that is stated about those asked for is few rows. */
async function few(db: Database, spec: EvidenceSpec, locate: Locate, asked: Asked[], most: number): Promise<StatementsAsOf[] | undefined> {
  const whom = new Map(asked.map((a) => [nameOf(a), a]))
  const rows = await db.rows(versionsQuery(spec, [...whom.values()], most))
  if (rows.length > most) return undefined
  const versions = new Map<string, Version[]>()
  for (const [until, institution, subject, ...row] of rows) {
    const name = nameOf({ institution: String(institution), subject: String(subject) })
    const version = { ...statedOf(row), fields: fieldsOf(row), until: until === null ? Infinity : Number(until) }
    const known = versions.get(name)
    if (known === undefined) versions.set(name, [version])
    else known.push(version)
  }
  for (const of of versions.values()) of.sort(inEventOrder)
  return asked.map((a) => {
    const inForce = (versions.get(nameOf(a)) ?? []).filter(({ e, until }) => e <= a.at && until > a.at)
    return shown(spec, locate, inForce.slice(0, EVIDENCE_SHOWN), inForce.length)
  })
}

/** Where they are many, what is in force is found where it lies. */
async function many(db: Database, spec: EvidenceSpec, locate: Locate, asked: Asked[]): Promise<StatementsAsOf[]> {
  const first = asked.map((): Omit<Version, 'until'>[] => [])
  const counts = asked.map(() => 0)
  for (const [place, n, ...row] of await db.rows(inForceQuery(spec, asked))) {
    first[Number(place)]?.push({ ...statedOf(row), fields: fieldsOf(row) })
    counts[Number(place)] = Number(n)
  }
  return first.map((rows, i) => shown(spec, locate, rows, counts[i] ?? 0))
}

function shown({ type, fields }: EvidenceSpec, locate: Locate, rows: readonly Omit<Version, 'until'>[], count: number): StatementsAsOf {
  return {
    refs: rows.map((row) => refOf(row, type, locate)),
    rows: rows.map((row) => Object.fromEntries(fields.map((f, k) => [f, row.fields[k] ?? '']))),
    count,
  }
}

function nameOf({ institution, subject = '' }: Pick<Asked, 'institution' | 'subject'>): string {
  return `${institution}\u0000${subject}`
}

/** All there is about these and, by chance, some others: until when a row is in force, institution, subject and columns. What is gone is joined with the few. */
function versionsQuery(spec: EvidenceSpec, whom: readonly Asked[], most: number): string {
  const { type, by, where = 'true' } = spec
  const table = stateTable(type)
  const columns = ['institution', by === undefined ? `''` : `"${by}"`, ...columnsOf(spec)]
  return `SELECT g.until, v.* EXCLUDE slot FROM (SELECT slot, ${columns.map((sql, k) => `${sql} AS c${k}`).join(', ')} FROM engine.state_${table} s
      WHERE ${about(spec, whom)} AND op <> 'delete' AND (${where}) LIMIT ${most + 1}) v LEFT JOIN engine.gone_${table} g ON g.slot = v.slot`
}

/** What rows about these satisfy, and some others. Constants let a scan skip what is not about the one; a list in one text is planned as fast as a number. */
function about({ type, by }: EvidenceSpec, whom: readonly Asked[]): string {
  const isHashed = by !== undefined && ABOUT[type] === by
  const hashes = whom.map(({ institution, subject = '' }) => aboutHash(institution, subject))
  if (whom.length > 1 && isHashed) return `about IN (SELECT unnest('[${hashes.join(', ')}]'::INTEGER[]))`
  const named = [
    isOneOf(
      'institution',
      whom.map((w) => w.institution),
    ),
    ...(by === undefined
      ? []
      : [
          isOneOf(
            by,
            whom.map((w) => w.subject ?? ''),
          ),
        ]),
  ]
  return [...(isHashed ? [`about = ${hashes[0]}`] : []), ...named].join(' AND ')
}

function isOneOf(column: string, texts: readonly string[]): string {
  return `"${column}" IN (${[...new Set(texts)].map(quote).join(', ')})`
}

/** A row is in force at a tick, the end of a second, if it is from then or before, and what took its place is not. */
function inForceQuery(spec: EvidenceSpec, asked: readonly Asked[]): string {
  const { type, by, where = 'true' } = spec
  const table = stateTable(type)
  const values = asked.map(
    ({ institution, subject = '', at }, i) => `(${i}, ${quote(institution)}, ${quote(subject)}, ${at}, ${aboutHash(institution, subject)})`,
  )
  const bySubject = by === undefined ? '' : ` AND s."${by}" = a.subject${ABOUT[type] === by ? ` AND s.about = a.about` : ''}`
  const row = columnsOf(spec).map((sql, k) => `'c${k}': s.${sql}`)
  return `SELECT * FROM (SELECT asked, n, unnest(first, recursive := true) FROM (SELECT a.asked, count(*) AS n, min({${row.join(', ')}}, ${EVIDENCE_SHOWN}) AS first
      FROM (VALUES ${values.join(', ')}) a(asked, institution, subject, "at", about) JOIN engine.state_${table} s ON s.institution = a.institution${bySubject}
      LEFT JOIN engine.gone_${table} g ON g.slot = s.slot
      WHERE s.op <> 'delete' AND (${where}) AND s.e <= a."at" AND (g.until IS NULL OR g.until > a."at") GROUP BY a.asked)) ORDER BY ALL`
}

/** What tells the order of events, the place in the log, and the fields asked for as texts. */
function columnsOf({ fields }: EvidenceSpec): string[] {
  return ['e', 'source', 'sequence', 'id', 'part', 'log_offset', ...fields.map((f) => `"${f}"::VARCHAR`)]
}

function statedOf([e, source, sequence, id, part, offset]: readonly DuckDBValue[]): Stated {
  return { e: Number(e), source: String(source), id: String(id), sequence: sequence as bigint, part: Number(part), offset: Number(offset) }
}

function fieldsOf(row: readonly DuckDBValue[]): string[] {
  return row.slice(6).map((value) => String(value ?? ''))
}
