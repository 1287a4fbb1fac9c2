/** One statement of state on its way from the log into what stands. */
import type { DuckDBValue } from '@duckdb/node-api'
import type { EventType } from '../../contract/index.ts'
import type { Question } from './question.ts'
import type { Verdicts } from './verdicts.ts'

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
  /** The hash of the thing stands in `hashes` from place `hashAt` on. */
  hashes: Uint32Array
  hashAt: number
  /** The fields asked for. */
  data: Data
  verdicts: Verdicts
}

/** What a stream's statements are asked for: fields by name, and by the rules over single ones. */
export type StatementSpec = { type: EventType; fields: string[]; each: Question[] }

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
  return byBytes(a.source, b.source) || (a.sequence < b.sequence ? -1 : a.sequence > b.sequence ? 1 : 0) || byBytes(a.id, b.id)
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
