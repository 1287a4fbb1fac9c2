/** Dead letters to `lookthrough.dead-letters`, as decision 0016 says, and which of them lie there. */
import { MAX_BULK_BYTES, MAX_INSTITUTION_LENGTH, MAX_NAME_LENGTH, nameWithin } from '../contract/index.ts'
import { type OutgoingLetter, type Position, parsePosition, positionOf } from '../contract/source.ts'
import { CONTENT_TYPES, splitBinary } from './binary.ts'
import type { KafkaOptions, OutgoingMessage, ReceivedMessage } from './client.ts'
import { readTopic } from './read-topic.ts'
import { KEPT_BYTES } from './slab.ts'

export const DEAD_LETTERS_TOPIC = 'lookthrough.dead-letters'

/**
 * Key: the position. Value: the bytes, of a longer one than any source may send the beginning. Headers: form, and what is known as `__lookthrough.errors.*`.
 * Letters of one partition stay in order: they go to one partition of the `partitions` there are.
 */
export function letterMessage(letter: OutgoingLetter, { prefix = '' }: Pick<KafkaOptions, 'prefix'>, partitions: number): OutgoingMessage {
  const bytes = Buffer.from(letter.bytes.buffer, letter.bytes.byteOffset, letter.bytes.byteLength)
  const kept = bytes.length > MAX_BULK_BYTES ? bytes.subarray(0, KEPT_BYTES) : bytes
  const { headers, value } = letter.form === 'binary' ? splitBinary(kept) : { headers: {}, value: kept }
  const told = {
    topic: `${prefix}${letter.topic}`,
    partition: String(letter.partition),
    offset: String(letter.offset),
    event: String(letter.event),
    reason: letter.reason,
    pointer: nameWithin(MAX_NAME_LENGTH, letter.pointer),
    institution: nameWithin(MAX_INSTITUTION_LENGTH, letter.institution),
    id: nameWithin(MAX_NAME_LENGTH, letter.id),
    size: kept.length < letter.size ? String(letter.size) : undefined,
  }
  const known = Object.entries(told).flatMap(([name, text]) => (text === undefined ? [] : [[ERRORS + name, text]]))
  return {
    topic: `${prefix}${DEAD_LETTERS_TOPIC}`,
    partition: letter.partition % partitions,
    key: positionOf(letter),
    value,
    headers: { 'content-type': CONTENT_TYPES[letter.form], ...headers, ...(Object.fromEntries(known) as Record<string, string>) },
  }
}

/** What tells a letter from all others: its position, and which event of its message it is. */
export function letterName(letter: OutgoingLetter): string {
  return `${positionOf(letter)} ${letter.event}`
}

/** The names of those letters among the last `last` of each partition of the topic that are `wanted`. */
export async function namesAmong(options: KafkaOptions, last: number, wanted: (position: Position) => boolean): Promise<Set<string>> {
  const names = new Set<string>()
  for await (const { key, headers } of readTopic(options, DEAD_LETTERS_TOPIC, { follow: false, last })) {
    const position = parsePosition(String(key))
    if (position !== undefined && wanted(position)) names.add(`${positionOf(position)} ${eventOf(headers)}`)
  }
  return names
}

/** As Kafka Connect (`__connect.errors.`) and Kafka Streams (`__streams.errors.`) begin theirs. */
const ERRORS = '__lookthrough.errors.'

function eventOf(headers: ReceivedMessage['headers']): string {
  return String(headers?.map((h) => (h as Record<string, unknown>)[`${ERRORS}event`]).find((value) => value !== undefined))
}
