/** Single values of Arrow columns, and whether the columns hold them: buffers are long enough, offsets and codes point inside, text is UTF-8. */
import { isAscii, isUtf8 } from 'node:buffer'
import { type Data, DataType, DateUnit, TimeUnit, Type } from 'apache-arrow'
import { type Cell, DecimalCell, InstantCell } from './row-event.ts'

/** By name. */
export type Columns = ReadonlyMap<string, Data>

export function cellsOf(columns: Columns, row: number): [name: string, cell: Cell][] {
  return Array.from(columns, ([name, column]) => [name, cellOf(column, row)])
}

/** The value in a row of a column that is sound; null for a kind that no field has. */
export function cellOf(data: Data, row: number): Cell {
  if (!data.getValid(row)) return null
  const { type } = data
  if (DataType.isDictionary(type)) return dictionaryCell(data, Number((data.values as ArrayLike<number | bigint>)[row]))
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) return bufferOf(data).toString('utf8', offsetOf(data, row), offsetOf(data, row + 1))
  if (DataType.isBool(type)) return (((data.values as Uint8Array)[row >> 3] as number) & (1 << (row & 7))) !== 0
  if (DataType.isInt(type)) return (data.values as ArrayLike<number | bigint>)[row] as number | bigint
  if (DataType.isFloat(type)) return type.precision === 0 ? null : ((data.values as ArrayLike<number>)[row] as number)
  if (DataType.isDecimal(type)) return new DecimalCell(wideInteger(data.values as unknown as Uint32Array, row * data.stride, data.stride), type.scale)
  if (DataType.isTimestamp(type)) return new InstantCell(msOf((data.values as ArrayLike<bigint>)[row] as bigint, type.unit))
  if (DataType.isDate(type)) return new InstantCell(Number((data.values as ArrayLike<number | bigint>)[row]) * (type.unit === DateUnit.DAY ? 86_400_000 : 1))
  if (isList(type)) {
    const [child, start] = [data.children[0] as Data, offsetOf(data, row)]
    return Array.from({ length: offsetOf(data, row + 1) - start }, (_, i) => cellOf(child, start + i))
  }
  if (DataType.isStruct(type)) return Object.fromEntries(type.children.map((field, k) => [field.name, cellOf(data.children[k] as Data, row)]))
  return null
}

/** Milliseconds of a timestamp, finer parts cut. Of nanoseconds a double cannot hold all. */
export function msOf(value: bigint, unit: TimeUnit): number {
  if (unit === TimeUnit.SECOND) return Number(value) * 1000
  if (unit === TimeUnit.MILLISECOND) return Number(value)
  if (unit === TimeUnit.MICROSECOND) return Math.floor(Number(value) / 1000)
  return Number(value / 1_000_000n) - (value % 1_000_000n < 0n ? 1 : 0)
}

/** Whether every row of a column can be read, and reads as what its type says. */
export function isSound(data: Data): boolean {
  const { type, length } = data
  if (data.nullCount > 0 && data.nullBitmap.length * 8 < length) return false
  const values = data.values as ArrayLike<number> | undefined
  if (DataType.isDictionary(type)) return !isNested(type.dictionary) && (values?.length ?? 0) >= length && pointInside(data) && partsOf(data).every(isSound)
  if (isText(type)) return offsetsHold(data, values?.length ?? 0) && (DataType.isBinary(type) || DataType.isLargeBinary(type) || isWellFormed(data))
  if (isList(type)) return data.children[0] !== undefined && offsetsHold(data, data.children[0].length) && isSound(data.children[0])
  if (DataType.isStruct(type)) return data.children.every((child) => child.length >= length && isSound(child))
  if (DataType.isBool(type)) return (values?.length ?? 0) * 8 >= length
  if (DataType.isNull(type)) return true
  if (DataType.isDecimal(type) && ((type.bitWidth !== 128 && type.bitWidth !== 256) || Math.abs(type.scale) > MAX_SCALE)) return false
  return (values?.length ?? 0) >= length * data.stride
}

/** The most bytes that the texts may come to which the rows of a column, and of all within it, name by codes. */
export function expandedBytes(data: Data): number {
  if (!DataType.isDictionary(data.type)) return data.children.reduce((sum, child) => sum + expandedBytes(child), 0)
  if (!isText(data.type.dictionary)) return 0
  const parts = partsOf(data)
  const most = data.length * Math.max(0, ...parts.map(longestIn))
  if (most <= FEW_BYTES) return most
  const codes = codesOf(data)
  const lengths = parts.flatMap((part) => Array.from({ length: part.length }, (_, entry) => offsetOf(part, entry + 1) - offsetOf(part, entry)))
  let sum = 0
  for (let row = 0; row < data.length; row++) sum += lengths[codes[row] as number] ?? 0
  return sum
}

