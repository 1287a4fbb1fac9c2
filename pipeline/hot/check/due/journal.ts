/**
 * What was said, in the file: `engine.speaker` names who, `engine.spoken` has what each said tick by tick, its numbers a list of runs (`contract/runs.ts`),
 * appended with the batch. From time to time what has taken effect is folded into a row per speaker and one per run of its numbers.
 */
import type { EventType } from '../../../contract/index.ts'
import type { Speaker, Spoken } from '../../../contract/stage.ts'
import { tickOf } from '../../../contract/tick.ts'
import { type Column, doubleColumn, integerColumn, textColumn } from '../../../store/columns.ts'
import type { Database } from '../../../store/database.ts'
import { listsOf, readLists } from '../../../store/list-vector.ts'
import { double } from '../windows/shape.ts'
import type { Range } from './numbers.ts'
import type { Stream } from './heard.ts'

/** Rows and runs above which what has taken effect is folded. */
const FOLD_ABOVE = 1_048_576

/** `givenUp`: of the numbers, how many are not waited for. */
type Row = Omit<Spoken, 'speaker' | 'tick'> & { speaker: number; givenUp: number }

/** Numbers that came, and nothing counted by them. */
const NOTHING = { last: -Infinity, used: 0, late: 0, duplicate: 0, dead: 0, givenUp: 0 }

export class Journal {
  readonly #db: Database
  readonly #foldAbove: number
  readonly #numbers = new Map<string, number>()
  /** The same by what a speaker is called by in all batches, without its names being put together. */
  readonly #numberOf = new WeakMap<Speaker, number>()
  readonly #speakers: Speaker[] = []
  /** Rows, and runs in them. */
  #entries = 0

  constructor(db: Database, foldAbove = FOLD_ABOVE) {
    this.#db = db
    this.#foldAbove = foldAbove
  }

  /** All that takes effect in a tick, tick by tick, the lower numbers first. */
  async restore(): Promise<Spoken[]> {
    for (const [source, type, institution] of await this.#db.rows('SELECT source, type, institution FROM engine.speaker ORDER BY n'))
      this.#name({ source: String(source), type: String(type) as EventType, institution: String(institution) })
    const spoken: Spoken[] = []
    await this.#db.eachChunk('SELECT speaker, first, last, numbers FROM engine.spoken', (chunk) => {
      const [speakers, firsts, lasts] = [0, 1, 2].map((k) => chunk.getColumnValues(k)) as [number[], number[], number[]]
      const lists = readLists(chunk, 3)
      speakers.forEach((n, i) => {
        const [speaker, first, last, numbers] = [this.#speakers[n] as Speaker, firsts[i] as number, lasts[i] as number, lists[i] as BigInt64Array]
        this.#entries += 1 + numbers.length / 2
        if (Number.isFinite(first)) spoken.push({ speaker, tick: tickOf(first), first, last, numbers, used: 0, late: 0, duplicate: 0, dead: 0 })
      })
    })
    return spoken
  }

  /** Inside the transaction. */
  async append(spoken: readonly Spoken[]): Promise<void> {
    const known = this.#speakers.length
    const rows = spoken.map((s) => ({ ...s, speaker: this.#name(s.speaker), givenUp: 0 }))
    const added = this.#speakers.slice(known)
    const names = (of: (s: Speaker) => string): Column => textColumn(added.map(of))
    const columns = [integerColumn(added.map((_, i) => known + i)), names((s) => s.source), names((s) => s.type), names((s) => s.institution)]
    await this.#db.append('engine', 'speaker', columns, added.length)
    await this.#write(rows)
  }

  /** Numbers that are not waited for from this tick on: they count as come. */
  async giveUp(stream: Stream, tick: number, { from, to }: Range): Promise<void> {
    await this.#write([{ ...NOTHING, speaker: this.#name(stream), first: tick, numbers: BigInt64Array.of(from, to), givenUp: Number(to - from) + 1 }])
  }

  /** Once there are many, what has taken effect by `judged` becomes few. */
  async fold(streams: Iterable<Stream>, judged: number): Promise<void> {
    if (this.#entries <= this.#foldAbove) return
    const past = `(first <= ${double(judged)} OR first = 'inf')`
    await this.#db.run(`CREATE TEMP TABLE folded AS SELECT speaker, min(first) AS first, max(last) AS last, []::BIGINT[] AS numbers,
        sum(used), sum(late), sum(duplicate), sum(dead), sum(given_up) FROM engine.spoken WHERE ${past} GROUP BY speaker;
      DELETE FROM engine.spoken WHERE ${past}; INSERT INTO engine.spoken FROM folded; DROP TABLE folded`)
    const [left] = await this.#db.rows('SELECT count(*) + coalesce(sum(len(numbers)), 0) // 2 FROM engine.spoken')
    this.#entries = Number(left?.[0])
    const rows: Row[] = []
    for (const stream of streams)
      for (const { from, to, tick } of stream.numbers.runs)
        rows.push({ ...NOTHING, speaker: this.#name(stream), first: tick, numbers: BigInt64Array.of(from, to) })
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
    const numbers = listsOf(rows.map((r) => r.numbers))
    const counts = [(r: Row) => r.used, (r: Row) => r.late, (r: Row) => r.duplicate, (r: Row) => r.dead, (r: Row) => r.givenUp]
    const columns: Column[] = [
      integerColumn(rows.map((r) => r.speaker)),
      doubleColumn(rows.map((r) => r.first)),
      doubleColumn(rows.map((r) => r.last)),
      { type: 'bigints', ...numbers },
      ...counts.map((of) => doubleColumn(rows.map(of))),
    ]
    await this.#db.append('engine', 'spoken', columns, rows.length)
    this.#entries += rows.length + numbers.values.length / 2
  }
}
