/** Parquet and Arrow files row by row, each as one structured event; columns as in an Arrow message (contract §1). */
import { type FileHandle, open } from 'node:fs/promises'
import {
  DuckDBArrayValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBValue,
} from '@duckdb/node-api'
import { TimeUnit } from 'apache-arrow'
import { LookthroughError } from '../../contract/index.ts'
import { Database, quote } from '../../store/database.ts'
import { arrowRows } from './arrow.ts'
import { msOf } from './arrow-cells.ts'
import { messageOf } from './arrow-metadata.ts'
import { type Cell, DecimalCell, eventOfRow, InstantCell } from './row-event.ts'

/** In the order of the file. Throws LT-1004 when it is no Parquet file. */
export async function* parquetRows(file: string): AsyncGenerator<Buffer[]> {
  const db = await Database.open(':memory:')
  try {
    await db.run('SET preserve_insertion_order = true')
    const result = await db.connection.stream(`SELECT * FROM read_parquet(${quote(file)})`)
    const names = result.columnNames()
    for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk())
      yield chunk.getRows().map((row) => eventOfRow(names.map((name, k) => [name, cellOf(row[k] ?? null)])))
  } catch (error) {
    throw unreadable(file, 'Parquet', error)
  } finally {
    db.close()
  }
}

/** An Arrow IPC file, or a stream kept in one; a record batch is read at a time. Throws LT-1004 when it is neither, or damaged. */
export async function* arrowFileRows(file: string): AsyncGenerator<Buffer[]> {
  const handle = await open(file)
  try {
    const { size } = await handle.stat()
    // The schema and the dictionaries, which every record batch needs.
    const head: Buffer[] = []
    let frame = await readFrame(handle, (await bytesAt(handle, 0, 6)).toString('latin1') === MAGIC ? 8 : 0, size)
    for (; frame !== undefined; frame = await readFrame(handle, frame.end, size)) {
      if (frame.isRecords) yield* rowsIn(Buffer.concat([...head, frame.bytes]))
      else head.push(frame.bytes)
    }
    if (head.length === 0) throw new Error('no schema')
  } catch (error) {
    throw unreadable(file, 'Arrow', error)
  } finally {
    await handle.close()
  }
}

/** At the beginning and the end of an IPC file; what lies between is a stream and an index of it. */
const MAGIC = 'ARROW1'
const ROWS_AT_ONCE = 2048

function* rowsIn(stream: Buffer): Generator<Buffer[]> {
  const batches = arrowRows(stream)
  if (typeof batches === 'string') throw new Error(batches === 'too-large' ? 'a record batch is too large' : 'a record batch is damaged or of unknown types')
  for (const { count, json } of batches)
    for (let from = 0; from < count; from += ROWS_AT_ONCE) yield Array.from({ length: Math.min(ROWS_AT_ONCE, count - from) }, (_, k) => json(from + k))
}

/** A message of the stream and where it ends; undefined at the end of the stream. */
async function readFrame(handle: FileHandle, at: number, size: number): Promise<{ bytes: Buffer; isRecords: boolean; end: number } | undefined> {
  if (at >= size) return undefined
  const mark = await bytesAt(handle, at, 8)
  const start = at + (mark.readInt32LE(0) === -1 ? 8 : 4)
  const length = mark.readInt32LE(start - at - 4)
  if (length === 0) return undefined
  if (length < 0 || start + length > size) throw new Error('it ends within a message')
  const { isRecords, bodyLength } = messageOf(await bytesAt(handle, start, length))
  const end = start + length + bodyLength
  if (end > size) throw new Error('it ends within a message')
  return { bytes: await bytesAt(handle, at, end - at), isRecords, end }
}

async function bytesAt(handle: FileHandle, at: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length)
  await handle.read(buffer, 0, length, at)
  return buffer
}

function unreadable(file: string, format: string, error: unknown): LookthroughError {
  return new LookthroughError('LT-1004', { file, format, why: error instanceof Error ? error.message : String(error) }, error)
}

function cellOf(value: DuckDBValue): Cell {
  if (value === null || typeof value !== 'object') return value
  if (value instanceof DuckDBDecimalValue) return new DecimalCell(value.value, value.scale)
  if (value instanceof DuckDBDateValue) return new InstantCell(value.days * 86_400_000)
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) return new InstantCell(msOf(value.micros, TimeUnit.MICROSECOND))
  if (value instanceof DuckDBTimestampSecondsValue) return new InstantCell(msOf(value.seconds, TimeUnit.SECOND))
  if (value instanceof DuckDBTimestampMillisecondsValue) return new InstantCell(msOf(value.millis, TimeUnit.MILLISECOND))
  if (value instanceof DuckDBTimestampNanosecondsValue) return new InstantCell(msOf(value.nanos, TimeUnit.NANOSECOND))
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) return value.items.map(cellOf)
  if (value instanceof DuckDBStructValue) return Object.fromEntries(Object.entries(value.entries).map(([name, inner]) => [name, cellOf(inner)]))
  return null
}
