/**
 * accept: raw bytes → columns per event type, and dead letters for what cannot be judged.
 * Keeps no state; the same bytes give the same result, whatever else is in the batch.
 */
import { isUtf8 } from 'node:buffer'
import { type DeadReason, MAX_DEPTH, MAX_FUTURE_MS, MAX_MESSAGE_BYTES, parseTime, STREAMS } from '../../contract/index.ts'
import type { RawBatch } from '../../contract/source.ts'
import type { DeadLetter, Decoded } from '../../contract/stage.ts'
import { ColumnBuilder, type ParsedEvent } from './columns.ts'
import { badMoney, checkFor, isEventType, isRecord } from './schema.ts'

export type DecodeOptions = {
  /** Keep `data` as JSON text for table `lt.events`. */
  keepJson: boolean
}

export function decode(raw: RawBatch, options: DecodeOptions): Decoded {
  const builders = new Map<string, { builder: ColumnBuilder; index: number }>()
  const stream = new Int8Array(raw.count).fill(-1)
  const row = new Uint32Array(raw.count)
  const dead: DeadLetter[] = []
  const buffer = Buffer.from(raw.bytes.buffer, raw.bytes.byteOffset, raw.bytes.byteLength)
  let from = 0
  for (let i = 0; i < raw.count; i++) {
    const to = raw.ends[i] ?? from
    const verdict = judge(buffer, from, to, raw.oversize[i] ?? 0, raw.timestamp[i] ?? Number.NaN)
    if ('reason' in verdict) {
      dead.push({ ...verdict, partition: raw.partition[i] ?? 0, offset: raw.offset[i] ?? 0, bytes: Uint8Array.prototype.slice.call(buffer, from, to) })
    } else {
      let target = builders.get(verdict.event.type)
      if (target === undefined) {
        target = { builder: new ColumnBuilder(verdict.event.type, raw.count, options.keepJson), index: builders.size }
        builders.set(verdict.event.type, target)
      }
      stream[i] = target.index
      row[i] = target.builder.add(verdict.event, verdict.time, verdict.recorded)
    }
    from = to
  }
  return { raw, streams: [...builders.values()].map((b) => b.builder.done()), stream, row, dead }
}

type Refused = { reason: DeadReason; pointer?: string; id?: string; institution?: string }
type Accepted = { event: ParsedEvent; time: number; recorded: number }

function judge(buffer: Buffer, from: number, to: number, oversize: number, timestamp: number): Refused | Accepted {
  if (oversize > 0 || to - from > MAX_MESSAGE_BYTES) return { reason: 'too-large' }
  const text = buffer.toString('utf8', from, to)
  if (tooDeep(text)) return { reason: 'too-deep' }
  const event = parseJson(text)
  if (event === undefined || (text.includes('\ufffd') && !isUtf8(buffer.subarray(from, to)))) return { reason: 'not-json' }
  if (!isCloudEvent(event)) return { reason: 'not-cloudevent', ...named(event) }
  const time = typeof event['time'] === 'string' ? parseTime(event['time']) : undefined
  const stated = event['recordedtime']
  const recorded = stated === undefined ? Number.NaN : typeof stated === 'string' ? parseTime(stated) : undefined
  if (time === undefined) return { reason: 'bad-time', pointer: '/time', ...named(event) }
  if (recorded === undefined) return { reason: 'bad-time', pointer: '/recordedtime', ...named(event) }
  if (time > timestamp + MAX_FUTURE_MS) return { reason: 'future-time', pointer: '/time', ...named(event) }
  if (recorded > timestamp + MAX_FUTURE_MS) return { reason: 'future-time', pointer: '/recordedtime', ...named(event) }
  if (!isEventType(event['type'])) return { reason: 'unknown-type', pointer: '/type', ...named(event) }
  const check = checkFor(event['type'], event['op'])
  if (check.Check(event) && !(event['op'] === 'correct' && stated === undefined)) return { event: event as ParsedEvent, time, recorded }
  return { ...refuse(event), ...named(event) }
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function isCloudEvent(event: unknown): event is Record<string, unknown> {
  return isRecord(event) && event['specversion'] === '1.0' && isName(event['id']) && isName(event['source']) && isName(event['type'])
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function named(event: unknown): { id?: string; institution?: string } {
  if (!isRecord(event)) return {}
  const { id, institution } = event
  return { ...(typeof id === 'string' && { id }), ...(typeof institution === 'string' && { institution }) }
}

/** Fewer than 65 brackets cannot nest 65 deep; only a text with more is scanned. */
function tooDeep(text: string): boolean {
  let brackets = 0
  for (const open of ['{', '[']) {
    for (let i = text.indexOf(open); i >= 0; i = text.indexOf(open, i + 1)) if (++brackets > MAX_DEPTH) return depthOf(text) > MAX_DEPTH
  }
  return false
}

function depthOf(text: string): number {
  let [depth, deepest, quoted] = [0, 0, false]
  for (let i = 0; i < text.length; i++) {
    const c = text[i]
    if (quoted) {
      if (c === '\\') i++
      else if (c === '"') quoted = false
    } else if (c === '"') quoted = true
    else if (c === '{' || c === '[') deepest = Math.max(deepest, ++depth)
    else if (c === '}' || c === ']') depth--
  }
  return deepest
}
