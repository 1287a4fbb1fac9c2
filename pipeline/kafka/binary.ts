/** Wire forms in Kafka headers (contract §1), after the CloudEvents Kafka binding 1.0.2: a content type, or in binary mode the attributes as `ce_…`. */
import { isUtf8 } from 'node:buffer'
import type { WireForm } from '../contract/source.ts'
import type { ReceivedMessage } from './client.ts'

type Headers = ReceivedMessage['headers']

export const CONTENT_TYPES: Record<WireForm, string> = {
  event: 'application/cloudevents+json',
  batch: 'application/cloudevents-batch+json',
  arrow: 'application/vnd.apache.arrow.stream',
  binary: 'application/json',
}

/** Undefined when the headers do not say: as the topic is configured. Parameters of the content type, such as a charset, say nothing. */
export function formOf(headers: Headers): WireForm | undefined {
  const pairs = pairsOf(headers)
  const stated = pairs.find(([name]) => name === 'content-type')?.[1]
  const type = stated === undefined ? '' : (String(stated).split(';')[0]?.trim().toLowerCase() ?? '')
  const form = (['event', 'batch', 'arrow'] as const).find((f) => CONTENT_TYPES[f] === type)
  return form ?? (pairs.some(([name]) => name.startsWith(PREFIX)) ? 'binary' : undefined)
}

/** The attributes as one line of JSON, below it the value: a message of form `binary`. Attributes that are no UTF-8 stay so, and are refused. */
export function joinBinary(headers: Headers, value: Buffer | string | null): Buffer {
  const attributes = pairsOf(headers)
    .filter(([name]) => name.startsWith(PREFIX))
    .map(([name, text]) => Buffer.concat([Buffer.from(`${JSON.stringify(name.slice(PREFIX.length))}:`), quoted(text)]))
  const parts = attributes.flatMap((attribute, k) => (k === 0 ? [attribute] : [COMMA, attribute]))
  return Buffer.concat([Buffer.from('{'), ...parts, Buffer.from('}\n'), Buffer.from(value ?? '')])
}

/** Attributes as the headers of a message in binary mode; the content type of its value is one of them. */
export function binaryHeaders({ datacontenttype, ...attributes }: Record<string, string>): Record<string, string> {
  return { ...(datacontenttype !== undefined && { 'content-type': datacontenttype }), ...prefixed(attributes) }
}

/** What `joinBinary` was given; bytes that were cut before the value begins are all value. */
export function splitBinary(bytes: Buffer): { headers: Record<string, string>; value: Buffer } {
  const line = bytes.indexOf(NEWLINE)
  if (line < 0) return { headers: {}, value: bytes }
  const attributes = JSON.parse(bytes.toString('utf8', 0, line)) as Record<string, string>
  return { headers: prefixed(attributes), value: bytes.subarray(line + 1) }
}

const PREFIX = 'ce_'
const NEWLINE = 10
const COMMA = Buffer.from(',')

function prefixed(attributes: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).map(([name, text]) => [PREFIX + name, text]))
}

function pairsOf(headers: Headers): [name: string, value: Buffer | string][] {
  return (headers ?? []).flatMap((header) => Object.entries(header as Record<string, Buffer | string>))
}

function quoted(text: Buffer | string): Buffer {
  const bytes = Buffer.from(text)
  const wellFormed = Buffer.from(JSON.stringify(bytes.toString()))
  return isUtf8(bytes) ? wellFormed : Buffer.concat([QUOTE, bytes.filter((byte) => byte > 34 && byte !== 92), QUOTE])
}

const QUOTE = Buffer.from('"')
