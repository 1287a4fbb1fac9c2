/**
 * What was said, in the file: `engine.speaker` names who, `engine.spoken` has what each said tick by tick, its numbers a list of runs (`contract/runs.ts`),
 * appended with the batch. From time to time what has taken effect is folded into a row per speaker and one per run of its numbers.
 */
import type { EventType } from '../../../contract/index.ts'
import type { Speaker, Spoken } from '../../../contract/stage.ts'
import { tickOf } from '../../../contract/tick.ts'
import { type Column, integerColumn, textColumn } from '../../../store/columns.ts'
import type { Database } from '../../../store/database.ts'
import { listsOf, readLists } from '../../../store/list-vector.ts'
import { double } from '../windows/shape.ts'
import type { Range } from './numbers.ts'
import type { Stream } from './heard.ts'

/** Rows and runs above which what has taken effect is folded. */
const FOLD_ABOVE = 1_048_576

type Row = Omit<Spoken, 'tick'>

/** Numbers that came, and nothing counted by them. */
const NOTHING = { last: -Infinity, used: 0, late: 0, duplicate: 0, dead: 0 }

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
    await this.#write(spoken)
    // Those who had no number were given one there.
    const added = this.#speakers.slice(known)
    const names = (of: (s: Speaker) => string): Column => textColumn(added.map(of))
    const columns = [integerColumn(added.map((_, i) => known + i)), names((s) => s.source), names((s) => s.type), names((s) => s.institution)]
    await this.#db.append('engine', 'speaker', columns, added.length)
  }

  /** Numbers that are not waited for from this tick on: they count as come. */
  async giveUp(stream: Stream, tick: number, { from, to }: Range): Promise<void> {
    await this.#write([{ ...NOTHING, speaker: stream, first: tick, numbers: BigInt64Array.of(from, to) }], Number(to - from) + 1)
  }

  /** Once there are many, what has taken effect by `judged` becomes few. */
  async fold(streams: Iterable<Stream>, judged: number): Promise<void> {
    if (this.#entries <= this.#foldAbove) return
    const past = `(first <= ${double(judged)} OR first = 'inf')`
    await this.#db.run(`CREATE TEMP TABLE folded AS SELECT speaker, min(first), max(last), sum(used), sum(late),
        sum(duplicate), sum(dead), sum(given_up), []::BIGINT[] FROM engine.spoken WHERE ${past} GROUP BY speaker;
      DELETE FROM engine.spoken WHERE ${past}; INSERT INTO engine.spoken FROM folded; DROP TABLE folded`)
    const [left] = await this.#db.rows('SELECT count(*) + coalesce(sum(len(numbers)), 0) // 2 FROM engine.spoken')
    this.#entries = Number(left?.[0])
    const rows: Row[] = []
    for (const stream of streams)
      for (const { from, to, tick } of stream.numbers.runs) rows.push({ ...NOTHING, speaker: stream, first: tick, numbers: BigInt64Array.of(from, to) })
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

  /** `givenUp`: of the numbers of each row, how many are not waited for. */
  async #write(rows: readonly Row[], givenUp = 0): Promise<void> {
    const numbers = listsOf(rows.map((r) => r.numbers))
    const columns: Column[] = [
      { type: 'integer', values: filled(new Int32Array(rows.length), rows, (r) => this.#name(r.speaker)) },
      ...COUNTED.map((name): Column => ({ type: 'double', values: filled(new Float64Array(rows.length), rows, (r) => r[name]) })),
      { type: 'double', values: new Float64Array(rows.length).fill(givenUp) },
      { type: 'bigints', ...numbers },
    ]
    await this.#db.append('engine', 'spoken', columns, rows.length)
    this.#entries += rows.length + numbers.values.length / 2
  }
}

const COUNTED = ['first', 'last', 'used', 'late', 'duplicate', 'dead'] as const

function filled<A extends Int32Array | Float64Array>(values: A, rows: readonly Row[], of: (row: Row) => number): A {
  for (let i = 0; i < rows.length; i++) values[i] = of(rows[i] as Row)
  return values
}
