/** What the each-rules say of single statements: whether they hit is read from a result at once, all else when somebody asks, which is seldom. */
import type { DuckDBDataChunk, DuckDBValue } from '@duckdb/node-api'
import type { Question } from './question.ts'

export type EachVerdict = { subject: string; threshold: string; values: string[] }

/** What the rules say of one row of a result; without a result nothing. */
export class Verdicts {
  readonly #result: VerdictResult | undefined
  readonly #row: number

  constructor(result: VerdictResult | undefined, row: number) {
    this.#result = result
    this.#row = row
  }

  hit(rule: number): boolean {
    return this.#result?.hit(rule, this.#row) === HIT
  }

  /** Whether `when` could not be computed. */
  isUnknown(rule: number): boolean {
    return this.#result?.hit(rule, this.#row) === UNKNOWN
  }

  subject(rule: number): string {
    return String(this.#at(rule, SUBJECT))
  }

  of(rule: number): EachVerdict {
    const text = (k: number) => String(this.#at(rule, k) ?? '')
    const values = (this.#result?.names(rule) ?? []).map((_, k) => text(BEFORE_VALUES + k))
    return { subject: this.subject(rule), threshold: text(THRESHOLD), values }
  }

  #at(rule: number, k: number): DuckDBValue {
    return this.#result?.at(rule, k, this.#row) ?? null
  }
}

/** Where the parts of a rule's verdict stand after its hit. */
const SUBJECT = 1
const THRESHOLD = 2
const BEFORE_VALUES = 3

const MISSED = 0
const HIT = 1
const UNKNOWN = 2

/** What the rules of a spec, in its order, say of all rows of a chunk. */
export class VerdictResult {
  readonly #rules: readonly Question[]
  readonly #chunk: DuckDBDataChunk
  /** Of each rule the column of its hit. */
  readonly #columns: number[] = []
  /** Of each rule, row by row, one of `MISSED`, `HIT` and `UNKNOWN`. */
  readonly #hits: Uint8Array[] = []

  /** `column`: where the verdicts begin in the chunk, as `verdictQuery` has them. */
  constructor(rules: readonly Question[], chunk: DuckDBDataChunk, column: number) {
    this.#rules = rules
    this.#chunk = chunk
    for (const rule of rules.keys()) {
      this.#columns.push(column)
      this.#hits.push(Uint8Array.from(chunk.getColumnValues(column), (hit) => (hit === null ? UNKNOWN : hit === true ? HIT : MISSED)))
      column += BEFORE_VALUES + this.names(rule).length
    }
  }

  hit(rule: number, row: number): number {
    return this.#hits[rule]?.[row] ?? MISSED
  }

  /** Part `k` of what a rule says of a row. */
  at(rule: number, k: number, row: number): DuckDBValue {
    return this.#chunk.getColumnVector((this.#columns[rule] ?? 0) + k).getItem(row) as DuckDBValue
  }

  /** Of the values that a rule shows. */
  names(rule: number): string[] {
    return Object.keys(this.#rules[rule]?.values ?? {})
  }
}
