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

/** Statements of one institution about one subject, in force at tick `at`. */
export type AskedFor = { institution: string; subject: string; at: number }
/** The first few in event order, their fields as asked, and how many there are. */
export type StatementsAsOf = { refs: EvidenceRef[]; rows: Record<string, string>[]; count: number }

/** Which statements are asked for: those of a type whose field `by` names the subject, and that satisfy `where`. */
export type EvidenceSpec = { type: EventType; by: string; where?: string; fields: string[] }

/**
 * Asks for statements in force at a tick of the last release. What is asked in one turn reads the state once however many subjects there are. Of one subject,
 * which is what most batches ask, a query with two names in it picks the few rows, and which of them are in force is found here: planning the query for
 * many takes longer than all of that.
 */
export function statementsAsOf(db: Database, spec: EvidenceSpec, locate: Locate): (asked: AskedFor) => Promise<StatementsAsOf> {
  return gather(async (asked: AskedFor[]) => {
    const few = await fewOfOne(db, spec, locate, asked)
    if (few !== undefined) return few
    const found = asked.map((): StatementsAsOf => ({ refs: [], rows: [], count: 0 }))
    for (let from = 0; from < asked.length; from += ASKED_AT_ONCE) {
      for (const row of await db.objects(asOfQuery(spec, asked.slice(from, from + ASKED_AT_ONCE)))) {
        const one = found[from + Number(row['asked'])]
        if (one === undefined) continue
        one.refs.push(refOf(statementOf(row), spec.type, locate))
        one.rows.push(fieldsOf(spec, row))
        one.count = Number(row['n'])
      }
    }
    return found
  })
}

/** Keeps the text of a query, and what it holds in memory, within bounds. */
const ASKED_AT_ONCE = 5000
/** Of so many rows about one subject those in force are found in memory. */
const FEW = 1000

/** Where all ask for one subject with few rows. */
async function fewOfOne(db: Database, spec: EvidenceSpec, locate: Locate, asked: AskedFor[]): Promise<StatementsAsOf[] | undefined> {
  const first = asked[0]
  if (first === undefined || asked.some((a) => a.institution !== first.institution || a.subject !== first.subject)) return undefined
  const rows = (await db.objects(aboutQuery(spec, first))).map((row) => ({ ...statementOf(row), slot: Number(row['slot']), fields: fieldsOf(spec, row) }))
  if (rows.length > FEW) return undefined
  const slots = rows.map((row) => row.slot)
  const gone = slots.length === 0 ? [] : await db.rows(`SELECT slot, until FROM engine.gone_${stateTable(spec.type)} WHERE slot IN (${slots.join(', ')})`)
  const until = new Map(gone.map(([slot, time]) => [Number(slot), Number(time)]))
  rows.sort(inEventOrder)
  return asked.map(({ at }) => {
    const inForce = rows.filter((row) => row.e <= at && (until.get(row.slot) ?? Infinity) > at)
    const shown = inForce.slice(0, EVIDENCE_SHOWN)
    return { refs: shown.map((row) => refOf(row, spec.type, locate)), rows: shown.map((row) => row.fields), count: inForce.length }
  })
}

function aboutQuery(spec: EvidenceSpec, { institution, subject }: AskedFor): string {
  const { type, by, where = 'true' } = spec
  const about = ABOUT[type] === by ? `s.about = ${aboutHash(institution, subject)} AND ` : ''
  return `SELECT s.slot, ${columnsOf(spec)} FROM engine.state_${stateTable(type)} s
    WHERE ${about}s."${by}" = ${quote(subject)} AND s.institution = ${quote(institution)} AND s.op <> 'delete' AND (${where}) LIMIT ${FEW + 1}`
}

function columnsOf({ fields }: Pick<EvidenceSpec, 'fields'>): string {
  return ['s.e', 's.source', 's.id', 's.sequence', 's.part', 's.log_offset', ...fields.map((f) => `CAST(s."${f}" AS VARCHAR) AS "${f}"`)].join(', ')
}

