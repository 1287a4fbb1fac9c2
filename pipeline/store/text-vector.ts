/**
 * Text into a DuckDB vector without a call per value: the bytes of all rows go into the vector's heap as one value, then every row is pointed into it.
 * A row of a VARCHAR vector is a `duckdb_string_t` (duckdb.h): 4 bytes of length, then up to 12 bytes of text, or the first 4 of them and an address.
 */
import duckdb, { type Vector } from '@duckdb/node-bindings'
import { LookthroughError } from '../contract/index.ts'
import type { TextColumn } from '../contract/text.ts'

const STRING_BYTES = 16
const INLINE = 12

/** Rows in the making, copied into the vector when they are done: one memory for all of them, because new memory per vector is most of what a batch would leave behind as garbage. */
let rows = new Uint32Array(2048 * 4)

/** Writes rows [from, from + n) of a column, in their order, into rows [0, n). */
export function writeText(vector: Vector, column: TextColumn, from: number, n: number): void {
  const [first, last] = [column.start(from), column.end(from + n - 1)]
  const heap = place(vector, column.bytes.subarray(first, last))
  if (rows.length < n * 4) rows = new Uint32Array(n * 4)
  rows.fill(0, 0, n * 4)
  point(rows, column, from, n, heap)
  duckdb.copy_data_to_vector(vector, 0, rows.buffer, 0, n * STRING_BYTES)
  if (column.hasNulls) writeNulls(vector, n, (i) => column.isNull(from + i))
}

/** Puts the bytes into the heap; their address as two words. DuckDB checks that they are UTF-8. */
function place(vector: Vector, bytes: Uint8Array): { low: number; high: number } {
  if (bytes.length === 0) return { low: 0, high: 0 }
  duckdb.vector_assign_string_element_len(vector, 0, bytes)
  const data = duckdb.vector_get_data(vector, STRING_BYTES)
  const row = new DataView(data.buffer, data.byteOffset, STRING_BYTES)
  if (row.getUint32(0, true) !== bytes.length) throw new LookthroughError('LT-9001', { why: `DuckDB did not take ${bytes.length} bytes of text as they are` })
  return { low: row.getUint32(8, true), high: row.getUint32(12, true) }
}

function point(words: Uint32Array, column: TextColumn, from: number, n: number, heap: { low: number; high: number }): void {
  const { bytes } = column
  const inside = new Uint8Array(words.buffer)
  const first = column.start(from)
  let start = first
  for (let i = 0; i < n; i++) {
    const end = column.end(from + i)
    const length = end - start
    const word = i * 4
    words[word] = length
    const shown = length <= INLINE ? length : 4
    for (let k = 0, to = i * STRING_BYTES + 4; k < shown; k++) inside[to + k] = bytes[start + k] as number
    if (length > INLINE) {
      const low = heap.low + (start - first)
      words[word + 2] = low
      words[word + 3] = heap.high + (low > 0xffffffff ? 1 : 0)
    }
    start = end
  }
}

/** Marks the rows among [0, n) that are null. */
export function writeNulls(vector: Vector, n: number, isNull: (i: number) => boolean): void {
  let mask: Uint8Array | undefined
  for (let i = 0; i < n; i++) {
    if (!isNull(i)) continue
    mask ??= new Uint8Array(Math.ceil(n / 64) * 8).fill(255)
    mask[i >> 3] = (mask[i >> 3] as number) & ~(1 << (i & 7))
  }
  if (mask === undefined) return
  duckdb.vector_ensure_validity_writable(vector)
  duckdb.copy_data_to_vector_validity(vector, 0, mask.buffer as ArrayBuffer, 0, mask.length)
}
