/**
 * Arrow-layout columns into DuckDB: typed arrays for numbers, bytes and ends for text (or one string per row, where there are few), copied vector by
 * vector (2,048 rows each) through an appender. Layout of a column: `values[row]`, and `valid[row] === 0` for null.
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
  TIMESTAMP,
  UBIGINT,
  VARCHAR,
} from '@duckdb/node-api'
import duckdb from '@duckdb/node-bindings'
import type { TextColumn } from '../contract/text.ts'
import { writeText } from './text-vector.ts'

export type Column =
  | { type: 'double'; values: Float64Array }
  | { type: 'bigint'; values: BigInt64Array }
  | { type: 'ubigint'; values: BigUint64Array }
  | { type: 'money'; values: BigInt64Array; valid: Uint8Array }
  | { type: 'integer'; values: Int32Array; valid: Uint8Array }
  | { type: 'boolean'; values: Uint8Array; valid: Uint8Array }
  | { type: 'text'; values: (string | null)[] }
  /** All rows in their order. */
  | { type: 'utf8'; values: TextColumn }
  | { type: 'blob'; values: Uint8Array[] }
  /** Milliseconds; NaN is null. */
  | { type: 'timestamp'; values: Float64Array }

/** Minor units as DuckDB holds them: DECIMAL(18,2) is a 64-bit integer of hundredths. */
export const MONEY_SQL = 'DECIMAL(18,2)'
const MONEY = DECIMAL(18, 2)
const VECTOR_ROWS = 2048

/** Columns without nulls, from plain values. */
export const textColumn = (values: (string | null)[]): Column => ({ type: 'text', values })
export const integerColumn = (values: ArrayLike<number>): Column => ({
  type: 'integer',
  values: Int32Array.from(values),
  valid: new Uint8Array(values.length).fill(1),
})
export const doubleColumn = (values: ArrayLike<number>): Column => ({ type: 'double', values: Float64Array.from(values) })
export const moneyColumn = (values: bigint[]): Column => ({ type: 'money', values: BigInt64Array.from(values), valid: new Uint8Array(values.length).fill(1) })

/** Appends `count` rows of the columns (their order is the table's) inside the connection's transaction. */
export async function appendColumns(connection: DuckDBConnection, schema: string, table: string, columns: Column[], count: number): Promise<void> {
  if (count === 0) return
  const appender = await connection.createAppender(table, schema)
  const types = columns.map(duckType)
  for (let from = 0; from < count; from += VECTOR_ROWS) {
    const n = Math.min(VECTOR_ROWS, count - from)
    const chunk = DuckDBDataChunk.create(types, n)
    columns.forEach((column, k) => writeVector(chunk, k, column, from, n))
    appender.appendDataChunk(chunk)
  }
  appender.closeSync()
}

type Settable = { setItem(row: number, value: unknown): void; flush(): void }
type Bulk<T> = Settable & { items: T }
/** Vectors without typed items; DECIMAL(18,2) lies in memory as 64-bit minor units, BOOLEAN as bytes. */
type Viewed = Settable & { dataView: DataView }

function writeVector(chunk: DuckDBDataChunk, k: number, column: Column, from: number, n: number): void {
  if (column.type === 'utf8') return writeText(duckdb.data_chunk_get_vector(chunk.chunk, k), column.values, from, n)
  const vector = chunk.getColumnVector(k) as unknown as Settable
  switch (column.type) {
    case 'double':
      copy(column.values, (vector as Bulk<Float64Array>).items, from, n)
      break
    case 'bigint':
    case 'ubigint':
      copy(column.values, (vector as Bulk<BigInt64Array>).items, from, n)
      break
    case 'integer':
      copy(column.values, (vector as Bulk<Int32Array>).items, from, n)
      break
    case 'money': {
      const { buffer, byteOffset } = (vector as Viewed).dataView
      copy(column.values, new BigInt64Array(buffer, byteOffset, n), from, n)
      break
    }
    case 'boolean': {
      const { buffer, byteOffset } = (vector as Viewed).dataView
      copy(column.values, new Uint8Array(buffer, byteOffset, n), from, n)
      break
    }
    case 'text':
      for (let i = 0; i < n; i++) vector.setItem(i, column.values[from + i] ?? null)
      break
    case 'blob':
      for (let i = 0; i < n; i++) vector.setItem(i, new DuckDBBlobValue(column.values[from + i] ?? new Uint8Array()))
      break
    case 'timestamp':
      for (let i = 0; i < n; i++) vector.setItem(i, timestamp(column.values[from + i]))
  }
  if ('valid' in column) for (let i = 0; i < n; i++) if (column.valid[from + i] === 0) vector.setItem(i, null)
  vector.flush()
}

type Numbers = Float64Array | Int32Array | Uint8Array | BigInt64Array | BigUint64Array

function copy(values: Numbers, items: Numbers, from: number, n: number): void {
  ;(items as Float64Array).set((values as Float64Array).subarray(from, from + n))
}

function timestamp(ms: number | undefined): DuckDBTimestampValue | null {
  return ms === undefined || Number.isNaN(ms) ? null : new DuckDBTimestampValue(BigInt(Math.round(ms)) * 1000n)
}

function duckType(column: Column): DuckDBType {
  switch (column.type) {
    case 'double':
      return DOUBLE
    case 'bigint':
      return BIGINT
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

/** The SQL type of a column, as `duckType`. */
export function sqlTypeOf(column: Column): string {
  return duckType(column).toString()
}