function fieldsOf({ fields }: EvidenceSpec, row: Record<string, DuckDBValue>): Record<string, string> {
  return Object.fromEntries(fields.map((f) => [f, String(row[f] ?? '')]))
}

/** A row is in force at a tick, the end of a second, if it is from then or before, and what took its place is not. */
function asOfQuery(spec: EvidenceSpec, asked: AskedFor[]): string {
  const { type, by, where = 'true' } = spec
  const table = stateTable(type)
  const values = asked.map(({ institution, subject, at }, i) => `(${i}, ${quote(institution)}, ${quote(subject)}, ${at}, ${aboutHash(institution, subject)})`)
  const about = ABOUT[type] === by ? ` AND s.about = a.about` : ''
  return `SELECT a.asked, ${columnsOf(spec)}, count(*) OVER (PARTITION BY a.asked) AS n
    FROM (VALUES ${values.join(', ')}) a(asked, institution, subject, "at", about)
    JOIN engine.state_${table} s ON s."${by}" = a.subject AND s.institution = a.institution${about}
    LEFT JOIN engine.gone_${table} g ON g.slot = s.slot
    WHERE s.op <> 'delete' AND (${where}) AND s.e <= a."at" AND (g.until IS NULL OR g.until > a."at")
    QUALIFY row_number() OVER (PARTITION BY a.asked ORDER BY s.e, s.source, s.sequence, s.id) <= ${EVIDENCE_SHOWN}
    ORDER BY a.asked, s.e, s.source, s.sequence, s.id`
}

/** All that an institution states in a stream, where it satisfies `where`. */
export type BookSpec = { type: EventType; where?: string }
export type BookAsOf = (spec: BookSpec, institution: string, at: number) => Promise<StatementsAsOf>

/** Asks what of a book is in force at a tick of the last release. What is asked in one turn about books alike is one query. */
export function booksAsOf(db: Database, locate: Locate): BookAsOf {
  const ask = gather((asked: AskedBook[]) => found(db, locate, asked))
  return (spec, institution, at) => ask({ spec, institution, at })
}

type AskedBook = { spec: BookSpec; institution: string; at: number }

async function found(db: Database, locate: Locate, asked: readonly AskedBook[]): Promise<StatementsAsOf[]> {
  const books = asked.map((): StatementsAsOf => ({ refs: [], rows: [], count: 0 }))
  const alike = new Map<string, number[]>()
  asked.forEach(({ spec: { type, where } }, i) => {
    const key = `${type}|${where ?? ''}`
    alike.set(key, [...(alike.get(key) ?? []), i])
  })
  for (const places of alike.values()) {
    const { spec } = asked[places[0] as number] as AskedBook
    for (const row of await db.objects(
      booksQuery(
        spec,
        places.map((i) => ({ i, ...(asked[i] as AskedBook) })),
      ),
    )) {
      const book = books[Number(row['asked'])] as StatementsAsOf
      book.refs.push(refOf(statementOf(row), spec.type, locate))
      book.count = Number(row['n'])
    }
  }
  return books
}

function booksQuery({ type, where = 'true' }: BookSpec, asked: readonly { i: number; institution: string; at: number }[]): string {
  const table = stateTable(type)
  const values = asked.map(({ i, institution, at }) => `(${i}, ${quote(institution)}, ${at})`)
  const row = `{'e': s.e, 'source': s.source, 'sequence': s.sequence, 'id': s.id, 'part': s.part, 'log_offset': s.log_offset}`
  return `SELECT * FROM (SELECT asked, n, unnest(first, recursive := true) FROM (SELECT a.asked, count(*) AS n, min(${row}, ${EVIDENCE_SHOWN}) AS first
      FROM (VALUES ${values.join(', ')}) a(asked, institution, "at") JOIN engine.state_${table} s ON s.institution = a.institution
      LEFT JOIN engine.gone_${table} g ON g.slot = s.slot
      WHERE s.op <> 'delete' AND (${where}) AND s.e <= a."at" AND (g.until IS NULL OR g.until > a."at") GROUP BY a.asked))
    ORDER BY asked, e, source, sequence, id`
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
