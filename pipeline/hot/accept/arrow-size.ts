/**
 * Whether a row of an Arrow record batch, written as JSON, has more than so many bytes; found by the offsets alone. A dictionary's text is stored once and may
 * stand in any number of places, so that a message of some kilobytes can hold rows of gigabytes.
 */
import { type Data, DataType } from 'apache-arrow'

/** Counts a value as no more than it takes in JSON; stops as soon as it is more than `most` bytes. */
export function rowExceeds(columns: ReadonlyMap<string, Data>, row: number, most: number): boolean {
  let left = most
  for (const [name, column] of columns) {
    left -= name.length + sizeOf(column, row, left)
    if (left < 0) return true
  }
  return false
}

/** Bytes of one value, at least 1; may stop once they are more than `most`. */
function sizeOf(column: Data, row: number, most: number): number {
  if (!column.getValid(row)) return 1
  const { type, valueOffsets } = column
  if (DataType.isDictionary(type)) return dictionarySize(column, row, most)
  if (DataType.isUtf8(type) || DataType.isBinary(type) || DataType.isLargeUtf8(type) || DataType.isLargeBinary(type))
    return 1 + Math.max(0, Number(valueOffsets[row + 1]) - Number(valueOffsets[row]))
  if (DataType.isFixedSizeBinary(type)) return type.byteWidth
  if (DataType.isStruct(type)) return sumOf(column.children, [row, row + 1], most)
  if (DataType.isFixedSizeList(type)) return sumOf(column.children, [row * type.listSize, (row + 1) * type.listSize], most)
  if (DataType.isList(type) || DataType.isMap(type)) return sumOf(column.children, [Number(valueOffsets[row]), Number(valueOffsets[row + 1])], most)
  // Of a union nothing is asked: no field of ours is one.
  return DataType.isUnion(type) ? Infinity : 1
}

function dictionarySize(column: Data, row: number, most: number): number {
  const code = Number((column.values as ArrayLike<number | bigint>)[row])
  let first = 0
  for (const part of (column.dictionary?.data ?? []) as Data[]) {
    if (code < first + part.length) return sizeOf(part, code - first, most)
    first += part.length
  }
  return 1
}

function sumOf(children: readonly Data[], [from, to]: [from: number, to: number], most: number): number {
  let size = 1
  for (const child of children) {
    for (let i = from; i < to && size <= most; i++) size += sizeOf(child, i, most - size)
  }
  return size
}