/** Up to here, the rows of a column are not counted one by one. */
const FEW_BYTES = 1 << 20

function longestIn(texts: Data): number {
  return longestStep(offsetsOf(texts) ?? [], texts.length)
}

/** Digits of the longest decimal. */
const MAX_SCALE = 76

/** Later entries of a dictionary may have come in a batch of their own. */
function partsOf(data: Data): readonly Data[] {
  return data.dictionary?.data ?? []
}

function isNested(type: DataType): boolean {
  return isList(type) || DataType.isStruct(type) || DataType.isDictionary(type)
}

function isText(type: DataType): boolean {
  return DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isBinary(type) || DataType.isLargeBinary(type)
}

function isList(type: DataType): boolean {
  return DataType.isList(type) || type.typeId === Type.LargeList
}

/** Codes of rows that are not null. */
function pointInside(data: Data): boolean {
  const codes = codesOf(data)
  const entries = data.dictionary?.length ?? 0
  if (!(codes instanceof Float64Array) && signsBeyond(codes, data.length, entries) >= 0) return true
  for (let row = 0; row < data.length; row++) {
    const code = codes[row] as number
    if (!(code >= 0 && code < entries) && data.getValid(row)) return false
  }
  return true
}

/** Which entry of its dictionary each row of a column has. */
export function codesOf({ values }: Data): ArrayLike<number> {
  const codes = values as ArrayLike<number | bigint>
  return typeof codes[0] === 'bigint' ? Float64Array.from(codes, Number) : (codes as ArrayLike<number>)
}

/** They never fall, and end within `end`. */
function offsetsHold(data: Data, end: number): boolean {
  const offsets = offsetsOf(data)
  if (data.length === 0) return true
  if (offsets === undefined || offsets.length < data.length + 1) return false
  return (offsets[0] as number) >= 0 && (offsets[data.length] as number) <= end && lowestStep(offsets, data.length) === 0
}

/*
 * Loops over all rows stand by themselves, with nothing behind them in their functions: V8 enters one that is running in code that it made for the loop
 * alone, and what lies behind it is then left for the interpreter at every single call.
 */

/** Below 0 if one of the first `count` codes, of up to 32 bits each, is below 0 or not below `entries`. */
function signsBeyond(codes: ArrayLike<number>, count: number, entries: number): number {
  let signs = 0
  for (let row = 0; row < count; row++) signs |= (codes[row] as number) | (entries - 1 - (codes[row] as number))
  return signs
}

/** The steepest fall from one offset to the next, in `count` steps; 0: there is none. */
function lowestStep(offsets: ArrayLike<number>, count: number): number {
  let lowest = 0
  for (let k = 0; k < count; k++) lowest = Math.min(lowest, (offsets[k + 1] as number) - (offsets[k] as number))
  return lowest
}

function longestStep(offsets: ArrayLike<number>, count: number): number {
  let longest = 0
  for (let k = 0; k < count; k++) longest = Math.max(longest, (offsets[k + 1] as number) - (offsets[k] as number))
  return longest
}

/** UTF-8, and no text ends within a character. */
function isWellFormed(data: Data): boolean {
  const offsets = offsetsOf(data)
  if (data.length === 0 || offsets === undefined) return true
  const bytes = bufferOf(data)
  const [start, end] = [offsets[0] as number, offsets[data.length] as number]
  const used = bytes.subarray(start, end)
  if (isAscii(used)) return true
  if (!isUtf8(used)) return false
  for (let row = 1; row < data.length; row++) {
    const at = offsets[row] as number
    if (at < end && ((bytes[at] as number) & 0xc0) === 0x80) return false
  }
  return true
}

export function bufferOf(data: Data): Buffer {
  const values = data.values as Uint8Array
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength)
}

/** Where the texts or lists of a column begin, and where the last of them ends. */
export function offsetsOf(data: Data): Int32Array | Float64Array | undefined {
  const offsets = data.valueOffsets as unknown as Int32Array | BigInt64Array | undefined
  return offsets instanceof BigInt64Array ? Float64Array.from(offsets, Number) : offsets
}

function offsetOf(data: Data, row: number): number {
  return Number((data.valueOffsets as unknown as ArrayLike<number | bigint>)[row])
}

function dictionaryCell(data: Data, code: number): Cell {
  let first = 0
  for (const part of partsOf(data)) {
    if (code < first + part.length) return cellOf(part, code - first)
    first += part.length
  }
  return null
}

/** Two's complement, the lowest word first. */
function wideInteger(words: Uint32Array, at: number, count: number): bigint {
  let value = 0n
  for (let k = count - 1; k >= 0; k--) value = (value << 32n) | BigInt(words[at + k] as number)
  return BigInt.asIntN(count * 32, value)
}
