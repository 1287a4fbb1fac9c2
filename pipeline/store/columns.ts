/**
 * Arrow-layout columns into DuckDB: typed arrays for numbers, bytes and ends for text (or one string per row, where there are few), copied vector by
 * vector (2,048 rows each) through an appender. Layout of a column: `values[row]`, and `valid[row] === 0` for null; without `valid` none is.
 */
import {
  BIGINT,
  BLOB,
  BOOLEAN,
  DECIMAL,
  DOUBLE,
  DuckDBBlobValue,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBTimestampValue,
  type DuckDBType,
  INTEGER,
  LIST,
  TIMESTAMP,
  UBIGINT,
  VARCHAR,
} from '@duckdb/node-api'
import duckdb, { type Vector } from '@duckdb/node-bindings'
import type { TextColumn } from '../contract/text.ts'
import { type Lists, writeLists } from './list-vector.ts'
import { writeNulls, writeText } from './text-vector.ts'

export type Column =
  | { type: 'double'; values: Float64Array }
  | { type: 'bigint'; values: BigInt64Array }
  | { type: 'ubigint'; values: BigUint64Array }
  | { type: 'money'; values: BigInt64Array; valid: Uint8Array }
  | { type: 'integer'; values: Int32Array; valid?: Uint8Array }
  | { type: 'boolean'; values: Uint8Array; valid: Uint8Array }
  | { type: 'text'; values: (string | null)[] }
  /** All rows in their order. */
  | { type: 'utf8'; values: TextColumn }
  | { type: 'blob'; values: Uint8Array[] }
  | ({ type: 'bigints' } & Lists)
  /** Milliseconds; NaN is null. */
  | { type: 'timestamp'; values: Float64Array }

export type NumericArray = Extract<Column, { values: { BYTES_PER_ELEMENT: number } }>['values']

/** Minor units as DuckDB holds them: DECIMAL(18,2) is a 64-bit integer of hundredths. */
export const MONEY_SQL = 'DECIMAL(18,2)'
const MONEY = DECIMAL(18, 2)
export const VECTOR_ROWS = 2048

/** Columns without nulls, from plain values. */
export const textColumn = (values: (string | null)[]): Column => ({ type: 'text', values })
export const integerColumn = (values: ArrayLike<number>): Column => ({
  type: 'integer',
  values: Int32Array.from(values),
})
export const doubleColumn = (values: ArrayLike<number>): Column => ({ type: 'double', values: Float64Array.from(values) })
export const booleanColumn = (values: boolean[]): Column => ({
  type: 'boolean',
  values: Uint8Array.from(values, Number),
  valid: new Uint8Array(values.length).fill(1),
})
export const moneyColumn = (values: bigint[]): Column => ({ type: 'money', values: BigInt64Array.from(values), valid: new Uint8Array(values.length).fill(1) })

/** Appends `count` rows of the columns (their order is the table's) inside the connection's transaction. */
export async function appendColumns(connection: DuckDBConnection, schema: string, table: string, columns: Column[], count: number): Promise<void> {
  if (count === 0) return
  const appender = await connection.createAppender(table, schema)
  const types = columns.map(duckType)
  for (let from = 0; from < count; from += VECTOR_ROWS) {
    const n = Math.min(VECTOR_ROWS, count - from)
    const chunk = DuckDBDataChunk.create(types, n)
    columns.forEach((column, k) => writeColumn(chunk, k, column, from, n))
    appender.appendDataChunk(chunk)
  }
  appender.closeSync()
}

/** Writes rows [from, from + n) of a column into rows [0, n) of a chunk's column `k`. */
export function writeColumn(chunk: DuckDBDataChunk, k: number, column: Column, from: number, n: number): void {
  switch (column.type) {
    case 'text':
      return setItems(chunk, k, n, (i) => column.values[from + i] ?? null)
    case 'blob':
      return setItems(chunk, k, n, (i) => new DuckDBBlobValue(column.values[from + i] ?? new Uint8Array()))
    case 'timestamp':
      return setItems(chunk, k, n, (i) => timestamp(column.values[from + i]))
  }
  const vector = duckdb.data_chunk_get_vector(chunk.chunk, k)
  if (column.type === 'utf8') return writeText(vector, column.values, from, n)
  if (column.type === 'bigints') return writeLists(vector, column, from, n)
  writeNumbers(vector, column.values, from, n)
  const valid = 'valid' in column ? column.valid : undefined
  if (valid !== undefined) writeNulls(vector, n, (i) => valid[from + i] === 0)
}

/** DuckDB's binding takes no memory that threads share: it goes there over one that they do not. */
const passage = new Uint8Array(VECTOR_ROWS * 8)

function writeNumbers(vector: Vector, values: NumericArray, from: number, n: number): void {
  const { buffer, byteOffset, BYTES_PER_ELEMENT: width } = values
  if (buffer instanceof ArrayBuffer) return duckdb.copy_data_to_vector(vector, 0, buffer, byteOffset + from * width, n * width)
  passage.set(new Uint8Array(buffer, byteOffset + from * width, n * width))
  duckdb.copy_data_to_vector(vector, 0, passage.buffer, 0, n * width)
}

type Settable = { setItem(row: number, value: unknown): void; flush(): void }

function setItems(chunk: DuckDBDataChunk, k: number, n: number, value: (i: number) => unknown): void {
  const vector = chunk.getColumnVector(k) as unknown as Settable
  for (let i = 0; i < n; i++) vector.setItem(i, value(i))
  vector.flush()
}

function timestamp(ms: number | undefined): DuckDBTimestampValue | null {
  return ms === undefined || Number.isNaN(ms) ? null : new DuckDBTimestampValue(BigInt(Math.round(ms)) * 1000n)
}

export function duckType(column: Column): DuckDBType {
  switch (column.type) {
    case 'double':
      return DOUBLE
    case 'bigint':
      return BIGINT
    case 'bigints':
      return LIST(BIGINT)
    case 'ubigint':
      return UBIGINT
    case 'money':
      return MONEY
    case 'integer':
      return INTEGER
    case 'boolean':
      return BOOLEAN
    case 'text':
    case 'utf8':
      return VARCHAR
    case 'blob':
      return BLOB
    case 'timestamp':
      return TIMESTAMP
  }
}
