/**
 * What was said, in the file: `engine.speaker` names who, `engine.spoken` has what each said, tick by tick and run of numbers by run of numbers, appended
 * with the batch. From time to time what has taken effect is folded into a row per speaker and one per run of its numbers.
 */
import type { EventType } from '../../../contract/index.ts'
import type { Speaker, Spoken } from '../../../contract/stage.ts'
import { tickOf } from '../../../contract/tick.ts'
import { type Column, doubleColumn, integerColumn, textColumn } from '../../../store/columns.ts'
import type { Database } from '../../../store/database.ts'
import { double } from '../windows/shape.ts'
import type { Range } from './numbers.ts'
import type { Stream } from './heard.ts'

/** Rows above which what has taken effect is folded. */
const FOLD_ABOVE = 65_536

type Row = { speaker: number; first: number; last: number; from: bigint; to: bigint; counts: readonly number[] }

/** Used, late, duplicate, dead, given up. */
const NONE = [0, 0, 0, 0, 0] as const

export class Journal {
  readonly #db: Database
  readonly #foldAbove: number
  readonly #numbers = new Map<string, number>()
  /** The same by what a speaker is called by in all batches, without its names being put together. */
  readonly #numberOf = new WeakMap<Speaker, number>()
  readonly #speakers: Speaker[] = []
  #rows = 0

  constructor(db: Database, foldAbove = FOLD_ABOVE) {
    this.#db = db
    this.#foldAbove = foldAbove
  }

  /** All that takes effect in a tick, tick by tick, the lower numbers first. */
  async restore(): Promise<Spoken[]> {
    for (const [source, type, institution] of await this.#db.rows('SELECT source, type, institution FROM engine.speaker ORDER BY n'))
      this.#name({ source: String(source), type: String(type) as EventType, institution: String(institution) })
    const spoken: Spoken[] = []
    await this.#db.eachChunk('SELECT speaker, first, last, lowest, highest FROM engine.spoken', (chunk) => {
      const [speakers, firsts, lasts, lowest, highest] = [0, 1, 2, 3, 4].map((k) => chunk.getColumnValues(k)) as [
        number[],
        number[],
        number[],
        bigint[],
        bigint[],
      ]
      speakers.forEach((n, i) => {
        const [speaker, first, last, from, to] = [
          this.#speakers[n] as Speaker,
          firsts[i] as number,
          lasts[i] as number,
          lowest[i] as bigint,
          highest[i] as bigint,
        ]
        const numbers = from > to ? new BigInt64Array(0) : BigInt64Array.of(from, to)
        if (Number.isFinite(first)) spoken.push({ speaker, tick: tickOf(first), first, last, numbers, used: 0, late: 0, duplicate: 0, dead: 0 })
      })
      this.#rows += chunk.rowCount
    })
    return spoken
  }

  /** Inside the transaction. */
  async append(spoken: readonly Spoken[]): Promise<void> {
    const known = this.#speakers.length
    const rows = spoken.flatMap((s) => rowsOf(this.#name(s.speaker), s))
    const added = this.#speakers.slice(known)
    const names = (of: (s: Speaker) => string): Column => textColumn(added.map(of))
    const columns = [integerColumn(added.map((_, i) => known + i)), names((s) => s.source), names((s) => s.type), names((s) => s.institution)]
    await this.#db.append('engine', 'speaker', columns, added.length)
    await this.#write(rows)
  }

  /** Numbers that are not waited for from this tick on: they count as come. */
  async giveUp(stream: Stream, tick: number, { from, to }: Range): Promise<void> {
    await this.#write([{ speaker: this.#name(stream), first: tick, last: -Infinity, from, to, counts: [0, 0, 0, 0, Number(to - from) + 1] }])
  }

  /** Once there are many rows, what has taken effect by `judged` becomes few. */
  async fold(streams: Iterable<Stream>, judged: number): Promise<void> {
    if (this.#rows <= this.#foldAbove) return
    const past = `(first <= ${double(judged)} OR first = 'inf')`
    await this.#db.run(`CREATE TEMP TABLE folded AS SELECT speaker, min(first) AS first, max(last) AS last, 0 AS lowest, -1 AS highest,
        sum(used), sum(late), sum(duplicate), sum(dead), sum(given_up) FROM engine.spoken WHERE ${past} GROUP BY speaker;
      DELETE FROM engine.spoken WHERE ${past}; INSERT INTO engine.spoken FROM folded; DROP TABLE folded`)
    const [left] = await this.#db.rows('SELECT count(*) FROM engine.spoken')
    this.#rows = Number(left?.[0] ?? 0)
    const rows: Row[] = []
    for (const stream of streams)
      for (const { from, to, tick } of stream.numbers.runs) rows.push({ speaker: this.#name(stream), first: tick, last: -Infinity, from, to, counts: NONE })
    await this.#write(rows)
  }

  /** The number of a speaker. */
  #name(speaker: Speaker): number {
    const known = this.#numberOf.get(speaker)
    if (known !== undefined) return known
    const { source, type, institution } = speaker
    const key = JSON.stringify([source, type, institution])
    const number = this.#numbers.get(key) ?? this.#speakers.push({ source, type, institution }) - 1
    this.#numbers.set(key, number)
    this.#numberOf.set(speaker, number)
    return number
  }

  async #write(rows: readonly Row[]): Promise<void> {
    const columns: Column[] = [
      integerColumn(rows.map((r) => r.speaker)),
      doubleColumn(rows.map((r) => r.first)),
      doubleColumn(rows.map((r) => r.last)),
      { type: 'bigint', values: BigInt64Array.from(rows, (r) => r.from) },
      { type: 'bigint', values: BigInt64Array.from(rows, (r) => r.to) },
      ...NONE.map((_, k) => doubleColumn(rows.map((r) => r.counts[k] ?? 0))),
    ]
    await this.#db.append('engine', 'spoken', columns, rows.length)
    this.#rows += rows.length
  }
}

/** One row per run of numbers; the counts stand in the first. */
function rowsOf(speaker: number, { first, last, numbers, used, late, duplicate, dead }: Spoken): Row[] {
  const rows: Row[] = []
  for (let i = 0; i < numbers.length; i += 2) rows.push({ speaker, first, last, from: numbers[i] as bigint, to: numbers[i + 1] as bigint, counts: NONE })
  const [head = { speaker, first, last, from: 0n, to: -1n, counts: NONE }] = rows
  return [{ ...head, counts: [used, late, duplicate, dead, 0] }, ...rows.slice(1)]
}
