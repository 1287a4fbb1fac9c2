/**
 * Files as a source: each is one partition, a line of NDJSON or a row of Parquet or Arrow is a message, its offset the number of the line or row from 0.
 * Files are read in turns, the one whose time is furthest behind first is not known here: they advance line by line together.
 */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { LookthroughError, MAX_MESSAGE_BYTES } from '../../contract/index.ts'
import type { RawBatch, Source } from '../../contract/source.ts'
import { arrowFileRows, parquetRows } from './table-files.ts'

export type FileSourceOptions = {
  /** Called with the bytes read so far; the total is unknown for standard input. */
  onProgress?: (bytes: number, total: number | undefined) => void
}

/** `-` is standard input. Throws LT-1001 when a file cannot be read. */
export async function openFiles(files: string[], options: FileSourceOptions = {}): Promise<Source> {
  const sizes = await Promise.all(files.map(sizeOf))
  const total = sizes.some((s) => s === undefined) ? undefined : sizes.reduce<number>((a, b) => a + (b ?? 0), 0)
  const readers = files.map(readerOf)
  let bytes = 0
  return {
    partitions: files.map((topic) => ({ topic, partition: 0 })),
    control: [],
    async pull(max) {
      const open = readers.map((reader, i) => ({ reader, i })).filter(({ reader }) => !reader.ended)
      if (open.length === 0) return null
      const parts: FilledPart[] = []
      for (const { reader, i } of open) parts.push({ partition: i, ...(await reader.read(Math.max(1, Math.floor(max / open.length)))) })
      for (const part of parts) bytes += part.consumed
      options.onProgress?.(bytes, total)
      return joinParts(parts)
    },
    silent: () => [],
    writeControl: () => Promise.resolve(),
    async close() {
      for (const reader of readers) await reader.close()
    },
  }
}

type Lines = { lines: Uint8Array[]; oversize: number[]; offsets: number[]; ended: boolean; consumed: number }
type FilledPart = Lines & { partition: number }
type Reader = { readonly ended: boolean; read(max: number): Promise<Lines>; close(): void | Promise<void> }

const NEWLINE = 10
const RETURN = 13
/** Of a line that is too long to judge, this much is kept for the dead letter. */
const KEPT_BYTES = 4096

function readerOf(file: string): Reader {
  if (file.endsWith('.parquet')) return new RowReader(parquetRows(file))
  return file.endsWith('.arrow') ? new RowReader(arrowFileRows(file)) : new LineReader(file)
}

function emptyLines(): Lines {
  return { lines: [], oversize: [], offsets: [], ended: false, consumed: 0 }
}

/** `length`: of which `bytes` may be only the beginning. */
function addLine(out: Lines, bytes: Uint8Array, length: number, offset: number): void {
  out.lines.push(length > MAX_MESSAGE_BYTES ? bytes.subarray(0, KEPT_BYTES) : bytes)
  out.oversize.push(length > MAX_MESSAGE_BYTES ? length : 0)
  out.offsets.push(offset)
}

/** Rows of a table, as events. What is read is told by rows alone: how many bytes of the file they are is not known. */
class RowReader implements Reader {
  ended = false
  readonly #rows: AsyncGenerator<Buffer[]>
  #part: Buffer[] = []
  #next = 0
  #row = 0

  constructor(rows: AsyncGenerator<Buffer[]>) {
    this.#rows = rows
  }

  async read(max: number): Promise<Lines> {
    const out = emptyLines()
    while (out.lines.length < max) {
      const event = this.#part[this.#next]
      if (event !== undefined) {
        this.#next++
        addLine(out, event, event.length, this.#row++)
        continue
      }
      const more = await this.#rows.next()
      if (more.done === true) {
        this.ended = out.ended = true
        return out
      }
      this.#part = more.value
      this.#next = 0
    }
    return out
  }

  async close(): Promise<void> {
    await this.#rows.return(undefined)
  }
}

class LineReader implements Reader {
  ended = false
  readonly #stream: Readable
  readonly #iterator: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)
  /** Bytes of the current line that were already dropped because it is too long. */
  #dropped = 0
  #line = 0

  constructor(file: string) {
    this.#stream = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 1 << 20 })
    this.#iterator = this.#stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  }

  /** Up to `max` lines; blank lines are skipped but counted. */
  async read(max: number): Promise<Lines> {
    const out = emptyLines()
    while (out.lines.length < max) {
      const at = this.#rest.indexOf(NEWLINE)
      if (at >= 0) {
        this.#take(this.#rest.subarray(0, at), out)
        this.#rest = this.#rest.subarray(at + 1)
        continue
      }
      const next = await this.#iterator.next()
      if (next.done === true) {
        if (this.#rest.length > 0 || this.#dropped > 0) this.#take(this.#rest, out)
        this.#rest = Buffer.alloc(0)
        this.ended = out.ended = true
        return out
      }
      out.consumed += next.value.length
      this.#append(next.value)
    }
    return out
  }

  close(): void {
    this.#stream.destroy()
  }

  #append(chunk: Buffer): void {
    if (this.#rest.length > MAX_MESSAGE_BYTES && chunk.indexOf(NEWLINE) < 0) {
      this.#dropped += chunk.length
      return
    }
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
  }

  #take(line: Buffer, out: Lines): void {
    const text = line.at(-1) === RETURN ? line.subarray(0, -1) : line
    const length = text.length + this.#dropped
    this.#dropped = 0
    const offset = this.#line++
    if (length > 0 && !isBlank(text)) addLine(out, text, length, offset)
  }
}

function isBlank(line: Buffer): boolean {
  for (const byte of line) if (byte !== 32 && byte !== 9) return false
  return true
}

function joinParts(parts: FilledPart[]): RawBatch {
  const count = parts.reduce((n, p) => n + p.lines.length, 0)
  const size = parts.reduce((n, p) => n + p.lines.reduce((m, l) => m + l.length, 0), 0)
  const batch: RawBatch = {
    count,
    bytes: new Uint8Array(size),
    ends: new Uint32Array(count),
    partition: new Uint16Array(count),
    offset: new Float64Array(count),
    timestamp: new Float64Array(count).fill(Number.NaN),
    form: new Uint8Array(count),
    oversize: new Uint32Array(count),
    ended: parts.filter((p) => p.ended).map((p) => p.partition),
  }
  let [i, end] = [0, 0]
  for (const part of parts) {
    part.lines.forEach((line, k) => {
      batch.bytes.set(line, end)
      end += line.length
      batch.ends[i] = end
      batch.partition[i] = part.partition
      batch.offset[i] = part.offsets[k] ?? 0
      batch.oversize[i] = part.oversize[k] ?? 0
      i++
    })
  }
  return batch
}

async function sizeOf(file: string): Promise<number | undefined> {
  if (file === '-') return undefined
  try {
    return (await stat(file)).size
  } catch (error) {
    throw new LookthroughError('LT-1001', { file, why: error instanceof Error ? error.message : String(error) }, error)
  }
}
