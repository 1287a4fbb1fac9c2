/**
 * The books of one import: events leave in the envelope of contract §1, numbered per source and type, and every record that was taken from the input
 * is mapped to events, detail of another record, or skipped for a named reason.
 */
import { type EventType, type Facts, LookthroughError, type Operation, STREAMS } from '../../contract/index.ts'
import { checkFor } from '../../hot/accept/schema.ts'
import type { MessageKey } from '../../messages/index.ts'
import { type Wrong, wrongIn } from '../identifiers/wrong.ts'

export type ImportReport = {
  /** Records taken from the input = mapped + details + skipped. */
  read: number
  /** Per kind of record, in the words of its format: how many, and the events they became. */
  mapped: Map<string, { records: number; events: Map<EventType, number> }>
  /** Records that only detail another one, per sentence that says which. */
  details: Map<MessageKey, number>
  /** Per reason, and per kind of record where the reason is its kind: how many, and the first of them. */
  skipped: Map<string, { why: MessageKey; count: number; at: string; facts: Facts }>
  /** Fields of mapped records that no event carries, and in how many records they stood. */
  uncarried: Map<string, number>
  /** Identifiers and currencies in events that cannot be any, per standard: how many, and the first and its event's id. */
  wrong: Map<Wrong['standard'], { count: number; value: string; at: string }>
  /** What mapped records left out and their events need, with what was taken for it. */
  assumed: Map<string, number>
}

/** What an importer says; the envelope adds the sequence and the subject. */
export type Statement = {
  id: string
  source: string
  type: EventType
  time: string
  institution: string
  op?: Operation
  data: Record<string, unknown>
}

export type Write = (line: string) => Promise<void> | void

export class Intake {
  readonly report: ImportReport = {
    read: 0,
    mapped: new Map(),
    details: new Map(),
    skipped: new Map(),
    uncarried: new Map(),
    wrong: new Map(),
    assumed: new Map(),
  }
  readonly #write: Write
  readonly #numbers: Map<string, number>

  /** `numbers` goes from one file to the next where a run imports several. */
  constructor(write: Write, numbers = new Map<string, number>()) {
    this.#write = write
    this.#numbers = numbers
  }

  /** `records` records have been read. */
  take(records = 1): void {
    this.report.read += records
  }

  /** 1, 2, 3 … per key, over all files of a run. */
  next(key: string): number {
    const number = (this.#numbers.get(key) ?? 0) + 1
    this.#numbers.set(key, number)
    return number
  }

  /** `records` records of this kind became these events; they are skipped where the engine would not take one of them. */
  async map(kind: string, statements: readonly Statement[], records = 1): Promise<void> {
    for (const statement of statements) {
      const [check, event] = [checkFor(statement.type, statement.op), enveloped(statement, '0')]
      if (check.Check(event)) continue
      return this.skip('import.why.schema', statement.id, { pointer: check.Errors(event)[0]?.instancePath ?? '' }, records)
    }
    const entry = this.report.mapped.get(kind) ?? { records: 0, events: new Map() }
    this.report.mapped.set(kind, entry)
    entry.records += records
    for (const statement of statements) {
      add(entry.events, statement.type)
      const sequence = String(this.next(`${statement.source} ${statement.type}`))
      for (const wrong of wrongIn(statement.data)) this.#noteWrong(wrong, statement.id)
      await this.#write(`${JSON.stringify(enveloped(statement, sequence))}\n`)
    }
  }

  detail(of: MessageKey, records = 1): void {
    add(this.report.details, of, records)
  }

  /** `at` says where in the file the record stands, or what it is called there. */
  skip(why: MessageKey, at: string, facts: Facts = {}, records = 1): void {
    const key = `${why} ${facts['kind'] ?? ''}`
    const entry = this.report.skipped.get(key)
    if (entry === undefined) this.report.skipped.set(key, { why, count: records, at, facts })
    else entry.count += records
  }

  /** Notes the fields of a mapped record that are not among those its mapping reads. */
  uncarried(fields: object, read: ReadonlySet<string>, prefix: string): void {
    for (const name of Object.keys(fields)) if (!read.has(name)) this.lost(`${prefix}${name}`)
  }

  /** Notes one thing a mapped record said that no event carries. */
  lost(field: string): void {
    add(this.report.uncarried, field)
  }

  /** Notes what was taken for a field that a mapped record left out. */
  assume(field: string): void {
    add(this.report.assumed, field)
  }

  #noteWrong({ standard, value }: Wrong, at: string): void {
    const entry = this.report.wrong.get(standard)
    if (entry === undefined) this.report.wrong.set(standard, { count: 1, value, at })
    else entry.count++
  }

  /** The report, once all records are in. Throws LT-9001 when it does not add up. */
  settled(): ImportReport {
    const { mapped, details, skipped } = totals(this.report)
    if (this.report.read !== mapped + details + skipped)
      throw new LookthroughError('LT-9001', { why: `import: ${this.report.read} read, ${mapped} mapped, ${details} details, ${skipped} skipped` })
    return this.report
  }
}

export function totals({ mapped, details, skipped }: ImportReport): { mapped: number; details: number; skipped: number; written: number } {
  return {
    mapped: sum([...mapped.values()].map((m) => m.records)),
    details: sum([...details.values()]),
    skipped: sum([...skipped.values()].map((s) => s.count)),
    written: sum([...mapped.values()].flatMap((m) => [...m.events.values()])),
  }
}

/** A source per format and reporter, so that a later file of the same reporter speaks for the things of an earlier one. */
export function sourceOf(format: string, institution: string): string {
  return `/${format}/${encodeURIComponent(institution)}`
}

function enveloped({ id, source, type, time, institution, op, data }: Statement, sequence: string): Record<string, unknown> {
  const { key } = STREAMS[type]
  const subject = key === 'institution' ? institution : String(data[key])
  return { specversion: '1.0', id, source, type, time, subject, institution, sequence, ...(op !== undefined && { op }), data }
}

function add<K>(counts: Map<K, number>, key: K, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by)
}

function sum(numbers: number[]): number {
  return numbers.reduce((a, b) => a + b, 0)
}
