/** One statement of state on its way from the log into what stands, and what the each-rules say of it. */
import type { DuckDBDataChunk, DuckDBValue } from '@duckdb/node-api'
import type { EventType } from '../../contract/index.ts'
import type { Question } from './question.ts'
import type { ThingHash } from './standing.ts'

/** Money in minor units, anything else as text. */
export type Data = Record<string, bigint | string | undefined>

export function text(value: Data[string]): string | undefined {
  return value === undefined ? undefined : String(value)
}

/** Minor units of a money field. */
export function units(value: Data[string]): bigint {
  return typeof value === 'bigint' ? value : 0n
}

export type Statement = {
  /** Its row in the state table. */
  slot: number
  tick: number
  e: number
  time: number
  source: string
  id: string
  institution: string
  op: string
  part: number
  offset: number
  sequence: bigint
  /** The thing it is about; empty for a loan, which nobody asks for by name. */
  key: string
  hash: ThingHash
  /** The fields asked for. */
  data: Data
  verdicts: Verdicts
}

/** What a stream's statements are asked for: fields by name, and by the rules over single ones. */
export type StatementSpec = { type: EventType; fields: string[]; each: Question[] }

export type EachVerdict = { subject: string; threshold: string; values: string[] }

/** What the each-rules of a spec, in its order, say of one row of a result: read from it when somebody asks, which is seldom. */
export class Verdicts {
  readonly #rules: readonly Question[]
  readonly #chunk: DuckDBDataChunk | undefined
  readonly #column: number
  readonly #row: number

  /** `column`: where the verdicts begin in the chunk, as `verdictColumns` has them. */
  constructor(rules: readonly Question[], chunk: DuckDBDataChunk | undefined, column: number, row: number) {
    this.#rules = rules
    // Without rules nobody asks, and the chunk need not be kept.
    this.#chunk = rules.length === 0 ? undefined : chunk
    this.#column = column
    this.#row = row
  }

  hit(rule: number): boolean {
    return this.#at(rule, 0) === true
  }

  /** Whether `when` could not be computed. */
  isUnknown(rule: number): boolean {
    return this.#chunk !== undefined && this.#at(rule, 0) === null
  }

  subject(rule: number): string {
    return String(this.#at(rule, 1))
  }

  of(rule: number): EachVerdict {
    const text = (k: number) => String(this.#at(rule, k) ?? '')
    const values = Object.keys(this.#rules[rule]?.values ?? {}).map((_, k) => text(BEFORE_VALUES + k))
    return { subject: this.subject(rule), threshold: text(2), values }
  }

  #at(rule: number, k: number): unknown {
    let column = this.#column + k
    for (let before = 0; before < rule; before++) column += BEFORE_VALUES + Object.keys(this.#rules[before]?.values ?? {}).length
    return this.#chunk?.getColumnVector(column).getItem(this.#row) ?? null
  }
}

/** Hit, subject and threshold. */
const BEFORE_VALUES = 3

/** What a row says in STATEMENT_COLUMNS, `value` by their place. */
export function statedOf(value: (k: number) => DuckDBValue): Stated {
  return {
    e: Number(value(0)),
    time: Number(value(1)),
    sequence: value(2) as bigint,
    source: String(value(3)),
    id: String(value(4)),
    institution: String(value(5)),
    op: String(value(6)),
    part: Number(value(7)),
    offset: Number(value(8)),
  }
}

type Stated = Pick<Statement, 'e' | 'time' | 'sequence' | 'source' | 'id' | 'institution' | 'op' | 'part' | 'offset'>

type Ordered = Pick<Statement, 'e' | 'source' | 'sequence' | 'id'>

/** In event order: statements of one instant by source, sequence and id. */
export function inEventOrder(a: Ordered, b: Ordered): number {
  if (a.e !== b.e) return a.e - b.e
  return byBytes(a.source, b.source) || Number(a.sequence - b.sequence) || byBytes(a.id, b.id)
}

/** Texts in the order of their UTF-8 bytes, which is DuckDB's. */
export function byBytes(a: string, b: string): number {
  const common = Math.min(a.length, b.length)
  for (let i = 0; i < common; i++) {
    const difference = place(a.charCodeAt(i)) - place(b.charCodeAt(i))
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Surrogates are parts of the highest code points, though units above them exist. */
function place(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}
