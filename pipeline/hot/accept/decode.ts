/**
 * accept: raw bytes → columns per event type, and dead letters for what cannot be judged.
 * Keeps no state; the same bytes give the same result, whatever else is in the batch.
 */
import { isUtf8 } from 'node:buffer'
import { type DeadReason, type EventType, isEventType, MAX_BULK_BYTES, MAX_DEPTH, MAX_FUTURE_MS, parseTime, STREAMS } from '../../contract/index.ts'
import { mostBytes, type RawBatch, WIRE_FORMS, type WireForm } from '../../contract/source.ts'
import type { DeadLetter, Decoded, EventColumns } from '../../contract/stage.ts'
import { Arrivals } from './arrivals.ts'
import { arrowRows } from './arrow.ts'
import { ColumnBuilder, type ParsedEvent } from './columns.ts'
import { eachElement } from './elements.ts'
import { Scanner } from './scan.ts'
import { badMoney, checkFor, isRecord } from './schema.ts'

export type DecodeOptions = {
  /** Keep `data` as JSON text for table `lt.events`. */
  keepJson: boolean
  /** A batch ends with the message in which as much was refused, and has a rest; absent: however much it is. */
  mostRefused?: Most
}
type Most = { letters: number; bytes: number }

/** In a batch of the engine: some thousand letters are some megabytes in each place they pass, and a batch of messages may hold millions. */
export const MOST_REFUSED: Most = { letters: 20_000, bytes: 64 << 20 }

/** The decoder of one engine: what it holds are plans, and how large the last batch was, nothing of what it has read. `spent`: see `Decode`. */
export function decoder(options: DecodeOptions, scanner: FastWay = new Scanner()): (raw: RawBatch, spent?: EventColumns[]) => Decoded {
  let rows: Rows = new Map()
  return (raw, spent = []) => {
    const run = new Run(raw, options, scanner, rows, spent)
    let read = 0
    while (read < raw.count && !run.isFull) run.message(read++)
    const decoded = run.done()
    rows = new Map(decoded.streams.map((s) => [s.type, s.count]))
    return read === raw.count ? decoded : { ...decoded, ...cut(raw, read) }
  }
}

/** The first messages, and the others as a batch of their own, with which partitions end that end. */
function cut(raw: RawBatch, first: number): { raw: RawBatch; rest: RawBatch } {
  const from = raw.ends[first - 1] as number
  const rest = {
    count: raw.count - first,
    bytes: raw.bytes.subarray(from),
    ends: raw.ends.slice(first, raw.count).map((end) => end - from),
    partition: raw.partition.slice(first, raw.count),
    offset: raw.offset.slice(first, raw.count),
    timestamp: raw.timestamp.slice(first, raw.count),
    form: raw.form.slice(first, raw.count),
    oversize: raw.oversize.slice(first, raw.count),
    ended: raw.ended,
  }
  return { raw: { ...raw, count: first, ended: [] }, rest }
}

type FastWay = Pick<Scanner, 'scan' | 'scanBinary'>
/** How many events of a type to expect. */
type Rows = ReadonlyMap<EventType, number>

/** One batch on its way into columns. */
class Run {
  readonly #raw: RawBatch
  readonly #options: DecodeOptions
  readonly #scanner: FastWay
  readonly #buffer: Buffer
  readonly #builders = new Map<EventType, ColumnBuilder>()
  /** Of the event before: the next one mostly is of its type. */
  #recent: ColumnBuilder | undefined
  readonly #arrivals: Arrivals
  readonly #dead: DeadLetter[] = []
  #deadBytes = 0
  readonly #copies = new Copies()
  readonly #expected: Rows
  readonly #spent: readonly EventColumns[]

