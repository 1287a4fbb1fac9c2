/**
 * Lists of 64-bit integers into a DuckDB vector and out of it, without a BigInt made per number. A row of a LIST vector is two 64-bit words: where it begins
 * among the values of all rows, and how many are its own.
 */
import type { DuckDBDataChunk, DuckDBListVector } from '@duckdb/node-api'
import duckdb, { type Vector } from '@duckdb/node-bindings'

/** Lists, row after row; `ends`: where each ends. */
export type Lists = { values: BigInt64Array; ends: Uint32Array }

export function listsOf(rows: readonly BigInt64Array[]): Lists {
  const ends = new Uint32Array(rows.length)
  let size = 0
  rows.forEach((row, i) => (ends[i] = size += row.length))
  const values = new BigInt64Array(size)
  rows.forEach((row, i) => values.set(row, (ends[i] as number) - row.length))
  return { values, ends }
}

/** Writes rows [from, from + n) into rows [0, n) of a vector. */
export function writeLists(vector: Vector, { values, ends }: Lists, from: number, n: number): void {
  const begin = ends[from - 1] ?? 0
  const words = new Uint32Array(n * 4)
  let start = begin
  for (let i = 0; i < n; i++) {
    const end = ends[from + i] as number
    words[i * 4] = start - begin
    words[i * 4 + 2] = end - start
    start = end
  }
  duckdb.copy_data_to_vector(vector, 0, words.buffer, 0, words.byteLength)
  const size = start - begin
  duckdb.list_vector_reserve(vector, size)
  duckdb.list_vector_set_size(vector, size)
  if (size === 0) return
  const { buffer, byteOffset } = values.subarray(begin, start)
  duckdb.copy_data_to_vector(duckdb.list_vector_get_child(vector), 0, buffer as ArrayBuffer, byteOffset, size * 8)
}

/** The lists in column `k` of a chunk, each a copy: the chunk's memory is DuckDB's. */
export function readLists(chunk: DuckDBDataChunk, k: number): BigInt64Array[] {
  const lists = chunk.getColumnVector(k) as DuckDBListVector
  const { items } = lists.childVector as unknown as { items: BigInt64Array }
  return Array.from({ length: chunk.rowCount }, (_, row) => {
    const start = lists.getEntryOffset(row)
    return items.slice(start, start + lists.getEntryLength(row))
  })
}
