/** Sound columns of an Arrow table as plain arrays, one loop each. What is undefined is of a kind that the fast way does not read. */
import { type Data, DataType, TimeUnit } from 'apache-arrow'
import { TextColumn, type TextSpans, viewOf } from '../../contract/text.ts'
import { bufferOf, cellOf, codesOf, msOf, offsetsOf } from './arrow-cells.ts'
import { TimeReader, wholeOf } from './digits.ts'
import { type FieldSchema, written } from './row-event.ts'

/** The texts of a column: where each lies, and of a dictionary, which of them each row has. */
export type Texts = TextSpans & { bytes: Buffer }

export function textsOf(column: Data | undefined): Texts | undefined {
  if (column === undefined) return undefined
  if (DataType.isDictionary(column.type)) {
    const parts = column.dictionary?.data ?? []
    const entries = parts.length === 1 ? textsOf(parts[0]) : undefined
    return entries && named(entries, codesOf(column), column.length)
  }
  const offsets = DataType.isUtf8(column.type) ? offsetsOf(column) : undefined
  if (!(offsets instanceof Int32Array)) return undefined
  const bytes = bufferOf(column)
  return { bytes, view: viewOf(bytes), starts: offsets.subarray(0, column.length), ends: offsets.subarray(1, column.length + 1), codes: undefined }
}

/** The rows' texts by their codes; where those count up by one, as nearly unique texts do, the texts themselves. */
function named({ bytes, view, starts, ends }: Texts, codes: ArrayLike<number>, count: number): Texts {
  const first = codes[0] ?? 0
  if (first < 0 || first + count > starts.length || countingUp(codes, count) < count) return { bytes, view, starts, ends, codes }
  return { bytes, view, starts: starts.subarray(first, first + count), ends: ends.subarray(first, first + count), codes: undefined }
}

/** So many of the first `count` codes go up by one. */
function countingUp(codes: ArrayLike<number>, count: number): number {
  const first = codes[0] as number
  let row = 0
  while (row < count && codes[row] === first + row) row++
  return row
}

/** Days, times and decimals as the texts that a field has of them in JSON. */
export function writtenTexts(column: Data, schema: FieldSchema): Texts | undefined {
  const texts = new TextColumn(column.length)
  for (let row = 0; row < column.length; row++) {
    const text = written(schema, cellOf(column, row))
    if (typeof text !== 'string' && text !== null) return undefined
    texts.add(text)
  }
  const rows = Array.from({ length: column.length }, (_, row) => row)
  const [starts, ends] = [Int32Array.from(rows, (row) => texts.start(row)), Int32Array.from(rows, (row) => texts.end(row))]
  return { bytes: Buffer.from(texts.bytes.buffer), view: texts.view, starts, ends, codes: undefined }
}

/** 1 per row that is not null; undefined: all are not. */
export function validOf(column: Data | undefined): Uint8Array | undefined {
  return column === undefined || column.nullCount === 0 ? undefined : bitsOf(column.nullBitmap, column.offset, column.length)
}

/** Milliseconds; NaN for null and for text that is no time. */
export function timesOf(column: Data | undefined): Float64Array | undefined {
  if (column === undefined) return undefined
  const ms = timesWritten(column) ?? (DataType.isTimestamp(column.type) ? scaled(column, column.type.unit) : integersOf(column))
  const valid = validOf(column)
  if (ms !== undefined && valid !== undefined) for (let row = 0; row < ms.length; row++) if (valid[row] === 0) ms[row] = Number.NaN
  return ms
}

function timesWritten(column: Data): Float64Array | undefined {
  const reader = new TimeReader()
  return readTexts(column, (bytes, start, end) => reader.read(bytes, start, end) ?? Number.NaN)
}

function scaled(column: Data, unit: TimeUnit): Float64Array | undefined {
  if (unit === TimeUnit.NANOSECOND) return Float64Array.from((column.values as BigInt64Array).subarray(0, column.length), (value) => msOf(value, unit))
  const ms = integersOf(column)
  if (ms === undefined || unit === TimeUnit.MILLISECOND) return ms
  for (let row = 0; row < ms.length; row++) ms[row] = unit === TimeUnit.SECOND ? (ms[row] as number) * 1000 : Math.floor((ms[row] as number) / 1000)
  return ms
}

/** Whole numbers, or text of up to 15 digits; −1 for other text. */
export function sequencesOf(column: Data | undefined): Float64Array | undefined {
  return column && (readTexts(column, wholeOf) ?? integersOf(column))
}

/** A number per row, read out of its text. */
function readTexts(column: Data, read: (bytes: Buffer, start: number, end: number) => number): Float64Array | undefined {
  const texts = textsOf(column)
  if (texts === undefined) return undefined
  const { bytes, starts, ends, codes } = texts
  const numbers = new Float64Array(starts.length)
  for (let k = 0; k < numbers.length; k++) numbers[k] = read(bytes, starts[k] as number, ends[k] as number)
  return codes === undefined ? numbers : Float64Array.from({ length: column.length }, (_, row) => numbers[codes[row] as number] ?? Number.NaN)
}

/** Of whole numbers and timestamps, as near as a double comes to them. */
export function integersOf({ type, values, length }: Data): Float64Array | undefined {
  if (!DataType.isInt(type) && !DataType.isTimestamp(type)) return undefined
  if (values instanceof BigUint64Array) return Float64Array.from(values.subarray(0, length), Number)
  if (!(values instanceof BigInt64Array)) return new Float64Array((values as Int32Array).subarray(0, length))
  const halves = new Int32Array(values.buffer, values.byteOffset, length * 2)
  const numbers = new Float64Array(length)
  for (let row = 0; row < length; row++) numbers[row] = (halves[row * 2 + 1] as number) * 4294967296 + ((halves[row * 2] as number) >>> 0)
  return numbers
}

/** Minor units: int64, or decimal128 of two decimals; NaN beyond 2^64. */
export function unitsOfMoney(column: Data): Float64Array | undefined {
  const { type, length } = column
  if (DataType.isInt(type)) return type.bitWidth === 64 ? integersOf(column) : undefined
  if (!DataType.isDecimal(type) || type.scale !== 2 || type.bitWidth !== 128) return undefined
  const words = column.values as unknown as Uint32Array
  const units = new Float64Array(length)
  for (let row = 0, at = 0; row < length; row++, at += 4) {
    const high = (words[at + 1] as number) | 0
    const fits = words[at + 2] === (high < 0 ? 0xffffffff : 0) && words[at + 3] === words[at + 2]
    units[row] = fits ? high * 4294967296 + (words[at] as number) : Number.NaN
  }
  return units
}

/** 0 or 1. */
export function booleansOf({ type, values, offset, length }: Data): Float64Array | undefined {
  return DataType.isBool(type) ? new Float64Array(bitsOf(values as Uint8Array, offset, length)) : undefined
}

function bitsOf(bits: Uint8Array, offset: number, count: number): Uint8Array {
  const each = new Uint8Array(count)
  for (let row = 0, bit = offset; row < count; row++, bit++) each[row] = ((bits[bit >> 3] as number) >> (bit & 7)) & 1
  return each
}