  constructor(raw: RawBatch, options: DecodeOptions, scanner: FastWay, expected: Rows, spent: readonly EventColumns[]) {
    this.#expected = expected
    this.#spent = spent
    this.#raw = raw
    this.#arrivals = new Arrivals(
      Math.max(
        raw.count,
        [...expected.values()].reduce((sum, rows) => sum + rows, 0),
      ),
    )
    this.#options = options
    this.#scanner = scanner
    this.#buffer = Buffer.from(raw.bytes.buffer, raw.bytes.byteOffset, raw.bytes.byteLength)
  }

  message(i: number): void {
    const { ends, oversize, form } = this.#raw
    const from = i === 0 ? 0 : (ends[i - 1] as number)
    const to = ends[i] as number
    const way = WIRE_FORMS[form[i] as number] ?? 'event'
    if ((oversize[i] as number) > 0 || to - from > mostBytes(way)) return this.#refuse(i, from, to, { reason: 'too-large' }, way)
    if (way === 'event') return this.#event(i, from, to)
    if (way === 'binary') return this.#binary(i, from, to)
    if (way === 'arrow') return this.#arrow(i, from, to)
    this.#batch(i, from, to)
  }

  get isFull(): boolean {
    const { mostRefused } = this.#options
    return mostRefused !== undefined && (this.#dead.length >= mostRefused.letters || this.#deadBytes >= mostRefused.bytes)
  }

  done(): Decoded {
    return {
      raw: this.#raw,
      streams: [...this.#builders.values()].map((b) => b.done()),
      ...this.#arrivals.done(),
      dead: this.#dead,
    }
  }

  /** The events of a list, one by one; of a list that is none, or has too many, no event counts. */
  #batch(i: number, from: number, to: number): void {
    const before = { arrivals: this.#arrivals.count, dead: this.#dead.length, rows: [...this.#builders.values()].map((b) => b.out.count) }
    let events = 0
    const fast = (at: number) => {
      events++
      const found = this.#scanner.scan(this.#buffer, at, to, this.#latest(i), this.#builderOf, true)
      if (found !== undefined) this.#arrived(i, at, found.end, found.builder, found.row)
      return found?.end
    }
    if (eachElement(this.#buffer, from, to, fast, (at, end) => this.#slow(i, this.#buffer, at, end), MOST_IN_A_LIST)) return
    this.#arrivals.count = before.arrivals
    this.#dead.length = before.dead
    this.#recent = undefined
    for (const [type, builder] of this.#builders) {
      const rows = before.rows[builder.stream]
      if (rows === undefined) this.#builders.delete(type)
      else builder.truncate(rows)
    }
    this.#refuse(i, from, to, { reason: events < MOST_IN_A_LIST ? 'not-json' : 'too-large' }, 'batch')
  }

  /** Rows have no bytes of their own: a dead letter keeps the row as JSON. */
  #arrow(i: number, from: number, to: number): void {
    const batches = arrowRows(this.#buffer.subarray(from, to))
    if (typeof batches === 'string') return this.#refuse(i, from, to, { reason: batches }, 'arrow')
    for (const rows of batches) {
      rows.fast(
        this.#builderOf,
        this.#latest(i),
        (count, builder, at) => this.#arrivals.addRows(i, builder.stream, at, count),
        (row) => {
          const json = rows.json(row)
          this.#slow(i, json, 0, json.length)
        },
      )
    }
  }

  #latest(i: number): number {
    return (this.#raw.timestamp[i] as number) + MAX_FUTURE_MS
  }

  /** The fast way, else the slow one, which also finds the reason. */
  #event(i: number, from: number, to: number): void {
    const fast = this.#scanner.scan(this.#buffer, from, to, this.#latest(i), this.#builderOf)
    if (fast !== undefined) return this.#arrived(i, from, to, fast.builder, fast.row)
    this.#slow(i, this.#buffer, from, to)
  }

  /** The attributes stand in the first line, the data below. */
  #binary(i: number, from: number, to: number): void {
    const fast = this.#scanner.scanBinary(this.#buffer, from, to, this.#latest(i), this.#builderOf)
    if (fast !== undefined) return this.#arrived(i, from, to, fast.builder, fast.row)
    this.#take(i, this.#buffer, from, to, judgeBinary(this.#buffer.subarray(from, to), this.#latest(i)), 'binary')
  }

  #slow(i: number, buffer: Buffer, from: number, to: number): void {
    this.#take(i, buffer, from, to, judge(buffer, from, to, this.#latest(i)), 'event')
  }

  #take(i: number, buffer: Buffer, from: number, to: number, verdict: Refused | Accepted, form: WireForm): void {
    if ('reason' in verdict) return this.#refuse(i, from, to, verdict, form, buffer)
    const here = buffer === this.#buffer
    const builder = this.#builderOf(verdict.event.type)
    this.#arrived(i, here ? from : 0, here ? to : 0, builder, builder.add(verdict.event, verdict.time, verdict.recorded))
  }

  readonly #builderOf = (type: EventType): ColumnBuilder => {
    if (this.#recent?.out.type === type) return this.#recent
    const builder = this.#builders.get(type) ?? this.#newBuilder(type)
    this.#recent = builder
    return builder
  }

  #newBuilder(type: EventType): ColumnBuilder {
    const last = this.#expected.get(type)
    const spent = this.#spent.find((s) => s.type === type)
    const rows = last === undefined ? this.#raw.count : last + (last >> 3)
    const builder = new ColumnBuilder(type, this.#builders.size, rows, this.#options.keepJson, spent)
    this.#builders.set(type, builder)
    return builder
  }

  #arrived(i: number, from: number, to: number, builder: ColumnBuilder | undefined, row: number): void {
    this.#arrivals.add(i, builder?.stream ?? -1, row, from, to)
  }

  #refuse(i: number, from: number, to: number, why: Refused, form: WireForm, buffer = this.#buffer): void {
    const { partition, offset } = this.#raw
    this.#arrived(i, from, to, undefined, 0)
    this.#deadBytes += to - from
    const bytes = this.#copies.of(buffer, from, to)
    this.#dead.push({ ...why, partition: partition[i] as number, offset: offset[i] as number, form, bytes })
  }
}

/** Copies of bytes, side by side in memory of their own: one for each would cost more than the few hundred bytes of an event, in every thread they come to. */
class Copies {
  #memory = Buffer.alloc(0)
  #used = 0

  of(bytes: Buffer, from: number, to: number): Buffer {
    const size = to - from
    if (this.#used + size > this.#memory.length) {
      this.#memory = Buffer.alloc(Math.max(COPIES_BYTES, size))
      this.#used = 0
    }
    const copy = this.#memory.subarray(this.#used, (this.#used += size))
    bytes.copy(copy, 0, from, to)
    return copy
  }
}
const COPIES_BYTES = 1 << 16

/** An event of JSON has more than 128 bytes: a list within its bounds that has more elements is one of something else, each of which would be a letter. */
const MOST_IN_A_LIST = MAX_BULK_BYTES / 128

type Named = Pick<DeadLetter, 'id' | 'source' | 'type' | 'institution' | 'time'>
export type Refused = { reason: DeadReason; pointer?: string } & Named
export type Accepted = { event: ParsedEvent; time: number; recorded: number }

/** One event of JSON, `buffer[from…to)`. `latest`: no time may lie after it; NaN: none is too late. */
export function judge(buffer: Buffer, from: number, to: number, latest: number): Refused | Accepted {
  if (tooDeep(buffer, from, to)) return { reason: 'too-deep' }
  const text = buffer.toString('utf8', from, to)
  const event = parseJson(text)
  if (event === undefined || (text.includes('\ufffd') && !isUtf8(buffer.subarray(from, to)))) return { reason: 'not-json' }
  return judgeEvent(event, latest)
}

/** What nests in the data nests one deeper in the event. */
function judgeBinary(bytes: Buffer, latest: number): Refused | Accepted {
  const line = bytes.indexOf(NEWLINE)
  const data = bytes.toString('utf8', line + 1)
  if (tooDeep(bytes, line + 1, bytes.length, 1)) return { reason: 'too-deep' }
  const [attributes, value] = [parseJson(bytes.toString('utf8', 0, line)), parseJson(data)]
  if (!isRecord(attributes) || value === undefined || !isUtf8(bytes)) return { reason: 'not-json' }
  return judgeEvent({ ...attributes, data: value }, latest)
}

const NEWLINE = 10

function judgeEvent(event: unknown, latest: number): Refused | Accepted {
  const refused = (why: Refused): Refused => ({ ...why, ...namedBy(event, latest) })
  if (!isCloudEvent(event)) return refused({ reason: 'not-cloudevent' })
  const time = typeof event['time'] === 'string' ? parseTime(event['time']) : undefined
  const stated = event['recordedtime']
  const recorded = stated === undefined ? Number.NaN : typeof stated === 'string' ? parseTime(stated) : undefined
  if (time === undefined) return refused({ reason: 'bad-time', pointer: '/time' })
  if (recorded === undefined) return refused({ reason: 'bad-time', pointer: '/recordedtime' })
  if (time > latest) return refused({ reason: 'future-time', pointer: '/time' })
  if (recorded > latest) return refused({ reason: 'future-time', pointer: '/recordedtime' })
  if (!isEventType(event['type'])) return refused({ reason: 'unknown-type', pointer: '/type' })
  const check = checkFor(event['type'], event['op'])
  if (check.Check(event) && !(event['op'] === 'correct' && stated === undefined)) return { event: event as ParsedEvent, time, recorded }
  return refused(refuse(event))
}

function refuse(event: Record<string, unknown>): Refused {
  const type = event['type']
  if (!isEventType(type)) return { reason: 'unknown-type', pointer: '/type' }
  const money = badMoney(STREAMS[type].data, event['data'])
  if (money !== undefined) return { reason: 'bad-money', pointer: money }
  const error = checkFor(type, event['op']).Errors(event)[0]
  return { reason: 'schema', pointer: error === undefined ? '/recordedtime' : pointerOf(error) }
}

/** TypeBox names the object that lacks a property; the pointer names the property. */
function pointerOf(error: { instancePath: string; params?: object }): string {
  const missing = (error.params as { requiredProperties?: string[] } | undefined)?.requiredProperties?.[0]
  return missing === undefined ? error.instancePath : `${error.instancePath}/${missing}`
}

/** Nobody looks at where the parser stood: writing that down would take three quarters of the time of a text that is no JSON. */
function parseJson(text: string): unknown {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

function isCloudEvent(event: unknown): event is Record<string, unknown> {
  return isRecord(event) && event['specversion'] === '1.0' && isName(event['id']) && isName(event['source']) && isName(event['type'])
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

/** What can be told of an event that may be none; a time after `latest` is not believed. */
function namedBy(event: unknown, latest: number): Named {
  if (!isRecord(event)) return {}
  const { id, source, type, institution, time } = event
  const at = typeof time === 'string' ? parseTime(time) : undefined
  return {
    ...(typeof id === 'string' && { id }),
    ...(typeof source === 'string' && { source }),
    ...(isEventType(type) && { type }),
    ...(typeof institution === 'string' && { institution }),
    ...(at !== undefined && !(at > latest) && { time: at }),
  }
}

/** Whether the JSON in `bytes[from…to)` nests deeper than may be; `depth`: how deep it lies itself. */
function tooDeep(bytes: Uint8Array, from: number, to: number, depth = 0): boolean {
  let quoted = false
  for (let i = from; i < to; i++) {
    const c = bytes[i]
    if (quoted) {
      if (c === BACKSLASH) i++
      else if (c === QUOTE) quoted = false
    } else if (c === QUOTE) quoted = true
    else if (c === OPEN_BRACE || c === OPEN) {
      if (++depth > MAX_DEPTH) return true
    } else if (c === CLOSE_BRACE || c === CLOSE) depth--
  }
  return false
}

const [QUOTE, OPEN, BACKSLASH, CLOSE, OPEN_BRACE, CLOSE_BRACE] = [34, 91, 92, 93, 123, 125]
